// SPDX-License-Identifier: MIT
#include "net/address.h"
