# SPDX-License-Identifier: MIT
"""Accounts: who may log in. rosterd keeps no passwords of its own: it asks here, or trusts the
tokens that are signed here."""

import base64
import contextlib
import hashlib
import hmac
import json
import os
import sqlite3
import time

SCHEMA = """
CREATE TABLE IF NOT EXISTS passwords (
  user TEXT PRIMARY KEY,
  salt BLOB NOT NULL,
  hash BLOB NOT NULL
);
"""

TOKEN_SECONDS = 60


def _hash(password, salt):
    return hashlib.scrypt(password.encode(), salt=salt, n=2**12, r=8, p=1)


def _base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Accounts:
    """`secret` signs tokens (JSON Web Tokens, HS256); without one there are none."""

    def __init__(self, path, chat_host, secret=""):
        self._path = path
        self._chat_host = chat_host
        self._secret = secret.encode()
        with self._open() as db:
            db.executescript(SCHEMA)

    @contextlib.contextmanager
    def _open(self):
        db = sqlite3.connect(self._path, timeout=10)
        try:
            with db:
                yield db
        finally:
            db.close()

    def set_password(self, user, password):
        salt = os.urandom(16)
        row = (user, salt, _hash(password, salt))
        with self._open() as db:
            db.execute("INSERT OR REPLACE INTO passwords VALUES (?, ?, ?)", row)

    def is_right(self, user, password):
        """Whether `user` logs in with this: his password, or a token that he got here."""
        if self._secret and self._is_token_of(user, password):
            return True
        with self._open() as db:
            row = db.execute("SELECT salt, hash FROM passwords WHERE user = ?", (user,)).fetchone()
        salt, known = row or (b"nobody", b"")
        return hmac.compare_digest(_hash(password, salt), known)

    @property
    def has_tokens(self):
        return bool(self._secret)

    def address_of(self, user):
        return f"{user}@{self._chat_host}"

    def make_token(self, user):
        """Lets its holder into the chat as `user` for a minute, whether rosterd asks or not."""
        now = int(time.time())
        claims = {"jid": self.address_of(user), "iat": now, "exp": now + TOKEN_SECONDS}
        parts = [{"alg": "HS256", "typ": "JWT"}, claims]
        signed = ".".join(_base64url(json.dumps(part).encode()) for part in parts)
        return f"{signed}.{self._sign(signed)}"

    def _sign(self, text):
        return _base64url(hmac.digest(self._secret, text.encode(), "sha256"))

    def _is_token_of(self, user, token):
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(self._sign(signed).encode(), signature.encode()):
            return False
        payload = signed.partition(".")[2]  # ours: nobody else can have signed it
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return claims["jid"] == self.address_of(user) and time.time() < claims["exp"]
