# SPDX-License-Identifier: MIT
"""What a client that floods the server does to a pair of users who do not."""

import contextlib
import subprocess

from ..bench import parse_line, samples
from ..failure import Failure
from ..table import Target
from .presence import star_servers

FLOODS = {"reader": "messages to one who reads", "deaf": "messages to one who does not read",
          "self": "messages to himself", "presence": "presence to 20"}
FIRST_OF_PAIR = 40  # behind all that flood or hear of it
LATENCIES = {"p50_us": "p50", "p99_us": "p99", "p999_us": "p99.9"}
DRAIN_SECONDS = 400


def flood(bench):
    for kind, name in FLOODS.items():
        flood_of(bench, kind, name)


def flood_of(bench, kind, name):
    alone, beside, done = samples(), {key: samples() for key in LATENCIES}, {}
    for run in range(bench.runs):
        for server in star_servers(bench):
            if server.name == "peer" and run > 0:
                continue  # it takes minutes to deliver what it has accepted
            with server:
                alone[server.name].append(talk(bench, server)["p99_us"] / 1000)
                with flooder(bench, server, kind) as report:
                    line = talk(bench, server)
                for key in LATENCIES:
                    beside[key][server.name].append(line[key] / 1000)
                for key, value in report.items():
                    done.setdefault(key, samples())[server.name].append(value)
    what = f"flood, {name}"
    for key, label in LATENCIES.items():
        bench.table.add(f"{what}: a pair's message, {label}", "ms", beside[key],
                        Target(most=2) if key == "p99_us" else None)
    bench.table.add(f"{what}: p99 beside that without it", "",
                    {**beside["p99_us"], "alone": alone["rosterd"]}, Target(most=3, of="alone"),
                    compare=("alone",))
    for key, label in (("sent_per_second", "taken per second"), ("closed", "flooder cut off"),
                       ("recipient_closed", "recipient cut off"), ("memory_mb", "memory, MB")):
        bench.table.add(f"{what}: {label}", "", done[key])


def talk(bench, server):
    line, = bench.call("quiet_pair", server.ports["plain"], FIRST_OF_PAIR,
                       500 if bench.quick else 2500)
    return line


@contextlib.contextmanager
def flooder(bench, server, kind):
    """Floods until the block is left, and then fills the dictionary that it has given."""
    report = {}
    process = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", bench.programs / "bench_flood", kind,
         str(server.ports["plain"]), str(server.pid)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        if process.stdout.readline() != "flooding\n":
            raise Failure(f"bench_flood {kind} does not begin")
        yield report
        out, _ = process.communicate(timeout=DRAIN_SECONDS)
        if process.returncode != 0:
            raise Failure(f"bench_flood {kind}: status {process.returncode}")
        report.update(parse_line(out))
        report["memory_mb"] = report.pop("memory_bytes") / 1e6
    except subprocess.TimeoutExpired as error:
        raise Failure(f"bench_flood {kind}: what it has sent does not arrive") from error
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()
