# SPDX-License-Identifier: MIT
"""What it costs when many hear that one has changed his presence."""

from ..bench import samples
from ..table import Target

CONTACTS = 20


def star_contacts(user):
    """User 0 has the next twenty, and they have him."""
    if user == 0:
        return range(1, CONTACTS + 1)
    return [0] if user <= CONTACTS else []


def star_rosters(bench):
    """Where rosterd finds these rosters."""
    return bench.rosters("star", star_contacts)


def star_servers(bench):
    """One of each that speaks XMPP, with these rosters."""
    return bench.servers("star", star_contacts)


def fan_out(bench):
    fan_out_of(bench, 1, 20_000, Target(most=2.5))
    fan_out_of(bench, 16, 100_000, Target(most=2.5))


def fan_out_of(bench, in_flight, changes, target):
    costs = samples()
    for _ in range(bench.runs):
        for server in [bench.relay(), *star_servers(bench)]:
            # The peer takes ten times as long for each.
            few = changes // 10 if server.name == "peer" else changes
            with server:
                line, = bench.call("fan_out", "relay" if server.name == "relay" else "xmpp",
                                   server.ports["plain"], server.pid, CONTACTS, in_flight,
                                   few // 10 if bench.quick else few)
            costs[server.name].append(line["cpu_us"])
    bench.table.add(f"presence to {CONTACTS} contacts, {in_flight} in flight", "us of CPU", costs,
                    target)
