# SPDX-License-Identifier: MIT
"""The servers that are measured, behind one interface.

Each is a process of its own, started for one measurement so that none inherits another's memory,
and stopped by its process id when the `with` around it is left, by whatever way. Should this
program be killed outright, the kernel kills the servers (setpriv --pdeathsig).
"""

import os
import signal
import socket
import subprocess

from .accounts import free_ports
from .failure import Failure

START_SECONDS = 20
STOP_SECONDS = 20


class Server:
    """What a scene needs to know of a server.

    `name`: whose column it is; `ports`: by what is spoken there ("plain", "tls", "websocket",
    "bosh", "http"), only what this server has; `pid`: of its only process.
    """

    name = ""

    def __init__(self):
        self.ports = {}
        self.process = None

    @property
    def pid(self):
        return self.process.pid

    def start(self):
        raise NotImplementedError

    def await_ready(self):
        """Returns when it serves; raises Failure when it does not."""
        raise NotImplementedError

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def run(self, command, environment=None, **options):
        # As a service manager does it: a certificate file that the caller's environment names, for
        # one, would be read, too.
        self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *map(str, command)],
                                        env={"PATH": os.environ["PATH"], **(environment or {})},
                                        **options)

    def __enter__(self):
        try:
            self.start()
            self.await_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()


class Rosterd(Server):
    """The release that was built. `roster_url`: where it finds the rosters. `options`: lines of
    its configuration."""

    name = "rosterd"

    def __init__(self, binary, folder, roster_url, sessions, options=""):
        super().__init__()
        self.binary, self.folder = binary, folder
        self.roster_url, self.sessions, self.options = roster_url, sessions, options
        self.log = self.notifications = None

    def start(self):
        plain, tls, http = free_ports(3)
        self.ports = {"plain": plain, "tls": tls, "websocket": http, "bosh": http, "http": http}
        config = self.folder / "rosterd.toml"
        config.write_text(self.make_config())
        self.log = open(self.folder / "rosterd.log", "w+")
        self.notifications = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notifications.bind(self.notify_path())
        self.notifications.settimeout(START_SECONDS)
        self.run([self.binary, "-c", config], stderr=self.log,
                 environment={"NOTIFY_SOCKET": self.notify_path()})

    def make_config(self):
        return f"""
log_level = "warn"
c2s_interfaces = ["127.0.0.1"]
c2s_port = {self.ports["plain"]}
c2s_max_connections = {self.sessions}
c2s_tls_port = {self.ports["tls"]}
http_interfaces = ["127.0.0.1"]
http_port = {self.ports["http"]}
https_port = 0
http_max_connections = {self.sessions}
bosh_wait_max = "1h"
bosh_sessions_per_address = {self.sessions}
accounts_file = "{self.folder}/accounts"
tls_required = false
plain_without_tls = true
http_roster_url = "{self.roster_url}"
roster_404 = "empty"
{self.options}
[[host]]
name = "localhost"
certificate = "{self.folder}/certificate.pem"
key = "{self.folder}/key.pem"
"""

    def notify_path(self):
        return str(self.folder / "notify")

    def await_ready(self):
        try:
            while b"READY=1" not in self.notifications.recv(4096):
                pass
        except OSError as error:
            raise Failure("rosterd does not start") from error

    def stop(self):
        super().stop()
        if self.notifications:
            self.notifications.close()
            os.unlink(self.notify_path())
        if self.log:
            self.log.seek(0)
            for line in self.log:
                print("   rosterd:", line.rstrip())
            self.log.close()


class Relay(Server):
    """bench_relay: it ends when its standard input does. `certificate`: the folder of one, with
    which it speaks TLS."""

    name = "relay"

    def __init__(self, programs, certificate=None):
        super().__init__()
        self.programs, self.certificate = programs, certificate

    def start(self):
        files = [self.certificate / name for name in ("certificate.pem", "key.pem")
                 ] if self.certificate else []
        self.run([self.programs / "bench_relay", *files], stdin=subprocess.PIPE,
                 stdout=subprocess.PIPE, text=True)

    def await_ready(self):
        line = self.process.stdout.readline()
        if not line:
            raise Failure("the relay does not start")
        self.ports = {"tls" if self.certificate else "plain": int(line)}

    def stop(self):
        super().stop()
        if self.process:
            self.process.stdin.close()
            self.process.stdout.close()
