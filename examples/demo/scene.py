# SPDX-License-Identifier: MIT
"""The scene of the demo: a certificate, three accounts, the web application and rosterd, all on
loopback, all gone afterwards."""

import asyncio
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "test" / "e2e"))

from harness.certificate import CertificateFiles, make_certificate  # noqa: E402
from harness.daemon import Daemon  # noqa: E402
from harness.process import free_port, port_is_free, run  # noqa: E402
from harness.webapp import WebApp  # noqa: E402

HOST = "localhost"
USERS = ("romeo", "juliet", "mercutio")
SECRET = "demo-secret"
TOKEN_SECRET = "signs the tokens with which the demo logs in"  # RFC 7518: 32 bytes at least
FRIENDS = (("romeo", "juliet"), ("romeo", "mercutio"))
# Who calls whom what, and keeps him in which groups.
NAMES = (
    ("romeo", "juliet", "Juliet Capulet", ["Verona"]),
    ("juliet", "romeo", "Romeo Montague", ["Balcony"]),
    ("romeo", "mercutio", "Mercutio", ["Friends"]),
)


def password_of(user):
    return f"{user}-secret"


def find_certificate(folder):
    """The one of the last time, so that a client that was told to trust it still does."""
    files = CertificateFiles(folder / f"{HOST}.crt", folder / f"{HOST}.key")
    check = ["openssl", "x509", "-noout", "-checkend", "86400", "-in", files.certificate]
    if files.key.exists() and subprocess.run(check, capture_output=True).returncode == 0:
        return files
    folder.mkdir(parents=True, exist_ok=True)
    print(f"making a self-signed certificate for {HOST} in {folder}")
    return make_certificate(folder, HOST, address="127.0.0.1", days=365)


async def find_converse(folder):
    """The folder of converse.js, got from the npm registry the first time; "" if that fails, which
    costs the chat page alone."""
    if shutil.which("npm") is None:
        print("npm is not installed: no chat page")
        return ""
    install, package = ROOT / "test/e2e/node/install", ROOT / "examples/demo/node"
    impatient = {**os.environ, "npm_config_fetch_retries": "0"}
    status, _, err = await run(install, folder, package, env=impatient, patience=120)
    if status != 0:
        why = "\n".join(err.splitlines()[:3])
        print(f"npm cannot get converse.js, so there is no chat page; it says:\n{why}")
        return ""
    return folder / "node_modules" / "converse.js"


def choose_port(default, purpose):
    if port_is_free(default):
        return default
    port = free_port()
    print(f"port {default} is taken: {purpose} is on {port} instead")
    return port


LOGINS = ("http-json", "http-basic", "jwt")


class Scene:
    """`ports` are the default ones where they are free; otherwise any free ones. `login`: by which
    of LOGINS rosterd lets users in, whose passwords the web application alone has."""

    def __init__(self, program, folder, *, default_ports, login=LOGINS[0], echo=None):
        self._kept = program.parent.parent / "demo"
        self.login = login
        certificate = find_certificate(self._kept)
        choose = choose_port if default_ports else lambda _default, _purpose: free_port()
        self.web_app = WebApp(folder, HOST, port=choose(8080, "the web application"))
        self.daemon = Daemon(
            program,
            folder,
            {HOST: certificate},
            c2s_port=choose(5222, "XMPP"),
            c2s_tls_port=choose(5223, "XMPP over direct TLS"),
            http_port=choose(5280, "the refresh endpoint"),
            http_roster_url=self.web_app.roster_url,
            webhook_url=self.web_app.events_url,
            app_auth=[f"hmac:demo:{SECRET}"],
            **self._login_options(login, folder),
            http_origins=[self.web_app.url, f"http://localhost:{self.web_app.port}"],
        )
        self.has_page = False
        self._echo = echo

    def _login_options(self, login, folder):
        if login != "jwt":
            return {"auth": login, "http_auth_url": self.web_app.auth_url}
        secret = folder / "jwt-secret"
        secret.write_text(TOKEN_SECRET)
        return {"auth": login, "jwt_secret_file": str(secret)}

    @property
    def certificate(self):
        return self.daemon.hosts[HOST].certificate

    async def start(self):
        self.daemon.write_config()
        converse = await find_converse(self._kept / "node")
        self.has_page = converse != ""
        await self.web_app.start(
            *USERS,
            refresh_url=self.daemon.refresh_url,
            secret=SECRET,
            jwt_secret=TOKEN_SECRET,
            passwords={user: password_of(user) for user in USERS},
            converse=converse,
            websocket_url=self.daemon.websocket_url,
        )
        await self.daemon.start(echo=self._echo)
        for user, friend in FRIENDS:
            await self.web_app.befriend(user, friend)
        for user, friend, name, groups in NAMES:
            await self.web_app.change(user, friend, name=name, groups=groups)

    async def wait_end_of_rosterd(self):
        await self.daemon.child.wait_exit(patience=None)

    async def stop(self):
        try:
            await self.daemon.stop()
        finally:
            await self.web_app.stop()


@contextlib.asynccontextmanager
async def open_scene(program, **options):
    with tempfile.TemporaryDirectory(prefix="rosterd-demo-") as folder:
        scene = Scene(pathlib.Path(program).resolve(), pathlib.Path(folder), **options)
        try:
            await scene.start()
            yield scene
        finally:
            await scene.stop()


def run_until_signal(main, signalled=0):
    """Runs the coroutine; Ctrl-C and SIGTERM cancel it, so that every `finally` runs. Returns its
    result, or `signalled`."""

    async def guarded():
        task = asyncio.current_task()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, task.cancel)
        return await main

    try:
        return asyncio.run(guarded())
    except asyncio.CancelledError:
        return signalled
