# SPDX-License-Identifier: MIT
"""The pages, as text. Every value goes through h(), which escapes it."""

import html
import json
import urllib.parse

STYLE = """
:root { --ink: #1d2433; --soft: #667089; --line: #e3e7ef; --accent: #3257d6; --bad: #b3261e;
        --good: #1a7f4b; --paper: #fff; --ground: #f4f6fa; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ebf3; --soft: #98a1b8; --line: #333a4b; --accent: #8aa5ff; --bad: #ff8a80;
          --good: #6ad19b; --paper: #1d2230; --ground: #141824; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
       font: 16px/1.5 system-ui, sans-serif; }
header, main { max-width: 56rem; margin: 0 auto; padding: 1rem 1.25rem; }
header { display: flex; gap: 1rem; align-items: baseline; flex-wrap: wrap; }
header a { color: inherit; text-decoration: none; font-weight: 650; font-size: 1.15rem; }
nav { display: flex; gap: .35rem; flex-wrap: wrap; }
nav a { font-size: .9rem; font-weight: 500; padding: .1rem .6rem; border-radius: 1rem;
        border: 1px solid var(--line); background: var(--paper); }
nav a[aria-current] { background: var(--accent); border-color: var(--accent); color: var(--paper); }
section { background: var(--paper); border: 1px solid var(--line); border-radius: .75rem;
          padding: 1rem 1.25rem; margin-bottom: 1rem; }
h1 { font-size: 1.25rem; margin: 0 0 .75rem; } h2 { font-size: 1rem; margin: 0 0 .5rem; }
form { display: inline-flex; gap: .4rem; flex-wrap: wrap; align-items: center; margin: 0; }
input, select, button { font: inherit; padding: .3rem .6rem; border-radius: .45rem;
  border: 1px solid var(--line); background: var(--ground); color: inherit; max-width: 11rem; }
button { background: var(--accent); border-color: var(--accent); color: var(--paper);
         cursor: pointer; }
button.quiet { background: none; color: var(--bad); border-color: var(--line); }
.friend { display: flex; justify-content: space-between; gap: .75rem; flex-wrap: wrap;
          padding: .7rem 0; border-top: 1px solid var(--line); }
.friend small, .soft { color: var(--soft); }
.bad { color: var(--bad); } .good { color: var(--good); }
code, pre { font: .85rem/1.45 ui-monospace, monospace; } pre { overflow-x: auto; margin: .5rem 0; }
.dot { display: inline-block; width: .6em; height: .6em; border-radius: 50%; margin-right: .4em;
       border: 1px solid var(--soft); }
.there { background: var(--good); } .away { background: #d99a1c; } .dnd { background: var(--bad); }
ol { list-style: none; margin: 0; padding: 0; } ol li { padding: .25rem 0; }
"""

SUBSCRIPTION_TEXTS = {
    "both": "see each other",
    "to": "I see only",
    "from": "seen only",
    "none": "neither",
}


def h(value):
    return html.escape(str(value), quote=True)


def user_path(user):
    return "/users/" + urllib.parse.quote(user, safe="")


def friend_path(user, friend):
    return user_path(user) + "/friends/" + urllib.parse.quote(friend, safe="")


CHAT = object()  # the page that is current when no user's is

# What a session shows -> class of its dot, and in words.
DOTS = {
    "": ("there", "online"),
    "chat": ("there", "free for a chat"),
    "away": ("away", "away"),
    "xa": ("away", "away for long"),
    "dnd": ("dnd", "busy"),
}


def dot(user, online):
    """Whether he is online, as rosterd's events told."""
    kind, words = DOTS.get(online.get(user), ("", "offline"))
    return f'<span class="dot {kind}" role="img" aria-label="{words}" title="{words}"></span>'


def page(title, content, users=(), online=None, current=None, head=""):
    links = "".join(
        f'<a href="{h(user_path(u))}"{" aria-current=page" if u == current else ""}>'
        f"{dot(u, online)}{h(u)}</a>"
        for u in users
    )
    chat = " aria-current=page" if current is CHAT else ""
    return f"""<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{h(title)}</title>
<style>{STYLE}</style>{head}
<header><a href="/">Friends</a><nav>{links}<a href="/chat"{chat}>Chat</a></nav></header>
<main>{content}</main>
</html>
"""


def home_page(users, online, history):
    content = f"""
<section><h1>{len(users)} users</h1>
<p class="soft">Choose one above to see the world with his eyes.</p>
<form method="post" action="/users"><input name="name" placeholder="new user" required
 aria-label="name of the new user"><button>Add</button></form></section>
{history_section(history)}"""
    return page("Friends", content, users, online)


def user_page(user, users, online, friends, history, roster):
    known = {friend["friend"] for friend in friends} | {user}
    others = "".join(f"<option>{h(u)}</option>" for u in users if u not in known)
    befriend = (
        f"""<form method="post" action="{h(user_path(user))}/friends">
<select name="friend" aria-label="user to befriend">{others}</select>
<button>Befriend</button></form>"""
        if others
        else '<p class="soft">Everybody here is a friend already.</p>'
    )
    rows = "".join(_friend_row(user, friend, online) for friend in friends)
    content = f"""
<section><h1>Friends of {h(user)}</h1>{rows or '<p class="soft">None yet.</p>'}</section>
<section><h2>A new friend</h2>{befriend}</section>
{history_section(history)}
<section><details><summary>What rosterd reads at
<code>/contacts/{h(urllib.parse.quote(user, safe=""))}</code></summary>
<pre>{h(json.dumps(roster, indent=2, ensure_ascii=False))}</pre></details></section>"""
    return page(f"Friends of {user}", content, users, online, user)


def error_page(text):
    return page("Sorry", f'<section><h1 class="bad">{h(text)}</h1><a href="/">Back</a></section>')


def _friend_row(user, friend, online):
    path = h(friend_path(user, friend["friend"]))
    options = "".join(
        f'<option value="{value}"{" selected" if value == friend["subscription"] else ""}>'
        f"{text}</option>"
        for value, text in SUBSCRIPTION_TEXTS.items()
    )
    return f"""<div class="friend">
<div>{dot(friend["friend"], online)}<b>{h(friend["name"] or friend["friend"])}</b><br>
<small>{h(friend["friend"])}</small></div><div>
<form method="post" action="{path}"><input name="name" value="{h(friend["name"])}"
 aria-label="name"><input name="groups" value="{h(", ".join(friend["groups"]))}"
 placeholder="groups, with commas" aria-label="groups"><select name="subscription"
 aria-label="who sees whom">{options}</select><button>Save</button></form>
<form method="post" action="{path}/unfriend"><button class="quiet">Unfriend</button></form>
</div></div>"""


def history_section(history):
    if not history:
        return ""
    return f"<section><h2>What rosterd said</h2><ol>{''.join(map(_said, history))}</ol></section>"


def _said(said):
    if "error" in said:
        answer = f'<span class="bad">{h(said["error"])}</span>'
    else:
        mood = "good" if said["status"] == 200 else "bad"
        answer = f'<code class="{mood}">{said["status"]} {h(json.dumps(said["answer"]))}</code>'
    asked = json.dumps(said["users"], ensure_ascii=False)
    return f'<li><span class="soft">{h(said["at"])}</span> <code>{h(asked)}</code> → {answer}</li>'
