# SPDX-License-Identifier: MIT
"""What chat messages cost, and how long they take."""

from ..bench import samples
from ..table import Target

PAIRS = 50
LATENCIES = ("p50_us", "p99_us", "p999_us")
# By what is spoken: what bench_messages calls it, and the relay that speaks it.
CARRIERS = {"plain": ("xmpp", "relay"), "tls": ("tls", "tls-relay"), "websocket": ("websocket", "")}
NAMES = {"plain": "message", "tls": "message over TLS", "websocket": "message by WebSocket"}


def messages(bench):
    messages_in_flight(bench, 1, {"plain": Target(most=1.5, of="relay"),
                                  "tls": Target(most=1.4, of="relay"),
                                  "websocket": Target(most=1.5, of="TCP")})
    messages_in_flight(bench, 16, {"plain": Target(most=2.5),
                                   "websocket": Target(most=1.5, of="TCP")})
    ping_pong(bench)


def measure(bench, pairs, in_flight, count, carriers):
    """By carrier and value, what each server gave in each run. Each run measures all in turn, so
    that what else the machine does hits all alike."""
    values = {carrier: {key: samples() for key in ("cpu_us", *LATENCIES)} for carrier in carriers}
    for _ in range(bench.runs):
        for carrier in carriers:
            load, relay_load = CARRIERS[carrier]
            relay = bench.tls_relay if carrier == "tls" else bench.relay
            relays = [(relay(), relay_load)] if relay_load else []
            for server, name in (*relays, *((server, load) for server in bench.servers())):
                with server:
                    # The peer takes ten times as long for each.
                    few = count // 10 if server.name == "peer" else count
                    line, = bench.call("messages", name, server.ports[carrier], server.pid, pairs,
                                       in_flight, few)
                for key, of_servers in values[carrier].items():
                    of_servers[server.name].append(line[key])
    return values


def messages_in_flight(bench, in_flight, targets):
    count = (20_000 if bench.quick else 200_000) * (1 if in_flight == 1 else 3)
    values = measure(bench, PAIRS, in_flight, count, CARRIERS)
    for carrier, name in NAMES.items():
        what = f"{name}, {in_flight} in flight"
        cost = values[carrier]["cpu_us"]
        if carrier == "websocket":
            cost = {**cost, "TCP": values["plain"]["cpu_us"]["rosterd"]}
        bench.table.add(what, "us of CPU", cost, targets.get(carrier),
                        compare=("relay", "TCP", "peer"))
        for key in LATENCIES:
            bench.table.add(f"{what}, {name_of(key)}", "us", values[carrier][key])


def ping_pong(bench):
    """A message takes so long when nothing else is to be done."""
    values = measure(bench, 1, 1, 5000 if bench.quick else 50_000, ("plain", "tls"))
    for carrier, of_carrier in values.items():
        for key in LATENCIES:
            target = Target(most=1.5, of="relay") if (carrier, key) == ("plain", "p50_us") else None
            bench.table.add(f"ping-pong of one pair, {carrier}, {name_of(key)}", "us",
                            of_carrier[key], target)


def name_of(key):
    """p999_us is p99.9."""
    return {"p50_us": "p50", "p99_us": "p99", "p999_us": "p99.9"}[key]
