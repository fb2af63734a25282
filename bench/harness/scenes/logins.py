# SPDX-License-Identifier: MIT
"""How many users can log in."""

from ..bench import samples
from ..table import Target


def logins(bench):
    logins_by(bench, "scram", "login by SCRAM over TLS", 500)
    logins_by(bench, "fast", "login by FAST over resumed TLS", 2000)


def logins_by(bench, way, what, least):
    of_a_core, in_all, latencies = samples(), samples(), samples()
    for _ in range(bench.runs):
        with bench.rosterd() as server:
            line, = bench.call("logins", way, server.ports["tls"], server.pid,
                               200 if bench.quick else 2000)
        of_a_core[server.name].append(1e6 / line["cpu_us"])
        in_all[server.name].append(line["per_second"])
        latencies[server.name].append(line["p99_ms"])
    bench.table.add(f"{what}, a core's", "per second", of_a_core, Target(least=least))
    bench.table.add(f"{what}, in all", "per second", in_all)
    bench.table.add(f"{what}, a pair's message", "ms, p99", latencies, Target(most=20))
