// SPDX-License-Identifier: MIT
#include "im/roster.h"
