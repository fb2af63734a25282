# SPDX-License-Identifier: MIT
"""XmppJs: a client in JavaScript, driven by lines: @xmpp/client (../node/xmpp_client.mjs) or
strophe.js (../node/strophe_client.mjs)."""

import os
import pathlib
import subprocess

from .process import Child

ROOT = pathlib.Path(__file__).resolve().parents[3]
FOLDER = pathlib.Path(os.environ.get("NODE_CLIENTS", ROOT / "build/check/test/e2e/node"))


class XmppJs:
    def __init__(self, jid, password, service, trust, program="xmpp_client.mjs", session=()):
        """`session`: sid and rid, for strophe.js alone."""
        self._arguments = [FOLDER / program, service, jid, *map(str, session)]
        self._env = dict(os.environ, PASSWORD=password, NODE_EXTRA_CA_CERTS=str(trust))
        self._child = Child(f"{jid} ({program})")

    @property
    def log(self):
        return self._child.log

    async def start(self):
        await self._child.start("node", *self._arguments, env=self._env, stdin=subprocess.PIPE)
        return self

    async def log_in(self):
        await self.start()
        await self.sees("online ")
        return self

    async def say(self, to, text):
        await self._child.write(f"message {to} {text}")

    async def start_again(self):
        """@xmpp/client only: leaves, and logs in anew."""
        await self._child.write("again")

    async def break_connections(self):
        """strophe.js by BOSH only."""
        await self._child.write("break")

    async def sees(self, part, since=0):
        return await self._child.wait_line(part, since)

    async def close(self):
        await self._child.quit()
