// SPDX-License-Identifier: MIT
#include "xmpp/jid.h"
