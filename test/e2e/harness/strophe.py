# SPDX-License-Identifier: MIT
"""Strophe: a real client in C (libstrophe), driven by lines; see ../strophe_client.c."""

import os
import pathlib
import subprocess

from .process import Child

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILT = ROOT / "build/check/test/e2e/strophe_client"
PROGRAM = pathlib.Path(os.environ.get("STROPHE_CLIENT", BUILT))


class Strophe:
    def __init__(self, jid, password, address, trust):
        self._arguments = [jid, password, address[0], address[1], trust]
        self._child = Child(f"{jid} (libstrophe)")

    @property
    def log(self):
        return self._child.log

    async def start(self):
        await self._child.start(PROGRAM, *self._arguments, stdin=subprocess.PIPE)
        return self

    async def log_in(self):
        await self.start()
        await self.sees("online")
        return self

    async def say(self, to, text):
        await self._child.write(f"message {to} {text}")

    async def sees(self, part, since=0):
        return await self._child.wait_line(part, since)

    async def close(self):
        await self._child.quit()
