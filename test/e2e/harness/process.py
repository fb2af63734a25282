# SPDX-License-Identifier: MIT
"""Child: a program that a test or the demo started, its output, and its certain end."""

import asyncio
import contextlib
import ctypes
import os
import random
import signal
import socket
import subprocess

from .journal import PATIENCE, Journal

PR_SET_PDEATHSIG = 1  # prctl(2)
_libc = ctypes.CDLL(None)

# Names of ports given out, held until this process ends: abstract sockets that only one can bind.
_claims = []


def claim(port):
    """Whether no other scene, of this process or of one that runs beside it, has this port."""
    name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        name.bind(f"\0rosterd-test-port-{port}")
    except OSError:
        name.close()
        return False
    _claims.append(name)
    return True


def free_port():
    """A port of loopback that nobody uses now, outside the range from which the kernel gives out
    ports by itself, so that nobody gets it by chance before its user binds it."""
    while True:
        port = random.randint(10_000, 32_000)
        if claim(port) and port_is_free(port):
            return port


def port_is_free(port, family=socket.AF_INET, address="127.0.0.1"):
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
        return True


def die_with(parent):
    """Runs in a new process: it does not outlive us, by whatever we end."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def start_process(*command, **more):
    """The one way in which processes are started here."""
    parent = os.getpid()
    return asyncio.create_subprocess_exec(
        *map(str, command), preexec_fn=lambda: die_with(parent), **more
    )


class Child:
    def __init__(self, name, *, echo=None):
        """`echo` is called with each line of output, beside its being kept in `log`."""
        self.log = Journal(name)
        self._echo = echo
        self._process = None
        self._reader = None

    @property
    def pid(self):
        return self._process.pid

    @property
    def running(self):
        return self._process is not None and self._process.returncode is None

    async def start(self, *command, env=None, stdin=subprocess.DEVNULL):
        self._process = await start_process(
            *command,
            env=env,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches us alone; we stop the children in order
            limit=1 << 20,
        )
        self._reader = asyncio.create_task(self._read())

    async def _read(self):
        while line := await self._process.stdout.readline():
            text = line.decode("utf-8", "replace").rstrip("\n")
            self.log.add(text)
            if self._echo:
                self._echo(text)
        self.log.end()

    async def write(self, line):
        self._process.stdin.write((line + "\n").encode())
        await self._process.stdin.drain()

    def close_input(self):
        self._process.stdin.close()

    async def wait_line(self, part, since=0):
        """The first line of output that holds `part`."""
        return await self.log.wait(lambda line: part in line, f"line with {part!r}", since)

    def send_signal(self, number):
        self._process.send_signal(number)

    async def wait_exit(self, patience=PATIENCE):
        status = await asyncio.wait_for(self._process.wait(), patience)
        await asyncio.shield(self._reader)
        return status

    async def quit(self):
        """Ends it by its own command, unless it is ending already."""
        if not self.running:
            return
        with contextlib.suppress(ConnectionError):
            await self.write("quit")
        await self.wait_exit()

    async def stop(self):
        """Asks it to end; kills it when it does not. Returns its exit status."""
        if self.running:
            self.send_signal(signal.SIGTERM)
        try:
            return await self.wait_exit()
        except asyncio.TimeoutError:
            self._process.kill()
            return await self.wait_exit()


async def run(*command, input="", env=None, patience=PATIENCE):
    """Runs a short program. Returns exit status, standard output, standard error."""
    process = await start_process(
        *command,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(input.encode()), patience)
    except asyncio.TimeoutError:
        process.kill()
        await process.wait()
        raise
    return process.returncode, out.decode(), err.decode()
