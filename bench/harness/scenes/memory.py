# SPDX-License-Identifier: MIT
"""What sessions that do nothing cost."""

from ..bench import samples
from ..table import Target

TARGETS = {"plain": 2048, "tls": 15_500, "websocket": 3072, "bosh": 8192}


def idle(bench):
    sessions = 500 if bench.quick else 2000
    for carrier, target in TARGETS.items():
        sizes, logins = samples(), samples()
        for _ in range(bench.runs):
            with bench.rosterd() as server:
                line, = bench.call("idle", carrier, server.ports[carrier], server.pid, 0, sessions)
            sizes[server.name].append(line["bytes"])
            logins[server.name].append(line["login_cpu_us"])
        bench.table.add(f"idle {carrier} session", "bytes of PSS", sizes, Target(most=target))
        bench.table.add(f"login, {carrier}", "us of CPU", logins)
