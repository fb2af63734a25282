# SPDX-License-Identifier: MIT
"""The chat page: two users side by side, each with converse.js, and their friendships between."""

import itertools
import mimetypes
import pathlib
import urllib.parse

import pages
from pages import h

OWN_FILES = pathlib.Path(__file__).resolve().parent / "assets"
CAST = 3  # users on the page; the first two chat

MISSING = """<section><h1>The chat needs converse.js</h1>
<p>It is a chat client that runs in the browser, and no part of this example. <code>make demo</code>
gets it from the npm registry by itself. By hand, in the folder of rosterd’s sources:</p>
<pre>test/e2e/node/install build/demo/node examples/demo/node</pre>
<p>Then start this application again with</p>
<pre>--converse build/demo/node/node_modules/converse.js
--websocket-url ws://127.0.0.1:5280/xmpp-websocket</pre>
<p>where the second is the address of rosterd, whose configuration needs
<code>http_sasl_mechanisms = ["PLAIN"]</code> to let people in by login tokens.</p></section>"""


class Assets:
    """The files that the pages ask for, by their paths: our own and those of converse.js, which is
    in the `folder` that npm made; an empty one has none. Nothing beside them is ever served."""

    def __init__(self, folder):
        self._files = {}
        self._add("/assets", OWN_FILES)
        if folder:
            self._add("/converse", pathlib.Path(folder) / "dist")
        self.has_converse = "/converse/converse.min.js" in self._files

    def _add(self, path, folder):
        for file in folder.rglob("*"):
            if file.is_file():
                self._files[f"{path}/{file.relative_to(folder).as_posix()}"] = file

    def find(self, path):
        """Its media type and its bytes, or None."""
        file = self._files.get(path)
        if file is None:
            return None
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        return kind, file.read_bytes()


def stage_policy():
    """Content-Security-Policy of the page with the panes."""
    return (
        "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self';"
        " connect-src 'self'; frame-src 'self'; form-action 'self'; frame-ancestors 'none'"
    )


def pane_policy(websocket_url):
    """That of a pane: nothing from anywhere but here, and the way to rosterd. converse.js styles
    its elements one by one, and draws avatars as data: images."""
    parts = urllib.parse.urlsplit(websocket_url)
    return (
        "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self';"
        f" connect-src 'self' {parts.scheme}://{parts.netloc}; img-src 'self' data:;"
        " font-src 'self'; frame-ancestors 'self'"
    )


def chat_page(cast, table):
    head = """
<link rel="stylesheet" href="/assets/chat.css"><script src="/assets/chat.js" defer></script>"""
    left, right = (_pane(user) for user in cast[:2])
    content = f"""<div class="stage">{left}<div id="friends">{table}</div>{right}</div>
<p id="trouble" class="bad" role="alert"></p>"""
    return pages.page("Chat", content, current=pages.CHAT, head=head)


def missing_page():
    return pages.page("Chat", MISSING, current=pages.CHAT)


def pane_page(user, websocket_url):
    return f"""<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Chat of {h(user)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/converse/converse.min.css">
<link rel="stylesheet" href="/assets/pane.css">
<script src="/assets/pane.js" type="module"></script>
<body class="converse-fullscreen" data-login="{h(pane_path(user))}/login"
 data-name="{h(user)}" data-websocket="{h(websocket_url)}"></body>
</html>
"""


def friends_table(cast, online, friends_of, history):
    """`friends_of`: user -> his friends. The page asks for the table again after each change."""
    sides = {user: {f["friend"]: f for f in friends_of(user)} for user in cast}
    pairs = "".join(
        _friends(a, b, sides, online) if b in sides[a] else _strangers(a, b, online)
        for a, b in itertools.combinations(cast, 2)
    )
    return f"<section><h1>Friendships</h1>{pairs}</section>{pages.history_section(history[:3])}"


def pane_path(user):
    return "/chat/" + urllib.parse.quote(user, safe="")


def _pane(user):
    return f"""<figure><figcaption>{h(user)}’s browser</figcaption>
<iframe src="{h(pane_path(user))}" name="{h(user)}" title="chat of {h(user)}"></iframe></figure>"""


def _pair(a, b, online, button, rows):
    names = f"{_user(a, online)} <i>and</i> {_user(b, online)}"
    return f"""<article aria-label="{h(a)} and {h(b)}"><h2><span>{names}</span>{button}</h2>{rows}
</article>"""


def _user(user, online):
    return f'<a href="{h(pages.user_path(user))}">{pages.dot(user, online)}{h(user)}</a>'


def _strangers(a, b, online):
    button = f"""<form method="post" action="{h(pages.user_path(a))}/friends">
<input type="hidden" name="friend" value="{h(b)}"><button>Befriend</button></form>"""
    return _pair(a, b, online, button, "")


def _friends(a, b, sides, online):
    button = f"""<form method="post" action="{h(pages.friend_path(a, b))}/unfriend">
<button class="quiet">Unfriend</button></form>"""
    rows = _side(a, sides[a][b]) + _side(b, sides[b][a])
    return _pair(a, b, online, button, rows)


def _side(user, friend):
    other = h(friend["friend"])
    return f"""<form class="side" method="post"
 action="{h(pages.friend_path(user, friend["friend"]))}"><label>{h(user)} calls {other}
<input name="name" value="{h(friend["name"])}" aria-label="{h(user)}’s name for {other}"></label>
<label>in groups <input name="groups" value="{h(", ".join(friend["groups"]))}"
 placeholder="none" aria-label="{h(user)}’s groups for {other}"></label>
<input type="hidden" name="subscription" value="{h(friend["subscription"])}">
<button>Save</button></form>"""
