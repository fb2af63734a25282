# SPDX-License-Identifier: MIT
"""EndToEndTest: a test that starts the built daemon, a web application and clients, stops all of
them, and shows their logs when it fails."""

import asyncio
import json
import logging
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

from .backend import BackEnd
from .certificate import make_certificate
from .client import Client
from .daemon import Daemon
from .raw import RawConnection, RawXmpp, trusting
from .strophe import Strophe
from .webapp import WebApp, http
from .websocket import RawWebSocket
from .xmppjs import XmppJs

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAM = pathlib.Path(os.environ.get("ROSTERD", ROOT / "build/check/rosterd"))
HOST = "example.test"

logging.getLogger("asyncio").setLevel(logging.CRITICAL)


def password_of(user):
    return f"secret of {user}"


class EndToEndTest(unittest.IsolatedAsyncioTestCase):
    def run(self, result=None):
        """The logs of a failed test, after its traceback."""
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            for journal in self._journals:
                print(journal, file=sys.stderr)

    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)
        self._journals = []
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="rosterd-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    # --- the scene -------------------------------------------------------------------------------

    async def start_scene(self, *users, friends=(), tell_rosterd=True, hosts=None, **options):
        """Web app and daemon with these users; `friends` are pairs. `tell_rosterd` False: changes
        are not followed by a refresh. `hosts`: as Daemon has them."""
        self.make_web_app()
        daemon = self.make_daemon(hosts, http_roster_url=self.web_app.roster_url, **options)
        await self.web_app.start(*users, refresh_url=daemon.refresh_url if tell_rosterd else "")
        self._journals.append(self.web_app.log)
        await self.start_daemon(*users)
        for user, friend in friends:
            await self.web_app.befriend(user, friend)

    def make_web_app(self):
        self.web_app = WebApp(self.folder, HOST)
        self.addAsyncCleanup(self.web_app.stop)
        return self.web_app

    async def start_back_end(self, tls=None):
        self.back_end = await BackEnd().start(tls=tls)
        self._journals.append(self.back_end.requests)
        self.addAsyncCleanup(self.back_end.stop)
        return self.back_end

    def make_daemon(self, hosts=None, **options):
        hosts = hosts or {HOST: make_certificate(self.folder, HOST)}
        self.daemon = Daemon(PROGRAM, self.folder, hosts, **options)
        return self.daemon

    async def start_daemon(self, *users, arguments=()):
        """With an account for each user."""
        self.daemon.write_config()
        for user in users:
            jid = user if "@" in user else f"{user}@{self.daemon.host}"
            await self.daemon.add_account(jid, password_of(user))
        self.addAsyncCleanup(self.daemon.stop)
        try:
            await self.daemon.start(*arguments)
        finally:
            self._journals.append(self.daemon.log)

    async def reload(self, **options):
        """With these changed; returns when they are obeyed."""
        self.daemon.options.update(options)
        self.daemon.write_config()
        since = len(self.daemon.log)
        await self.daemon.reload()
        await self.daemon.log.wait(
            lambda line: "configuration reloaded" in line, "reload", since
        )
        return self.daemon

    # --- clients ---------------------------------------------------------------------------------

    def make_client(self, user, resource="", *, password=None, direct_tls=False, **more):
        jid = user if "@" in user else f"{user}@{self.daemon.host}"
        host = jid.rpartition("@")[2]
        port = self.daemon.c2s_tls_port if direct_tls else self.daemon.c2s_port
        client = Client(
            jid + ("/" + resource if resource else ""),
            password_of(user) if password is None else password,
            ("127.0.0.1", port),
            self.daemon.hosts[host].certificate,
            direct_tls=direct_tls,
            **more,
        )
        self._journals.append(client.journal)
        self.addAsyncCleanup(client.close)
        return client

    async def log_in(self, user, resource="", **more):
        return await self.make_client(user, resource, **more).log_in()

    def make_strophe(self, user, password=None):
        strophe = Strophe(
            f"{user}@{self.daemon.host}",
            password_of(user) if password is None else password,
            ("127.0.0.1", self.daemon.c2s_port),
            self.daemon.hosts[self.daemon.host].certificate,
        )
        self._journals.append(strophe.log)
        self.addAsyncCleanup(strophe.close)
        return strophe

    def make_xmppjs(self, user, password=None, service=None, program="xmpp_client.mjs"):
        """By WebSocket in the clear, if `service` names nothing else."""
        xmppjs = XmppJs(
            f"{user}@{self.daemon.host}",
            password_of(user) if password is None else password,
            service or self.daemon.websocket_url,
            self.daemon.hosts[self.daemon.host].certificate,
            program,
        )
        self._journals.append(xmppjs.log)
        self.addAsyncCleanup(xmppjs.close)
        return xmppjs

    async def open_raw_websocket(self):
        """Connected only: the handshake is the test's."""
        raw = await RawWebSocket.open(("127.0.0.1", self.daemon.http_port))
        raw.host = self.daemon.host
        self.addAsyncCleanup(raw.close)
        return raw

    async def open_raw_xmpp(self, *, tls=False, receive_buffer=None):
        """To the STARTTLS port in the clear, or to the direct TLS port."""
        host = self.daemon.host
        port = self.daemon.c2s_tls_port if tls else self.daemon.c2s_port
        context = trusting(self.daemon.hosts[host].certificate) if tls else None
        raw = await RawXmpp.open(("127.0.0.1", port), context, host, receive_buffer)
        raw.host = host
        self.addAsyncCleanup(raw.close)
        return raw

    async def open_raw_http(self):
        raw = await RawConnection.open(("127.0.0.1", self.daemon.http_port))
        self.addAsyncCleanup(raw.close)
        return raw

    async def send_raw_http(self, data):
        """One connection, `data`, all that comes back until the peer closes."""
        raw = await self.open_raw_http()
        await raw.send(data)
        return await raw.read_all()

    async def refresh(self, *users):
        """POSTs a refresh. Returns status and body."""
        body = json.dumps(users).encode()
        status, text = await asyncio.to_thread(http, "POST", self.daemon.refresh_url, body)
        return status, json.loads(text)
