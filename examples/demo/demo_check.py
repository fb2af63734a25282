#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""make demo-check: the demo's scene played by two real clients, and what each saw."""

import argparse
import asyncio
import json
import logging
import shutil
import sys

from scene import HOST, open_scene, password_of, run_until_signal

from harness.client import Client  # found through scene.py
from harness.webapp import http
from harness.xmppjs import FOLDER, XmppJs

logging.getLogger("asyncio").setLevel(logging.CRITICAL)

ROMEO, JULIET, MERCUTIO = (f"{user}@{HOST}" for user in ("romeo", "juliet", "mercutio"))
TIME_LIMIT = 120


def expect(got, wanted, what):
    assert got == wanted, f"{what}: saw {got}, expected {wanted}"


class Play:
    def __init__(self, scene):
        self.scene = scene
        self.web_app = scene.web_app
        address = ("127.0.0.1", scene.daemon.c2s_port)
        self.clients = [
            Client(f"{user}@{HOST}", password_of(user), address, scene.certificate)
            for user in ("romeo", "juliet")
        ]
        self.romeo, self.juliet = self.clients

    async def run(self):
        try:
            for act in (
                self.log_in,
                self.chat,
                self.unfriend,
                self.befriend,
                self.rename,
                self.look_at_page,
                self.log_in_by_token,
            ):
                why_not = await act()
                print(f"{'skip' if why_not else 'ok  '} {act.__doc__}", why_not or "", flush=True)
        except Exception:
            for client in self.clients:
                print(client.journal, file=sys.stderr)
            raise
        finally:
            for client in self.clients:
                await client.close()

    async def log_in(self):
        """romeo and juliet log in, see their contact lists and each other; the web app knows"""
        for client in self.clients:
            await client.log_in()
        expect(sorted(await self.romeo.ask_roster()), [JULIET, MERCUTIO], "romeo's contacts")
        expect(sorted(await self.juliet.ask_roster()), [ROMEO], "juliet's contacts")
        await self.romeo.sees("presence", type="available", sender=JULIET)
        await self.juliet.sees("presence", type="available", sender=ROMEO)
        await self.web_app.wait_online(romeo="", juliet="")

    async def chat(self):
        """they chat, both ways"""
        self.romeo.send_message(JULIET, "Wilt thou leave me so unsatisfied?", mtype="chat")
        said = await self.juliet.sees("message", sender=ROMEO)
        expect(said["body"], "Wilt thou leave me so unsatisfied?", "juliet")
        self.juliet.send_message(said["address"], "What satisfaction?", mtype="chat")
        await self.romeo.sees("message", sender=JULIET, body="What satisfaction?")

    async def both_see(self, change, wanted):
        """Each client sees exactly this, in this order, by the time the web app has its answer."""
        marks = [len(client.journal) for client in self.clients]
        said = await change
        expect(said.get("status"), 200, f"the web application ({said})")
        expect((said["answer"]["updated"], said["answer"]["errors"]), (2, 0), "the web application")
        for client, mark in zip(self.clients, marks):
            await client.ping()
            expect(client.order(mark), wanted, client.boundjid.bare)

    async def unfriend(self):
        """unfriended: each sees the other leave, then loses the contact"""
        change = self.web_app.unfriend("romeo", "juliet")
        await self.both_see(change, ["presence unavailable", "push remove"])
        expect(sorted(await self.romeo.ask_roster()), [MERCUTIO], "romeo's contacts")

    async def befriend(self):
        """befriended: each gets the contact, then sees the other come"""
        change = self.web_app.befriend("juliet", "romeo")
        await self.both_see(change, ["push both", "presence available"])

    async def rename(self):
        """renamed and regrouped: romeo's list changes, juliet notices nothing"""
        mark = len(self.juliet.journal)
        await self.web_app.change("romeo", "juliet", name="My lady", groups=["Capulets"])
        await self.romeo.sees("push", jid=JULIET, name="My lady", groups=["Capulets"])
        await self.juliet.ping()
        expect(self.juliet.order(mark), [], "juliet")


    async def ask_web_app(self, path):
        status, body = await asyncio.to_thread(http, "GET", self.web_app.url + path)
        expect(status, 200, path)
        return body

    async def look_at_page(self):
        """the chat page is there, with all that it needs"""
        if not self.scene.has_page:
            return "(no converse.js)"
        assert "/chat/romeo" in await self.ask_web_app("/chat"), "no pane of romeo"
        pane = await self.ask_web_app("/chat/romeo")
        assert self.scene.daemon.websocket_url in pane, "the pane does not know where rosterd is"
        for path in ("/assets/pane.js", "/converse/converse.min.js", "/converse/converse.min.css"):
            await self.ask_web_app(path)

    async def log_in_by_token(self):
        """mercutio logs in by a token, over WebSocket"""
        if shutil.which("node") is None or not (FOLDER / "node_modules").is_dir():
            return "(make check installs the client)"
        login = json.loads(await self.ask_web_app("/chat/mercutio/login"))
        service = self.scene.daemon.websocket_url
        mercutio = XmppJs(login["jid"], login["password"], service, self.scene.certificate)
        try:
            await mercutio.log_in()
            await mercutio.sees(f"contact {ROMEO} both")
            await mercutio.sees(f"presence {ROMEO}")
        finally:
            await mercutio.close()


async def main(program):
    log = []
    try:
        async with asyncio.timeout(TIME_LIMIT):
            async with open_scene(program, default_ports=False, echo=log.append) as scene:
                await Play(scene).run()
    except Exception:
        print("--- rosterd logged", *log, sep="\n", file=sys.stderr)
        raise
    print("demo-check passed")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rosterd", required=True, help="the built program")
    sys.exit(run_until_signal(main(parser.parse_args().rosterd), signalled=130))
