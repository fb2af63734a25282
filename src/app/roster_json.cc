// SPDX-License-Identifier: MIT
#include "app/roster_json.h"
