// SPDX-License-Identifier: MIT
#include "web/http_client.h"
