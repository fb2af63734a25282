# SPDX-License-Identifier: MIT
"""WebSocket frames byte by byte (RFC 6455), for what no well-behaved client would send."""

import os
import struct

from .raw import RawConnection

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
FIN = 0x80
OPEN = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='{host}' version='1.0'/>"
HANDSHAKE = {
    "Host": "localhost",
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol": "xmpp",
}


def make_frame(payload, first=FIN | TEXT, masked=True):
    data = payload.encode() if isinstance(payload, str) else payload
    size = len(data)
    length, more = (size, b"") if size < 126 else (126, struct.pack("!H", size))
    if size > 0xFFFF:
        length, more = 127, struct.pack("!Q", size)
    head = bytes([first, length | (0x80 if masked else 0)]) + more
    if not masked:
        return head + data
    mask = os.urandom(4)
    return head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data))


def make_handshake(path="/xmpp-websocket", method="GET", version="1.1", **fields):
    """`fields`: Python names; None leaves one out."""
    merged = HANDSHAKE | {name.replace("_", "-"): value for name, value in fields.items()}
    lines = [f"{name}: {value}" for name, value in merged.items() if value is not None]
    return "\r\n".join([f"{method} {path} HTTP/{version}", *lines, "", ""])


class RawWebSocket(RawConnection):
    """`host` is set by the one who opens it."""

    host = ""

    async def shake_hands(self, **fields):
        await self.send(make_handshake(**fields))
        return (await self._reader.readuntil(b"\r\n\r\n")).decode()

    async def send_text(self, text):
        await self.send(make_frame(text))

    async def read_frame(self):
        """(opcode, payload); text as str; a close as (CLOSE, (code, reason))."""
        first, length = await self._reader.readexactly(2)
        if length == 126:
            (length,) = struct.unpack("!H", await self._reader.readexactly(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", await self._reader.readexactly(8))
        payload = await self._reader.readexactly(length)
        opcode = first & 15
        if opcode == CLOSE:
            code = struct.unpack("!H", payload[:2])[0] if payload else None
            return opcode, (code, payload[2:].decode())
        return opcode, payload.decode() if opcode == TEXT else payload

    async def read_text(self):
        opcode, payload = await self.read_frame()
        assert opcode == TEXT, (opcode, payload)
        return payload

    async def open_stream(self):
        await self.send_text(OPEN.format(host=self.host))
        return await self.read_text(), await self.read_text()
