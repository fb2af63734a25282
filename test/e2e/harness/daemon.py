# SPDX-License-Identifier: MIT
"""Daemon: the built rosterd with a configuration of its own on free ports of loopback."""

import asyncio
import json
import os
import pathlib
import re
import signal
import socket

from .journal import PATIENCE
from .process import Child, free_port, run

SANITIZER_REPORT = re.compile(r"ERROR: \w+Sanitizer|runtime error:|SUMMARY: \w+Sanitizer")


def toml_value(value):
    return json.dumps([str(v) for v in value] if isinstance(value, list) else value,
                      ensure_ascii=False, default=str)  # fmt: skip


class Daemon:
    """`hosts` maps each host to its CertificateFiles; the first is the default one. `options` are
    those of rosterd.toml(5)."""

    def __init__(self, program, folder, hosts, **options):
        self.program = pathlib.Path(program)
        self.folder = pathlib.Path(folder)
        self.hosts = dict(hosts)
        self.config_file = self.folder / "rosterd.toml"
        self.options = {
            "c2s_interfaces": ["127.0.0.1"],
            "c2s_port": free_port(),
            "c2s_tls_port": free_port(),
            "http_interfaces": ["127.0.0.1"],
            "http_port": free_port(),
            "https_port": 0,
            "accounts_file": self.folder / "accounts",
            **options,
        }
        self.launcher = []  # a command that becomes the program
        self._child = None
        self._notify = None
        self._ready = False

    def __getattr__(self, name):
        """daemon.c2s_port and so on."""
        try:
            return self.__dict__["options"][name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def host(self):
        return next(iter(self.hosts))

    @property
    def refresh_url(self):
        return f"http://127.0.0.1:{self.http_port}/roster_admin/refresh"

    @property
    def websocket_url(self):
        return f"ws://127.0.0.1:{self.http_port}/xmpp-websocket"

    @property
    def log(self):
        return self._child.log

    @property
    def child(self):
        return self._child

    def write_config(self):
        """For its owner alone, as it may hold secrets; one that is there keeps its mode."""
        lines = [f"{name} = {toml_value(value)}" for name, value in self.options.items()]
        for host, files in self.hosts.items():
            lines += ["", "[[host]]", f"name = {toml_value(host)}"]
            lines += [f"certificate = {toml_value(files.certificate)}"]
            lines += [f"key = {toml_value(files.key)}"]
        self.config_file.touch(mode=0o600)
        self.config_file.write_text("\n".join(lines) + "\n")

    async def run(self, *arguments, input=""):
        """The program with other arguments. Returns exit status, standard output and error."""
        return await run(self.program, *arguments, input=input)

    async def add_account(self, jid, password):
        arguments = ["passwd", "-c", self.config_file, jid]
        status, _, err = await self.run(*arguments, input=password + "\n")
        assert status == 0, f"rosterd passwd {jid}: {status} {err}"

    async def start(self, *arguments, echo=None):
        """Returns when it has told the service manager that it is ready."""
        self.write_config()
        path = self.folder / "notify"
        path.unlink(missing_ok=True)
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notify.bind(str(path))
        self._notify.setblocking(False)
        self._child = Child("rosterd", echo=echo)
        env = {**os.environ, "NOTIFY_SOCKET": str(path)}
        command = [*self.launcher, self.program, "-c", self.config_file]
        await self._child.start(*command, *arguments, env=env)
        try:
            await self._wait_ready()
        finally:
            if not self._ready:
                await self._child.stop()

    async def _wait_ready(self):
        """Fails at once when it ends instead."""
        ready = asyncio.create_task(self.wait_notice("READY=1"))
        ended = asyncio.create_task(self._child.wait_exit(PATIENCE))
        try:
            await asyncio.wait({ready, ended}, return_when=asyncio.FIRST_COMPLETED)
            self._ready = ready.done() and ready.exception() is None
        finally:
            ready.cancel()
            ended.cancel()
        if not self._ready:
            raise AssertionError(f"rosterd did not start\n{self.log}")

    async def wait_notice(self, state):
        """Waits for one of the states of sd_notify(3). Returns the whole notice."""
        async with asyncio.timeout(PATIENCE):
            while True:
                notice = await asyncio.get_running_loop().sock_recv(self._notify, 4096)
                if state in notice.decode().split("\n"):
                    return notice.decode()

    async def reload(self):
        """SIGHUP, without a look at what came of it."""
        self._child.send_signal(signal.SIGHUP)

    async def stop(self):
        """SIGTERM; the exit must be clean, and nothing reported by a sanitizer."""
        if not self._ready:
            return
        self._ready = False
        status = await self._child.stop()
        self._notify.close()
        report = self.log.find(SANITIZER_REPORT.search)
        assert report is None, f"the sanitizer speaks: {report}\n{self.log}"
        assert status == 0, f"rosterd ended with {status}\n{self.log}"
