# SPDX-License-Identifier: MIT
"""What a server costs before anybody uses it."""

import base64
import socket
import subprocess
import time

from ..accounts import PASSWORD, make_certificate, user_name, write_accounts
from ..bench import nobody, samples
from ..failure import Failure
from ..prosody import Prosody, write_data
from ..servers import START_SECONDS, Rosterd
from ..table import Target

USERS = 100
HEADER = ("<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='jabber:client' "
          "xmlns:stream='http://etherx.jabber.org/streams'>")


def start(bench):
    """With few accounts, as a small site has them."""
    folder = bench.folder / "start"
    folder.mkdir()
    make_certificate(folder)
    write_accounts(folder / "accounts", USERS)
    data = folder / "prosody"
    write_data(data, USERS, nobody, False)
    times, sizes, own = samples(), samples(), samples()
    for _ in range(bench.runs):
        servers = [Rosterd(bench.binary, folder, f"file://{folder}/none/%s.json", USERS)]
        for server in servers + ([Prosody(folder, data, False)] if bench.with_peer else []):
            took, resident, anonymous = start_once(server)
            times[server.name].append(took)
            sizes[server.name].append(resident)
            own[server.name].append(anonymous)
    bench.table.add("start to first login", "ms", times, Target(most=50))
    bench.table.add("resident at start", "MB", sizes, Target(most=8))
    bench.table.add("..., without files", "MB", own)
    stripped = folder / "stripped"
    subprocess.run(["strip", "-o", stripped, bench.binary], check=True)
    bench.table.add("program, stripped", "MB", {"rosterd": [stripped.stat().st_size / 1e6]},
                    Target(most=3))


def start_once(server):
    """Milliseconds, and megabytes: all, and what is not a page of a file."""
    begin = time.monotonic()
    try:
        server.start()
        log_in(server, begin)
        took = (time.monotonic() - begin) * 1000
        return (took, resident_bytes(server.pid, "VmRSS:") / 1e6,
                resident_bytes(server.pid, "RssAnon:") / 1e6)
    finally:
        server.stop()


def resident_bytes(pid, field):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        for line in status:
            if line.startswith(field):
                return int(line.split()[1]) * 1024
    raise Failure("the server has gone")


def log_in(server, begin):
    secret = base64.b64encode(f"\0{user_name(0)}\0{PASSWORD}".encode()).decode()
    with connect(server, begin) as client:
        client.settimeout(START_SECONDS)
        ask(client, HEADER, "</stream:features>")
        ask(client, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>"
            f"{secret}</auth>", "<success")
        ask(client, HEADER, "</stream:features>")
        ask(client, "<iq type='set' id='bind'>"
            "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>", "</jid>")


def connect(server, begin):
    while True:
        try:
            return socket.create_connection(("127.0.0.1", server.ports["plain"]))
        except ConnectionRefusedError as error:
            if time.monotonic() > begin + START_SECONDS or server.process.poll() is not None:
                raise Failure(f"{server.name} does not start") from error
            time.sleep(0.0005)


def ask(client, text, marker):
    client.sendall(text.encode())
    heard = ""
    while marker not in heard:
        piece = client.recv(4096).decode()
        if not piece:
            raise Failure(f"waited for {marker}, got: {heard}")
        heard += piece
