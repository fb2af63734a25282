# SPDX-License-Identifier: MIT
"""Debian's reverse proxies, in front of a daemon."""

from .process import Child


class Proxy:
    """`program` is started with `arguments` once its configuration is in `folder`; it is ready when
    it has said `ready`."""

    program = ""
    ready = ""

    def __init__(self, folder):
        self.folder = folder
        self.file = folder / f"{self.program}.conf"
        self.child = Child(self.program)

    @property
    def log(self):
        return self.child.log

    async def start(self, configuration):
        self.file.write_text(configuration)
        await self.child.start(f"/usr/sbin/{self.program}", *self.arguments())
        await self.child.wait_line(self.ready)
        return self

    async def stop(self):
        if self.child.running:
            await self.child.stop()


class HAProxy(Proxy):
    program = "haproxy"
    ready = "Loading success"  # said when its ports are open

    def arguments(self):
        return ["-W", "-db", "-f", self.file]

    async def start(self, ways):
        """`ways`: (port, server) each, the latter as haproxy has it: address and words."""
        parts = ["global", " log stdout format raw daemon", "defaults", " mode tcp", " log global"]
        parts += [f" timeout {what} 1m" for what in ("connect", "client", "server")]
        for port, server in ways:
            parts += [f"listen way{port}", f" bind 127.0.0.1:{port}", f" server rosterd {server}"]
        return await super().start("\n".join(parts) + "\n")
