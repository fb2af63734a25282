# SPDX-License-Identifier: MIT
"""What rosterd tells of who is online: each event counted once, whatever comes twice or is lost."""

import contextlib
import hashlib
import hmac
import re
import sqlite3
import time

SCHEMA = """
-- The number that is expected next from each rosterd.
CREATE TABLE IF NOT EXISTS event_streams (
  node TEXT, host TEXT, boot TEXT NOT NULL, next INTEGER NOT NULL,
  PRIMARY KEY (node, host)
);
CREATE TABLE IF NOT EXISTS sessions (
  node TEXT, host TEXT, user TEXT, resource TEXT, show TEXT NOT NULL,
  PRIMARY KEY (node, host, user, resource)
);
"""

# The nearest first.
SHOWS = ("chat", "", "away", "xa", "dnd")


class Events:
    """`secret` is that of rosterd's app_auth = ["hmac:…:SECRET"]; empty believes everybody."""

    def __init__(self, path, secret=""):
        self._path = path
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

    def is_signed(self, field, path, body):
        """Whether `field`, a Rosterd-Signature, is ours, of this request, and not too old."""
        if not self._secret:
            return True
        made, given = re.search(r"\bt=(\d+)", field), re.search(r"\bv1=([0-9a-f]{64})", field)
        if not made or not given or abs(time.time() - int(made[1])) > 300:
            return False
        text = f"{made[1]}.POST.{path}.".encode() + body
        mac = hmac.new(self._secret, text, hashlib.sha256).hexdigest()
        return hmac.compare_digest(given[1], mac)

    def take(self, batch):
        """All of it or, when this fails, nothing: rosterd sends it again."""
        node, host = batch["node"], batch["events"][0]["host"]
        with self._open() as db:
            known = db.execute(
                "SELECT boot, next FROM event_streams WHERE node = ? AND host = ?", (node, host)
            ).fetchone()
            boot, expected = known or ("", 0)
            if boot != batch["boot"]:  # rosterd has been started anew
                db.execute("DELETE FROM sessions WHERE node = ? AND host = ?", (node, host))
                expected = 0
            for number, event in enumerate(batch["events"], batch["seq"]):
                if number >= expected:
                    _apply(db, node, event)
            expected = max(expected, batch["seq"] + len(batch["events"]))
            db.execute(
                "REPLACE INTO event_streams VALUES (?, ?, ?, ?)",
                (node, host, batch["boot"], expected),
            )

    def online(self):
        """User -> show of his nearest session: "", "chat", "away", "xa" or "dnd"."""
        with self._open() as db:
            users = {}
            for user, show in db.execute("SELECT user, show FROM sessions"):
                users[user] = min(users.get(user, show), show, key=SHOWS.index)
            return users


def _apply(db, node, event):
    if event["type"] == "gap":
        # What is in the table may be wrong: better nobody than somebody who has gone. An
        # application that needs more asks GET /roster_admin/online now.
        db.execute("DELETE FROM sessions WHERE node = ? AND host = ?", (node, event["host"]))
    elif event["type"] == "presence":
        session = (node, event["host"], event["user"], event["resource"])
        if event["available"]:
            show = event.get("show", "")
            db.execute("REPLACE INTO sessions VALUES (?, ?, ?, ?, ?)", (*session, show))
        else:
            db.execute(
                "DELETE FROM sessions WHERE node = ? AND host = ? AND user = ? AND resource = ?",
                session,
            )
