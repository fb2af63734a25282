# SPDX-License-Identifier: MIT
"""What a scene measures with: servers, load programs, how often, and the table."""

import collections
import subprocess

from .accounts import free_ports, ring_contacts, write_rosters
from .failure import Failure, NoAnswer
from .prosody import WEB_MODULES, Prosody, make_web_options, write_data
from .servers import Relay, Rosterd
from .table import Table

PROGRAM_SECONDS = 600


def nobody(_):
    return []


class Bench:
    """`runs`: how often each figure is taken; `quick`: small loads; `with_peer`: measure it too,
    with `peer_modules`, a checkout of prosody-modules, where its rosters come from an application.
    """

    def __init__(self, rosterd, programs, folder, users, runs, quick, with_peer=False,
                 peer_modules=None):
        self.binary, self.programs, self.folder, self.users = rosterd, programs, folder, users
        self.runs, self.quick, self.with_peer = runs, quick, with_peer
        self.peer_modules = peer_modules if with_peer else None
        self.table = Table(judge=not quick)

    def rosterd(self, roster_url=None, options=""):
        """Without `roster_url` every roster is empty."""
        return Rosterd(self.binary, self.folder, roster_url or f"file://{self.folder}/none/%s.json",
                       self.users, options)

    def relay(self):
        return Relay(self.programs)

    def tls_relay(self):
        return Relay(self.programs, self.folder)

    def peer(self, rosters="none", contacts_of=nobody, hashed=False, **options):
        """`rosters`: the name of those that `contacts_of` gives; `hashed`: accounts are keys, as
        SCRAM needs them, not passwords, which are compared at less cost."""
        data = self.folder / f"prosody-{rosters}-{'keys' if hashed else 'passwords'}"
        if not data.exists():
            write_data(data, self.users, contacts_of, hashed)
        return Prosody(self.folder, data, hashed, **options)

    def rosters(self, name, contacts_of):
        """Where rosterd finds them."""
        folder = self.folder / name
        if contacts_of is not nobody and not folder.exists():
            write_rosters(folder, self.users, contacts_of)
        return f"file://{folder}/%s.json"

    def servers(self, rosters="none", contacts_of=nobody, hashed=False):
        """One of each that speaks XMPP, to be measured in turn."""
        servers = [self.rosterd(self.rosters(rosters, contacts_of))]
        return servers + ([self.peer(rosters, contacts_of, hashed)] if self.with_peer else [])

    def with_ring(self, count):
        """The same; everybody has those `count` as contacts who stand next in a circle of all."""
        return self.servers(f"ring{count}", lambda user: ring_contacts(user, self.users, count))

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

    def with_back_end(self, program, *arguments, of="rosterd", options="", seconds=PROGRAM_SECONDS):
        """The same, with a load program that is the web application of that server too; `options`
        are rosterd's."""
        back_end_port, = free_ports(1)
        url = f"http://127.0.0.1:{back_end_port}/contacts/%s"
        with self.rosterd(url, options) if of == "rosterd" else self.web_peer(url) as server:
            return self.call(program, server.ports["plain"], server.pid, server.ports["http"],
                             back_end_port, *arguments, seconds=seconds)

    def web_peer(self, url):
        return self.peer(modules=WEB_MODULES, options=make_web_options(self.peer_modules, url))


def parse_line(line):
    """cpu_us=1.5 per_second=200 of a load program."""
    return {key: float(value) for key, value in (pair.split("=") for pair in line.split())}


def samples():
    """By column, what each run gave."""
    return collections.defaultdict(list)
