// SPDX-License-Identifier: MIT
// Random numbers of the whole program that are the same every time, so that a history is played the
// same every time: RAND_bytes of this program hides the one of OpenSSL.
#pragma once

namespace rosterd::model {

void restart_random();

}  // namespace rosterd::model
