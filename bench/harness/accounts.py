# SPDX-License-Identifier: MIT
"""What every server needs before it starts: users, a certificate, free ports."""

import base64
import contextlib
import hashlib
import hmac
import socket
import subprocess

PASSWORD = "bench"
ITERATIONS = 4096  # the least that the accounts file may say: logins are not what is measured


def user_name(number):
    return f"user{number:05}"


def make_keys(name, salt):
    salted = hashlib.pbkdf2_hmac(name, PASSWORD.encode(), salt, ITERATIONS)
    key = hmac.digest(salted, b"Client Key", name)
    stored = hashlib.new(name, key).digest()
    server = hmac.digest(salted, b"Server Key", name)
    salt, stored, server = (base64.b64encode(x).decode() for x in (salt, stored, server))
    return f"{ITERATIONS}:{salt}${stored}:{server}"


def write_accounts(path, users):
    """rosterd's accounts file."""
    salt = b"0123456789abcdef"
    keys = f"SCRAM-SHA-1${make_keys('sha1', salt)} SCRAM-SHA-256${make_keys('sha256', salt)}"
    path.write_text("".join(f"{user_name(n)}@localhost {keys}\n" for n in range(users)))
    path.chmod(0o600)


def make_certificate(folder):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-keyout", folder / "key.pem", "-out", folder / "certificate.pem", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        check=True, stderr=subprocess.DEVNULL)


def free_ports(count):
    with contextlib.ExitStack() as open_sockets:
        ports = []
        for _ in range(count):
            one = open_sockets.enter_context(socket.socket())
            one.bind(("127.0.0.1", 0))
            ports.append(one.getsockname()[1])
        return ports
