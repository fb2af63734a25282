#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""watch.py JID PASSWORD ADDRESS:PORT CERTIFICATE: logs in with slixmpp and prints what it sees."""

import sys

from scene import run_until_signal

from harness.client import Client  # found through scene.py


def describe(event):
    kind = event["kind"]
    if kind == "roster":
        names = [f"{jid} ({item['name'] or jid})" for jid, item in event["items"].items()]
        return "contacts: " + (", ".join(names) or "none")
    if kind == "push" and event["subscription"] == "remove":
        return f"contact {event['jid']} is gone"
    if kind == "push":
        groups = f" in {', '.join(event['groups'])}" if event["groups"] else ""
        return f"contact {event['jid']} ({event['name'] or event['jid']}){groups}"
    if kind == "presence":
        return f"{event['address']} is {event['show'] or event['type']}"
    if kind == "message":
        return f"{event['address']} says: {event['body']}"
    return ", ".join(f"{key} {value}" for key, value in event.items())


async def main(jid, password, where, certificate):
    address, _, port = where.rpartition(":")
    client = Client(jid, password, (address, int(port)), certificate)
    add = client.journal.add

    def print_and_add(event):
        print(describe(event), flush=True)
        add(event)

    client.journal.add = print_and_add
    await client.log_in()
    try:
        await client.disconnected
    finally:
        await client.close()
    return 1


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    sys.exit(run_until_signal(main(*sys.argv[1:])))
