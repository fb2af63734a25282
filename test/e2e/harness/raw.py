# SPDX-License-Identifier: MIT
"""Raw connections: XMPP and HTTP byte by byte, for what no well-behaved client would send."""

import asyncio
import base64
import re
import socket
import ssl

from .journal import PATIENCE, Missing

HEADER = (
    "<?xml version='1.0'?><stream:stream to='{host}' version='1.0' xmlns='jabber:client'"
    " xmlns:stream='http://etherx.jabber.org/streams'>"
)


class RawConnection:
    """`received` is everything so far, as text."""

    def __init__(self, reader, writer, name):
        self._reader = reader
        self._writer = writer
        self.name = name
        self.received = ""

    @classmethod
    async def open(cls, address, tls=None, server_name=None, receive_buffer=None):
        """`receive_buffer`: bytes that the kernel may keep for a reader that does not read."""
        plain = socket.socket()
        if receive_buffer is not None:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        plain.setblocking(False)
        await asyncio.get_running_loop().sock_connect(plain, address)
        streams = asyncio.open_connection(
            sock=plain, ssl=tls, server_hostname=server_name if tls else None
        )
        return cls(*await asyncio.wait_for(streams, PATIENCE), f"raw connection to {address}")

    async def send(self, data):
        self._writer.write(data.encode() if isinstance(data, str) else data)
        await asyncio.wait_for(self._writer.drain(), PATIENCE)

    def stop_reading(self):
        """Like a client whose program hangs: the kernel's buffers fill up."""
        self._writer.transport.pause_reading()

    def half_close(self):
        self._writer.write_eof()

    async def read_until(self, part, since=0):
        """Reads until `part` has come (after the first `since` characters)."""
        while part not in self.received[since:]:
            if not await self._read_some():
                raise Missing(f"{self.name}: closed without {part!r}; received:\n{self.received}")
        return self.received

    async def read_message(self):
        """The bytes of the next HTTP response, which has a length or no body."""
        async with asyncio.timeout(PATIENCE):
            head = await self._reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"\r\nContent-Length: (\d+)\r", head)
            return head + (await self._reader.readexactly(int(length[1])) if length else b"")

    async def read_all(self):
        """Reads until the peer closes."""
        while await self._read_some():
            pass
        return self.received

    async def _read_some(self):
        try:
            data = await asyncio.wait_for(self._reader.read(65536), PATIENCE)
        except asyncio.TimeoutError:
            raise Missing(f"{self.name}: silence; received:\n{self.received}") from None
        except (ConnectionError, ssl.SSLError):
            return False
        self.received += data.decode("utf-8", "replace")
        return bool(data)

    async def close(self):
        self._writer.close()
        try:
            await asyncio.wait_for(self._writer.wait_closed(), PATIENCE)
        except (ConnectionError, ssl.SSLError, asyncio.TimeoutError):
            pass


class RawXmpp(RawConnection):
    """A stream by hand. `host` is set by the one who opens it."""

    host = ""

    async def send_header(self, host=None):
        await self.send(HEADER.format(host=host or self.host))

    async def features(self):
        since = len(self.received)
        await self.send_header()
        return await self.read_until("</stream:features>", since)

    async def start_tls(self, tls):
        await self.features()
        await self.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        await self.read_until("<proceed")
        await self.begin_tls(tls)

    async def begin_tls(self, tls):
        await asyncio.wait_for(self._writer.start_tls(tls, server_hostname=self.host), PATIENCE)

    async def log_in(self, user, password, resource="raw"):
        """PLAIN and bind, on a connection that has TLS."""
        await self.features()
        secret = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        await self.send(
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" + secret + "</auth>"
        )
        await self.read_until("<success")
        await self.features()
        await self.send(
            "<iq type='set' id='bind1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
            f"<resource>{resource}</resource></bind></iq>"
        )
        await self.read_until("</bind></iq>")


    async def show_token(self, token, user=""):
        """OAUTHBEARER (RFC 7628), to its end. Returns what came of it."""
        since = len(self.received)
        name = f"a={user}" if user else ""
        message = base64.b64encode(f"n,{name},\x01auth=Bearer {token}\x01\x01".encode()).decode()
        await self.send(
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='OAUTHBEARER'>"
            + message + "</auth>"
        )  # fmt: skip
        await self.read_until(">", since)
        if "<challenge" in self.received[since:]:
            await self.send("<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>AQ==</response>")
            await self.read_until("</failure>", since)
        return self.received[since:]


def trusting(certificate):
    return ssl.create_default_context(cafile=str(certificate))
