# SPDX-License-Identifier: MIT
"""What every server needs before it starts: users, a certificate, free ports."""

import base64
import contextlib
import hashlib
import hmac
import json
import socket
import subprocess

PASSWORD = "bench"
TOKEN_SECRET = "a secret of thirty-two bytes, or more"  # that bench/token.cc signs with
SALT = b"0123456789abcdef"
ITERATIONS = 4096  # the least that the accounts file may say: logins are not what is measured


def user_name(number):
    return f"user{number:05}"


def ring_contacts(user, users, count):
    """The nearest `count` of those who stand in a circle with `user`: each is the contact of his
    contacts."""
    return [(user + side * distance) % users
            for distance in range(1, count // 2 + 1) for side in (1, -1)]


def write_rosters(folder, users, contacts_of):
    """Files that are a web application's answers."""
    folder.mkdir()
    for user in range(users):
        roster = {f"{user_name(contact)}@localhost": {"name": f"Contact {contact}",
                                                      "groups": ["Friends"]}
                  for contact in contacts_of(user)}
        (folder / f"{user_name(user)}.json").write_text(json.dumps(roster))


def make_keys(name):
    """StoredKey and ServerKey (RFC 5802) of everybody's password."""
    salted = hashlib.pbkdf2_hmac(name, PASSWORD.encode(), SALT, ITERATIONS)
    key = hmac.digest(salted, b"Client Key", name)
    return hashlib.new(name, key).digest(), hmac.digest(salted, b"Server Key", name)


def make_field(name):
    salt, stored, server = (base64.b64encode(x).decode() for x in (SALT, *make_keys(name)))
    return f"{ITERATIONS}:{salt}${stored}:{server}"


def write_accounts(path, users):
    """rosterd's accounts file."""
    keys = f"SCRAM-SHA-1${make_field('sha1')} SCRAM-SHA-256${make_field('sha256')}"
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


def token_options(folder):
    """Of rosterd, that it takes the load programs' tokens for passwords."""
    secret = folder / "secret"
    secret.write_text(TOKEN_SECRET)
    secret.chmod(0o600)
    return f'auth = "jwt"\njwt_secret_file = "{secret}"'
