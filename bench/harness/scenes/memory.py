# SPDX-License-Identifier: MIT
"""What sessions that do nothing cost."""

from ..bench import samples
from ..table import Target

WARM_UP = 1000  # of bench_idle, before it counts
CONTACTS = 20
SIZES = [1000, 5000, 10_000]
TARGETS = {"plain": 2048, "tls": 15_500, "websocket": 3072}


def idle(bench):
    for carrier, target in TARGETS.items():
        idle_of(bench, f"idle {carrier} session", carrier, 0, bench.servers, target)
    idle_of(bench, "idle bosh session", "bosh", 0, lambda: [bench.rosterd()], 8192)
    idle_of(bench, f"idle plain session with {CONTACTS} contacts", "plain", CONTACTS,
            lambda: bench.with_ring(CONTACTS), 2600)


def idle_of(bench, what, carrier, contacts, servers, most):
    sizes = [100, 300] if bench.quick else SIZES
    bytes_of, logins = {size: samples() for size in sizes}, samples()
    for _ in range(bench.runs):
        for server in servers():
            with server:
                lines = bench.call("idle", carrier, server.ports[carrier], server.pid, contacts,
                                   *sizes)
            for size, line in zip(sizes, lines):
                bytes_of[size][server.name].append(line["bytes"])
            logins[server.name].append(lines[-1]["login_cpu_us"])
    for size in sizes:
        bench.table.add(f"{what}, of {size}", "bytes of PSS", bytes_of[size], Target(most=most))
    bench.table.add(f"login, {what.removeprefix('idle ').replace(' session', '')}", "us of CPU",
                    logins)


def scale(bench):
    """As many sessions as there may be, and what 100,000 would cost."""
    most = 2400 if bench.quick else bench.users
    steps = [most * quarter // 4 - WARM_UP for quarter in (2, 3, 4)]
    for carrier, contacts in (("plain", 0), ("tls", 0), ("plain", CONTACTS)):
        scale_of(bench, carrier, contacts, steps)


def scale_of(bench, carrier, contacts, steps):
    slopes, totals, logins = samples(), samples(), samples()
    for _ in range(min(bench.runs, 3)):
        server = bench.with_ring(contacts)[0] if contacts else bench.rosterd()
        with server:
            lines = bench.call("idle", carrier, server.ports[carrier], server.pid, contacts, *steps)
        slope = (lines[-1]["pss"] - lines[-2]["pss"]) / (steps[-1] - steps[-2])
        slopes[server.name].append(slope)
        slopes["first half"].append(lines[0]["bytes"])
        totals[server.name].append(
            (lines[-1]["pss"] + slope * (100_000 - steps[-1] - WARM_UP)) / 1e6)
        logins[server.name].append(lines[-1]["login_cpu_us"])
        logins["first half"].append(lines[0]["login_cpu_us"])
    what = f"{carrier}{f' with {contacts} contacts' if contacts else ''}"
    count = steps[-1] + WARM_UP
    bench.table.add(f"one more of {count}, {what}", "bytes of PSS", slopes,
                    Target(most=1.1, of="first half"), compare=("first half",))
    bench.table.add(f"login as one of {count}, {what}", "us of CPU", logins,
                    Target(most=1.1, of="first half"), compare=("first half",))
    bench.table.add(f"100,000 sessions, {what}, computed", "MB of PSS", totals)
