# SPDX-License-Identifier: MIT
"""The peer: Prosody, as a careful administrator would run it for what is measured.

Nothing but what the scenes need is loaded (no s2s, no offline messages, no rate limits, no
logging but of errors); rosters and accounts are files in its own format, written beforehand.
"""

import itertools
import shutil
import socket
import subprocess
import time

from .accounts import ITERATIONS, PASSWORD, SALT, free_ports, make_keys, user_name
from .failure import Failure
from .servers import START_SECONDS, Server

# What its module for rosters of a web application needs (mod_http_roster_admin); by its manual the
# usual rosters make way for it.
WEB_MODULES = ["saslauth", "tls", "disco", "ping", "http", "http_roster_admin",
               "posix"]
MODULES = ["roster", "saslauth", "tls", "disco", "ping", "websocket", "posix"]
folders = itertools.count()


def is_installed():
    return shutil.which("prosody") is not None


def make_account(hashed):
    if not hashed:
        return f'return {{ ["password"] = "{PASSWORD}"; }};\n'
    stored, server = (key.hex() for key in make_keys("sha256"))
    return (f'return {{ ["iteration_count"] = {ITERATIONS}; ["salt"] = "{SALT.decode()}"; '
            f'["stored_key"] = "{stored}"; ["server_key"] = "{server}"; }};\n')


def make_roster(contacts):
    """`contacts`: user numbers, each a mutual subscription."""
    items = "".join(
        f'["{user_name(contact)}@localhost"] = {{ ["subscription"] = "both"; '
        f'["name"] = "Contact {contact}"; ["groups"] = {{ ["Friends"] = true; }}; }};\n'
        for contact in contacts)
    return f'return {{ [false] = {{ ["version"] = 1; ["pending"] = {{}}; }};\n{items}}};\n'


def write_data(folder, users, contacts_of, hashed):
    """The accounts of `users`, with their contacts."""
    host = folder / "localhost"
    for store in ("accounts", "roster"):
        (host / store).mkdir(parents=True)
    account = make_account(hashed)
    for user in range(users):
        (host / "accounts" / f"{user_name(user)}.dat").write_text(account)
        if contacts := contacts_of(user):
            (host / "roster" / f"{user_name(user)}.dat").write_text(make_roster(contacts))


def make_web_options(module_path, url):
    """`module_path`: a checkout of prosody-modules; `url`: of a roster, %s is the user's name."""
    return f'''
plugin_paths = {{ "{module_path}" }}
storage = {{ roster = "memory" }}
http_roster_url = "{url}"
'''


class Prosody(Server):
    """`data`: a folder that write_data() made; `hashed`: whether it has keys (SCRAM-SHA-256) or
    passwords. `options`: more lines of its configuration."""

    name = "peer"

    def __init__(self, folder, data, hashed, modules=MODULES, options=""):
        super().__init__()
        self.folder = folder / f"prosody{next(folders)}"
        self.certificate, self.data, self.hashed = folder, data, hashed
        self.modules, self.options = modules, options

    def start(self):
        plain, tls, http = free_ports(3)
        self.ports = {"plain": plain, "tls": tls, "websocket": http, "http": http}
        (self.folder / "certs").mkdir(parents=True)  # where it looks for more
        config = self.folder / "prosody.cfg.lua"
        config.write_text(self.make_config())
        self.run(["prosody", "-F", "--config", config], cwd=self.folder,
                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def make_config(self):
        modules = "".join(f'"{name}"; ' for name in self.modules)
        return f"""
modules_enabled = {{ {modules} }}
modules_disabled = {{ "s2s"; "offline"; }}
network_backend = "epoll"
network_settings = {{ tcp_backlog = 511; nagle = false; }}
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {self.ports["plain"]} }}
c2s_direct_tls_ports = {{ {self.ports["tls"]} }}
http_ports = {{ {self.ports["http"]} }}
https_ports = {{}}
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
consider_websocket_secure = true
authentication = "{"internal_hashed" if self.hashed else "internal_plain"}"
password_hash = "SHA-256"
data_path = "{self.data}"
pidfile = "{self.folder}/prosody.pid"
run_as_root = true
log = {{ error = "{self.folder}/prosody.err"; }}
ssl = {{ certificate = "{self.certificate}/certificate.pem"; key = "{self.certificate}/key.pem"; }}
{self.options}
VirtualHost "localhost"
"""

    def await_ready(self):
        end = time.monotonic() + START_SECONDS
        for port in set(self.ports.values()):
            while not self.answers(port):
                if self.process.poll() is not None or time.monotonic() > end:
                    raise Failure("prosody does not start")
                time.sleep(0.05)

    @staticmethod
    def answers(port):
        try:
            with socket.create_connection(("127.0.0.1", port)):
                return True
        except ConnectionRefusedError:
            return False

    def stop(self):
        super().stop()
        errors = self.folder / "prosody.err"
        if errors.exists():
            for line in errors.read_text().splitlines():
                print("   prosody:", line)
        shutil.rmtree(self.folder, ignore_errors=True)
