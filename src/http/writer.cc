// SPDX-License-Identifier: MIT
#include "http/writer.h"
