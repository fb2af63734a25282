// SPDX-License-Identifier: MIT
#include "store/accounts_file.h"
