# SPDX-License-Identifier: MIT
"""WebApp: examples/webapp as a child, and its JSON API."""

import asyncio
import json
import pathlib
import signal
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

from .journal import PATIENCE
from .process import Child, free_port

PROGRAM = pathlib.Path(__file__).resolve().parents[3] / "examples" / "webapp"


def http(method, url, body=None, headers=None):
    """Status and body as text; errors of the peer are answers too."""
    request = urllib.request.Request(url, data=body, headers=headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class WebApp:
    def __init__(self, folder, chat_host, *, port=None):
        self.folder = pathlib.Path(folder)
        self.chat_host = chat_host
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.chat_url = self.url + "/chat"
        self.roster_url = self.url + "/contacts/%s"
        self.auth_url = self.url + "/auth"
        self.events_url = self.url + "/chat/events"
        self._child = None

    @property
    def log(self):
        return self._child.log

    async def start(
        self,
        *users,
        refresh_url="",
        secret="",
        jwt_secret="",
        passwords={},
        converse="",
        websocket_url="",
    ):
        """May be called again after stop(): the database stays. `secret`: events are signed.
        `converse` and `websocket_url`: for its chat page. `passwords`: by user."""
        self._child = Child("web app")
        arguments = ["--port", self.port, "--database", self.folder / "friends.sqlite3"]
        arguments += ["--chat-host", self.chat_host, "--refresh-url", refresh_url, "--verbose"]
        arguments += ["--secret", secret]
        arguments += ["--converse", converse, "--websocket-url", websocket_url]
        arguments += ["--jwt-secret", jwt_secret]
        for user, password in passwords.items():
            arguments += ["--password", f"{user}:{password}"]
        for user in users:
            arguments += ["--user", user]
        await self._child.start(sys.executable, "-B", PROGRAM, *arguments, stdin=subprocess.DEVNULL)
        await self._child.wait_line("friends ready on")

    async def stop(self):
        if self._child is not None:
            await self._child.stop()

    async def kill(self):
        """Like a crash."""
        self._child.send_signal(signal.SIGKILL)
        await self._child.wait_exit()

    async def online(self):
        """User -> show, as events have told."""
        return json.loads((await asyncio.to_thread(http, "GET", self.url + "/api/online"))[1])

    async def wait_online(self, **shows):
        """Waits until exactly these users are online, each with this show."""
        while True:
            mark = len(self.log)
            if await self.online() == shows:
                return
            await self.log.wait(lambda line: "POST /chat/events" in line, f"events: {shows}", mark)

    async def befriend(self, user, friend):
        return await self._api("PUT", user, friend)

    async def unfriend(self, user, friend):
        return await self._api("DELETE", user, friend)

    async def change(self, user, friend, **changes):
        return await self._api("PATCH", user, friend, changes)

    async def _api(self, method, user, friend, body=None):
        """Returns what rosterd said to the refresh."""
        names = "/".join(urllib.parse.quote(name, safe="") for name in (user, friend))
        data = None if body is None else json.dumps(body).encode()
        url = f"{self.url}/api/friends/{names}"
        status, text = await asyncio.to_thread(http, method, url, data)
        assert status == 200, f"web app: {method} {url}: {status} {text}"
        return json.loads(text)["refresh"]
