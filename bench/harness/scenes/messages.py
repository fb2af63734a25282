# SPDX-License-Identifier: MIT
"""What chat messages cost."""

from ..bench import samples
from ..table import Target

PAIRS = 50


def messages(bench):
    for in_flight, target in ((1, Target(most=1.5, of="relay")), (16, Target(most=2.5))):
        messages_in_flight(bench, in_flight, target)


def messages_in_flight(bench, in_flight, target):
    count = (20_000 if bench.quick else 200_000) * (1 if in_flight == 1 else 3)
    plain, framed = samples(), samples()
    # Each run measures all in turn, so that what else the machine does hits all alike.
    for _ in range(bench.runs):
        for start, load, port, into in ((bench.relay, "relay", "plain", plain),
                                        (bench.rosterd, "xmpp", "plain", plain),
                                        (bench.rosterd, "websocket", "websocket", framed)):
            with start() as server:
                line, = bench.call("messages", load, server.ports[port], server.pid, PAIRS,
                                   in_flight, count)
            into[server.name].append(line["cpu_us"])
    bench.table.add(f"message, {in_flight} in flight", "us of CPU", plain, target)
    bench.table.add(f"message by WebSocket, {in_flight} in flight", "us of CPU",
                    {**framed, "TCP": plain["rosterd"]}, Target(most=1.5, of="TCP"),
                    compare=("TCP", "peer"))
