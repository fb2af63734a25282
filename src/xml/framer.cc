// SPDX-License-Identifier: MIT
#include "xml/framer.h"
