# SPDX-License-Identifier: MIT
"""Bosh: one BOSH session (XEP-0124), each request on a connection of its own or on one that is
given, so that a test decides what overtakes what and which answers are lost."""

import asyncio
import base64
import re
from xml.etree import ElementTree

from .raw import RawConnection

NS = "http://jabber.org/protocol/httpbind"
BIND = (
    "<iq xmlns='jabber:client' type='set' id='b'>"
    "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>web</resource></bind></iq>"
)
FIRST_RID = 1573741820


class Answer:
    def __init__(self, message):
        head, _, body = message.decode().partition("\r\n\r\n")
        self.status = int(head.split(" ")[1])
        lines = [line.partition(": ") for line in head.split("\r\n")[1:]]
        self.fields = {name.lower(): value for name, _, value in lines}
        self.text = body
        self._body = ElementTree.fromstring(body) if body.startswith("<") else None

    def get(self, name):
        """An attribute of <body/>."""
        return self._body.get(name)

    @property
    def end(self):
        """("terminate", condition); (None, None) when the session goes on."""
        return self.get("type"), self.get("condition")

    @property
    def payloads(self):
        return len(self._body)


def write_body(rid, payload="", **attributes):
    """`attributes`: Python names; "xmpp_restart" is xmpp:restart, None leaves one out."""
    merged = {"rid": rid, "xmlns": NS, "xmlns:xmpp": "urn:xmpp:xbosh"}
    merged |= {name.replace("xmpp_", "xmpp:"): value for name, value in attributes.items()}
    text = "".join(f' {name}="{value}"' for name, value in merged.items() if value is not None)
    return f"<body{text}>{payload}</body>"


class Bosh:
    def __init__(self, port, host, tls=None):
        """`tls`: the ssl.SSLContext, or None for HTTP in the clear."""
        self._address = ("127.0.0.1", port)
        self._tls = tls
        self.host = host
        self.rid = FIRST_RID
        self.sid = None
        self._connections = []

    async def connect(self):
        connection = await RawConnection.open(self._address, self._tls, self.host)
        self._connections.append(connection)
        return connection

    async def post(self, body, connection=None, **fields):
        """Sends a request; returns its connection, on which read() waits for the answer."""
        connection = connection or await self.connect()
        data = body.encode()
        more = "".join(f"{n.replace('_', '-')}: {v}\r\n" for n, v in fields.items())
        head = f"POST /http-bind HTTP/1.1\r\nHost: a\r\n{more}Content-Length: {len(data)}\r\n\r\n"
        await connection.send(head.encode() + data)
        return connection

    async def ask_raw(self, body, **fields):
        connection = await self.post(body, **fields)
        return await self.read(connection)

    @staticmethod
    async def read(connection):
        return Answer(await connection.read_message())

    def write(self, payload="", rid=None, **attributes):
        """The next request, or the one of that rid."""
        if rid is None:
            self.rid += 1
            rid = self.rid
        return write_body(rid, payload, **({"sid": self.sid} | attributes))

    async def open(self, **attributes):
        usual = {"to": self.host, "ver": "1.6", "wait": 60, "hold": 1, "xmpp_version": "1.0"}
        answer = await self.ask_raw(write_body(self.rid, **(usual | attributes)))
        self.sid = answer.get("sid")
        return answer

    async def send(self, payload="", **attributes):
        """A request whose answer may take long: returns its connection."""
        return await self.post(self.write(payload, **attributes))

    async def ask(self, payload="", **attributes):
        return await self.read(await self.send(payload, **attributes))

    async def log_in(self, user, password, **attributes):
        await self.open(**attributes)
        secret = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        sasl = f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{secret}</auth>"
        assert "<success" in (await self.ask(sasl)).text
        assert "<bind" in (await self.ask(xmpp_restart="true", to=self.host)).text
        bound = (await self.ask(BIND)).text
        self.jid = re.search("<jid>(.*)</jid>", bound).group(1)
        return self

    async def close(self):
        await asyncio.gather(*(connection.close() for connection in self._connections))
