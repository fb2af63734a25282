# SPDX-License-Identifier: MIT
"""What it costs when the web application changes rosters."""

from ..accounts import free_ports, token_options
from ..bench import samples
from ..failure import NoAnswer
from ..table import Target

BATCHES = [10, 100, 1000, 10_000]
ONLINE = 1000  # or as many as the batch
ROUNDS = 6
# Contacts of a roster: users who have one. The larger ones make a million contacts held.
CONTACTS = {10: 2000, 20: 4900, 100: 2000, 1000: 1000, 10_000: 100}
PEER_USERS = 100  # of whom each has so many
PEER_SECONDS = 60  # for logins and one POST; the peer may never answer


def refresh(bench):
    for batch in [10, 100] if bench.quick else BATCHES:
        refresh_of(bench, batch)


def refresh_of(bench, batch):
    values = {key: samples() for key in ("cpu_us", "turn_ms", "post_ms", "bare_ms",
                                      "slow_post_ms", "slow_bare_ms", "peak_bytes")}
    online = max(batch, 200 if bench.quick else ONLINE)
    for _ in range(bench.runs):
        lines = bench.with_back_end("refresh", "rosterd", online, batch, ROUNDS)
        take(values, "rosterd", lines)
        if bench.peer_modules:
            take(values, "peer", try_peer(bench, "refresh", "peer", online, batch, 2))
    what = f"refresh of {batch}"
    most = 45 if batch == 1000 else None
    bench.table.add(f"{what}, per roster", "us of CPU", values["cpu_us"], most and Target(most))
    bench.table.add(f"{what}, POST", "ms", {**values["post_ms"],
                                            "bare client": values["bare_ms"]["rosterd"]},
                    compare=("bare client", "peer"))
    bench.table.add(f"{what}, POST, 2 ms for an answer", "ms",
                    {"rosterd": values["slow_post_ms"]["rosterd"],
                     "bare client": values["slow_bare_ms"]["rosterd"]},
                    Target(1.3, of="bare client"), compare=("bare client",))
    bench.table.add(f"{what}, its turn", "ms of CPU", values["turn_ms"], Target(most=50))
    bench.table.add(f"{what}, memory over rest", "MB",
                    {name: [each / 1e6 for each in of] if isinstance(of, list) else of
                     for name, of in values["peak_bytes"].items()})


def try_peer(bench, program, *arguments):
    """The lines, or nothing."""
    try:
        return bench.with_back_end(program, *arguments, of="peer", seconds=PEER_SECONDS)
    except NoAnswer:
        return []


def take(values, name, lines):
    """Of a server's lines, into the samples by key. Who once gave no answer has no figure."""
    for key, of in values.items():
        if not lines or of[name] == "no answer":
            of[name] = "no answer"
        else:
            of[name] += [line[key] for line in lines if key in line]


def spread(bench):
    users = 200 if bench.quick else 2000
    for carrier in ("plain", "websocket"):
        back_end_port, = free_ports(1)
        with bench.rosterd(f"http://127.0.0.1:{back_end_port}/contacts/%s") as server:
            lines = bench.call("spread", carrier, server.ports[carrier], server.pid,
                               server.ports["http"], back_end_port, users, 2 * bench.runs)
        bench.table.add(f"refresh of {users}, {carrier}, first to last", "ms",
                        {server.name: [line["spread_ms"] for line in lines]}, Target(most=100))


def contacts(bench):
    for count, users in CONTACTS.items():
        contacts_of(bench, count, users // 20 if bench.quick else users)


def contacts_of(bench, count, users):
    values = {key: samples() for key in ("changed_us", "unchanged_us", "memory")}
    held, *rounds = bench.with_back_end("contacts", "rosterd", users, count, 2 * bench.runs,
                                        options=token_options(bench.folder))
    take(values, "rosterd", rounds)
    if bench.peer_modules:
        _, *rounds = try_peer(bench, "contacts", "peer", PEER_USERS, count, bench.runs) or [None]
        take(values, "peer", rounds)
    what = f"roster of {count}"
    if not bench.quick and count >= 20:
        bench.table.add(f"{what}, held per contact", "bytes of PSS",
                        {"rosterd": [held["bytes_per_contact"]]}, Target(most=20))
        bench.table.add(f"{what}, all changed at once", "x the rosters",
                        {"rosterd": values["memory"]["rosterd"]},
                        Target(most=2) if count >= 100 else None)
    bench.table.add(f"{what}, fetched and delivered", "us of CPU",
                    {"rosterd": [held["delivered_us"]]}, Target(most=20_000))
    bench.table.add(f"{what}, one contact changed", "us of CPU", values["changed_us"])
    bench.table.add(f"{what}, unchanged", "us of CPU", values["unchanged_us"])
