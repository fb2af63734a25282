# SPDX-License-Identifier: MIT
"""What a login costs, and how many users can log in."""

from ..accounts import free_ports, token_options
from ..bench import samples
from ..table import Target


# With few, the load program waits, and the kernel's work for waking it up is the server's.
AT_ONCE = [8, 32]
WARM_UP = 100  # of bench_first_presence
CONTACTS = 20


def first_presence(bench):
    for carrier, target in (("plain", 150), ("tls", 450)):
        for at_once in AT_ONCE:
            of_a_login(bench, carrier, "jwt", f"login by PLAIN, {carrier}", at_once, target)
        of_a_login(bench, carrier, "http-json", f"login by PLAIN, roster in its answer, {carrier}",
                   AT_ONCE[-1], target)


def of_a_login(bench, carrier, way, what, at_once, most):
    what = f"{what}, {at_once} at a time"
    costs, in_all = samples(), samples()
    count = 200 if bench.quick else 2000
    for _ in range(bench.runs):
        port, = free_ports(1)
        servers = [(bench.rosterd(f"http://127.0.0.1:{port}/contacts/%s",
                                  login_options(bench, way, port)), way)]
        # It has accounts and rosters of its own: that compares with either way.
        if bench.with_peer:
            servers.append((peer(bench, count // 10), "stored"))
        for server, how in servers:
            # The peer takes ten times as long for each.
            few = count // 10 if server.name == "peer" else count
            with server:
                line, = bench.call("first_presence", carrier, how, server.ports[carrier],
                                   server.pid, port, few, at_once)
            costs[server.name].append(line["cpu_us"])
            in_all[server.name].append(line["per_second"])
    bench.table.add(what, "us of CPU", costs, Target(most=most))
    bench.table.add(f"{what}, in all", "per second", in_all)


def login_options(bench, way, port):
    """Of rosterd, with a back end at that port, which the load program is."""
    if way == "jwt":
        return token_options(bench.folder)
    return f'auth = "{way}"\nhttp_auth_url = "http://127.0.0.1:{port}/auth"'


def peer(bench, count):
    """With the rosters that bench_first_presence expects: contacts stand behind those who log in.
    """
    users = count + WARM_UP
    return bench.peer("login", lambda user: [users + (user + i) % users for i in range(CONTACTS)])


def logins(bench):
    logins_by(bench, "scram", "login by SCRAM over TLS", lambda: bench.servers(hashed=True), 500)
    # Which the peer does not speak.
    logins_by(bench, "fast", "login by FAST over resumed TLS", lambda: [bench.rosterd()], 2000)


def logins_by(bench, way, what, servers, least):
    of_a_core, in_all, latencies = samples(), samples(), samples()
    for _ in range(bench.runs):
        for server in servers():
            with server:
                line, = bench.call("logins", way, server.ports["tls"], server.pid,
                                   200 if bench.quick else 2000)
            of_a_core[server.name].append(1e6 / line["cpu_us"])
            in_all[server.name].append(line["per_second"])
            latencies[server.name].append(line["p99_ms"])
    bench.table.add(f"{what}, a core's", "per second", of_a_core, Target(least=least))
    bench.table.add(f"{what}, in all", "per second", in_all)
    bench.table.add(f"{what}, a pair's message", "ms, p99", latencies, Target(most=20))
