# SPDX-License-Identifier: MIT
"""What a scene measures with: servers, load programs, how often, and the table."""

import collections
import subprocess

from .accounts import free_ports
from .failure import Failure, NoAnswer
from .servers import Relay, Rosterd
from .table import Table

PROGRAM_SECONDS = 600


class Bench:
    """`runs`: how often each figure is taken; `quick`: small loads."""

    def __init__(self, rosterd, programs, folder, users, runs, quick):
        self.binary, self.programs, self.folder, self.users = rosterd, programs, folder, users
        self.runs, self.quick = runs, quick
        self.table = Table()

    def rosterd(self, roster_url=None, options=""):
        """Without `roster_url` every roster is empty."""
        return Rosterd(self.binary, self.folder, roster_url or f"file://{self.folder}/none/%s.json",
                       self.users, options)

    def relay(self):
        return Relay(self.programs)

    def tls_relay(self):
        return Relay(self.programs, self.folder)

    def call(self, program, *arguments, seconds=PROGRAM_SECONDS):
        """The values of each line that the load program prints."""
        command = [self.programs / f"bench_{program}", *map(str, arguments)]
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=seconds,
                                  check=True)
        except subprocess.TimeoutExpired as error:
            raise NoAnswer(f"bench_{program}: nothing after {seconds} seconds") from error
        except subprocess.CalledProcessError as error:
            words = " ".join(map(str, arguments))
            raise Failure(f"bench_{program} {words}: status {error.returncode}") from error
        return [parse_line(line) for line in done.stdout.splitlines()]

    def with_back_end(self, program, *arguments):
        """The same, of a load program that is rosterd's web application too."""
        back_end_port, = free_ports(1)
        with self.rosterd(f"http://127.0.0.1:{back_end_port}/contacts/%s") as server:
            return self.call(program, server.ports["plain"], server.pid, server.ports["http"],
                             back_end_port, *arguments)


def parse_line(line):
    """cpu_us=1.5 per_second=200 of a load program."""
    return {key: float(value) for key, value in (pair.split("=") for pair in line.split())}


def samples():
    """By column, what each run gave."""
    return collections.defaultdict(list)
