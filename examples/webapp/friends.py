# SPDX-License-Identifier: MIT
"""Friends: who knows whom, in SQLite. This is the part that every application already has."""

import contextlib
import re
import sqlite3
import unicodedata

SCHEMA = """
CREATE TABLE IF NOT EXISTS users (
  name TEXT PRIMARY KEY
);
-- One row per side: each names and groups the other as he likes.
CREATE TABLE IF NOT EXISTS friendships (
  owner        TEXT NOT NULL REFERENCES users(name) ON DELETE CASCADE,
  friend       TEXT NOT NULL REFERENCES users(name) ON DELETE CASCADE,
  name         TEXT NOT NULL,
  subscription TEXT NOT NULL DEFAULT 'both',
  PRIMARY KEY (owner, friend)
);
CREATE TABLE IF NOT EXISTS groups (
  owner  TEXT NOT NULL,
  friend TEXT NOT NULL,
  name   TEXT NOT NULL,
  PRIMARY KEY (owner, friend, name),
  FOREIGN KEY (owner, friend) REFERENCES friendships(owner, friend) ON DELETE CASCADE
);
"""

SUBSCRIPTIONS = ("both", "to", "from", "none")
# What the left part of a chat address may not hold (RFC 6122, appendix A.5).
FORBIDDEN_IN_NAMES = re.compile(r"[\s\x00-\x1f\x7f\"&'/:<>@]")


class Refused(Exception):
    """The wish cannot be granted; the text is for the one who wished. `status` is for HTTP."""

    def __init__(self, text, status=400):
        super().__init__(text)
        self.status = status


def prepare_name(name):
    """The form under which the chat server will ask for this user: lower case, NFKC."""
    name = unicodedata.normalize("NFKC", str(name).strip().lower())
    if not name or len(name) > 100 or FORBIDDEN_IN_NAMES.search(name):
        raise Refused("a user name is 1 to 100 characters, no spaces, none of \" & ' / : < > @")
    return name


def prepare_text(text, what):
    text = str(text).strip()
    if len(text) > 200 or any(unicodedata.category(c) in ("Cc", "Cs", "Cn") for c in text):
        raise Refused(f"{what} is at most 200 characters of plain text")
    return text


class Friends:
    """Each call opens the database by itself, so every thread may call."""

    def __init__(self, path):
        self._path = path
        with self._open() as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript(SCHEMA)

    @contextlib.contextmanager
    def _open(self):
        db = sqlite3.connect(self._path, timeout=10)
        try:
            db.execute("PRAGMA foreign_keys = ON")
            with db:
                yield db
        finally:
            db.close()

    def users(self):
        with self._open() as db:
            return [name for (name,) in db.execute("SELECT name FROM users ORDER BY name")]

    def first_users(self, count):
        """Those who were added first, in this order."""
        with self._open() as db:
            query = "SELECT name FROM users ORDER BY rowid LIMIT ?"
            return [name for (name,) in db.execute(query, (count,))]

    def has_user(self, user):
        with self._open() as db:
            return _has_user(db, user)

    def add_user(self, user):
        user = prepare_name(user)
        with self._open() as db:
            if _has_user(db, user):
                raise Refused(f"{user} is taken", 409)
            db.execute("INSERT INTO users VALUES (?)", (user,))
        return user

    def friends_of(self, user):
        """List of dicts: friend, name, groups, subscription."""
        with self._open() as db:
            _require_user(db, user)
            groups = {}
            for friend, name in db.execute(
                "SELECT friend, name FROM groups WHERE owner = ? ORDER BY name", (user,)
            ):
                groups.setdefault(friend, []).append(name)
            rows = db.execute(
                "SELECT friend, name, subscription FROM friendships WHERE owner = ? ORDER BY name",
                (user,),
            )
            return [
                {"friend": f, "name": n, "groups": groups.get(f, []), "subscription": s}
                for f, n, s in rows
            ]

    def befriend(self, user, friend):
        """Both sides at once; each starts with the other's user name."""
        if user == friend:
            raise Refused("nobody befriends himself")
        with self._open() as db:
            _require_user(db, user)
            _require_user(db, friend)
            for owner, other in ((user, friend), (friend, user)):
                db.execute(
                    "INSERT OR IGNORE INTO friendships (owner, friend, name) VALUES (?, ?, ?)",
                    (owner, other, other[:1].upper() + other[1:]),
                )

    def unfriend(self, user, friend):
        with self._open() as db:
            _require_friend(db, user, friend)
            db.execute(
                "DELETE FROM friendships WHERE (owner, friend) IN (VALUES (?, ?), (?, ?))",
                (user, friend, friend, user),
            )

    def change(self, user, friend, name=None, groups=None, subscription=None):
        """Changes what `user` calls `friend`, the groups he keeps him in, and his subscription:
        both, to (user sees friend), from (friend sees user) or none."""
        with self._open() as db:
            _require_friend(db, user, friend)
            side = (user, friend)
            if name is not None:
                db.execute(
                    "UPDATE friendships SET name = ? WHERE owner = ? AND friend = ?",
                    (prepare_text(name, "a name"), *side),
                )
            if groups is not None:
                names = {prepare_text(group, "a group") for group in groups} - {""}
                db.execute("DELETE FROM groups WHERE owner = ? AND friend = ?", side)
                db.executemany("INSERT INTO groups VALUES (?, ?, ?)", [(*side, g) for g in names])
            if subscription is not None:
                if subscription not in SUBSCRIPTIONS:
                    raise Refused("subscription is one of " + ", ".join(SUBSCRIPTIONS))
                db.execute(
                    "UPDATE friendships SET subscription = ? WHERE owner = ? AND friend = ?",
                    (subscription, *side),
                )


def _has_user(db, user):
    return db.execute("SELECT 1 FROM users WHERE name = ?", (user,)).fetchone() is not None


def _require_user(db, user):
    if not _has_user(db, user):
        raise Refused(f"there is no user {user}", 404)


def _require_friend(db, user, friend):
    _require_user(db, user)
    if not db.execute(
        "SELECT 1 FROM friendships WHERE owner = ? AND friend = ?", (user, friend)
    ).fetchone():
        raise Refused(f"{friend} is no friend of {user}", 404)
