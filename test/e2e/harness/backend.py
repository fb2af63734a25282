# SPDX-License-Identifier: MIT
"""BackEnd: an HTTP server that answers as a script says, well or badly, for the ways in which a web
application can fail. The example web app never does."""

import asyncio
import json
import re

from .journal import Journal


def answer(body, status="200 OK", *fields, length=None):
    """Bytes of a response; `length` overrides the true Content-Length."""
    body = body if isinstance(body, bytes) else body.encode()
    size = len(body) if length is None else length
    head = [f"HTTP/1.1 {status}", f"Content-Length: {size}", *fields]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def roster(*contacts):
    return answer(json.dumps({contact: {} for contact in contacts}))


def chunked(body, size=7):
    body = body.encode()
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    pieces = [body[i : i + size] for i in range(0, len(body), size)] + [b""]
    return head + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)


def redirect(target):
    return answer("", "302 Found", f"Location: {target}")


class Silence:
    """Instead of an answer: none, until release() is called; then `data`."""

    def __init__(self, data=b""):
        self.data = data
        self._released = asyncio.Event()

    def release(self):
        self._released.set()

    async def over(self):
        await self._released.wait()


class BackEnd:
    """`answers` maps a path to what is sent for it: bytes, Silence, or a list of these of which the
    last is repeated. After bytes that end short of their Content-Length it closes."""

    def __init__(self):
        self.answers = {}
        self.requests = Journal("back end was asked for")
        self.heads = []  # of the requests, as text
        self.messages = []  # the requests whole, as bytes
        self.connections = 0  # ever made
        self.ended = Journal("back end saw connections end")
        self._server = None
        self._connections = set()

    async def start(self, port=0, tls=None, address="127.0.0.1"):
        self._server = await asyncio.start_server(self._serve, address, port, ssl=tls)
        return self

    @property
    def port(self):
        return self._server.sockets[0].getsockname()[1]

    async def stop(self):
        self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def asked(self, path, times=1):
        """Waits until `path` has been asked for that often."""
        await self.requests.wait(
            lambda _: self.requests.entries.count(path) >= times, f"request {times} for {path}"
        )

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self._connections.add(task)
        self.connections += 1
        try:
            while await self._serve_one(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(task)
            self.ended.add("connection")
            writer.close()

    async def _serve_one(self, reader, writer):
        raw = await reader.readuntil(b"\r\n\r\n")
        head = raw.decode("latin-1")
        path = head.split(" ", 2)[1]
        length = re.search(r"(?i)\r\ncontent-length: (\d+)\r", head)
        body = await reader.readexactly(int(length[1])) if length else b""
        self.heads.append(head)
        self.messages.append(raw + body)
        self.requests.add(path)
        data = self._next_answer(path)
        if isinstance(data, Silence):
            await data.over()
            data = data.data
        writer.write(data)
        await writer.drain()
        return is_whole(data)

    def _next_answer(self, path):
        answers = self.answers.get(path, answer("{}", "404 Not Found"))
        if not isinstance(answers, list):
            return answers
        return answers.pop(0) if len(answers) > 1 else answers[0]


def is_whole(data):
    """Whether a client can know where `data` ends, so that the connection may go on."""
    head, _, body = data.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return value.strip().isdigit() and int(value) == len(body)
        if name.lower() == b"transfer-encoding":
            return body.endswith(b"0\r\n\r\n")
    return False
