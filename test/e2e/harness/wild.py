# SPDX-License-Identifier: MIT
"""WildServer: a TCP server that does to each connection what no web server should."""

import asyncio
import socket
import struct


class WildServer:
    """`behave(reader, writer)` is run for each connection, which is then closed. One whose
    behaviour does not end is closed by stop()."""

    def __init__(self, behave):
        self.behave = behave
        self._server = None
        self._tasks = set()

    async def start(self, port=0, tls=None):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, ssl=tls)
        return self

    @property
    def port(self):
        return self._server.sockets[0].getsockname()[1]

    async def stop(self):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            await self.behave(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()


async def for_ever():
    await asyncio.Event().wait()


def reset(writer):
    """The peer learns of it by RST instead of FIN."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def after_request(*deeds):
    """A behaviour: reads the head of a request, then does each deed: bytes are sent, anything else
    is awaited with the writer."""

    async def behave(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        for deed in deeds:
            if isinstance(deed, bytes):
                writer.write(deed)
                await writer.drain()
            else:
                await deed(writer)

    return behave


async def hang(_writer):
    await for_ever()


async def break_off(writer):
    reset(writer)


def repeat(data, pause):
    """Sends `data` again and again."""

    async def deed(writer):
        while True:
            writer.write(data)
            await writer.drain()
            await asyncio.sleep(pause)

    return deed
