// SPDX-License-Identifier: MIT
// `rosterd passwd`: the accounts file from the command line; rosterd(8).
#pragma once

namespace rosterd {

// argv[0] is "passwd". Returns the exit status: 0 done, 1 not done, 2 wrong usage or configuration.
int run_passwd(int argc, char** argv);

}  // namespace rosterd
