# SPDX-License-Identifier: MIT
"""What it costs when the web application changes rosters."""

from ..accounts import free_ports
from ..table import Target

REFRESH_USERS = 1000
STORM_USERS = 10_000
# Contacts of a roster: users who have one. The larger ones make a million contacts held.
CONTACTS = {10: 2000, 20: 4900, 100: 2000, 1000: 1000, 10_000: 100}


def refresh(bench):
    refresh_of(bench, 200 if bench.quick else REFRESH_USERS, 2 * bench.runs)


def storm(bench):
    refresh_of(bench, 400 if bench.quick else STORM_USERS, 2 * bench.runs)


def refresh_of(bench, users, rounds):
    lines = bench.with_back_end("refresh", users, rounds)

    def of(key, unit=1):
        return {"rosterd": [line[key] / unit for line in lines if key in line]}

    what = f"refresh of {users}"
    bench.table.add(f"{what}, per roster", "us of CPU", of("cpu_us"), Target(most=45))
    bench.table.add(f"{what}, its turn", "ms of CPU", of("turn_ms"), Target(most=50))
    bench.table.add(f"{what}, POST", "ms", of("post_ms"))
    bench.table.add(f"{what}, memory over rest", "MB", of("peak_bytes", 1e6))


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
    held, *rounds = bench.with_back_end("contacts", users, count, 2 * bench.runs)
    what = f"roster of {count}"
    if not bench.quick and count >= 20:
        bench.table.add(f"{what}, held per contact", "bytes of PSS",
                        {"rosterd": [held["bytes_per_contact"]]}, Target(most=20))
        bench.table.add(f"{what}, all changed at once", "x the rosters",
                        {"rosterd": [line["memory"] for line in rounds]},
                        Target(most=2) if count >= 100 else None)
    bench.table.add(f"{what}, fetched and delivered", "us of CPU",
                    {"rosterd": [held["delivered_us"]]}, Target(most=20_000))
    bench.table.add(f"{what}, one contact changed", "us of CPU",
                    {"rosterd": [line["changed_us"] for line in rounds]})
    bench.table.add(f"{what}, unchanged", "us of CPU",
                    {"rosterd": [line["unchanged_us"] for line in rounds]})
