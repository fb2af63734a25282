# SPDX-License-Identifier: MIT
"""rosterd under callgrind, which counts its instructions, those of the libraries with them."""

from .failure import Failure
from .servers import Rosterd


class CountedRosterd(Rosterd):
    """`instructions`: of the whole process, known when it has been stopped."""

    def __init__(self, binary, folder, roster_url, sessions, options=""):
        # Turns are slow here, as is reading the system's certificates, which takes longer than all
        # else; and what comes at once may come in any order.
        super().__init__(binary, folder, roster_url, sessions, f"""
turn_warn = "0s"
http_ca_file = "{folder}/certificate.pem"
roster_fetch_parallel = 1
{options}
""")
        self.profile = folder / "callgrind.out"
        self.instructions = None

    def run(self, command, **options):
        super().run(["valgrind", "--tool=callgrind", f"--log-file={self.folder / 'valgrind.log'}",
                     f"--callgrind-out-file={self.profile}", *command], **options)

    def stop(self):
        super().stop()
        for line in self.profile.read_text().splitlines() if self.profile.exists() else ():
            if line.startswith("totals:"):
                self.instructions = int(line.split()[1])
        if self.instructions is None:
            raise Failure("callgrind has counted nothing")
