// SPDX-License-Identifier: MIT
#include "c2s/client_stream.h"
