#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""BOSH sessions that the web app opens for its visitors, and tokens for one login."""

import asyncio
import json
import re
import unittest

from harness.case import HOST, EndToEndTest
from harness.webapp import http
from harness.xmppjs import XmppJs

BODY = (
    "<body xmlns='http://jabber.org/protocol/httpbind' rid='{rid}' sid='{sid}'{more}>"
    "{inner}</body>"
)
ROSTER = "<iq xmlns='jabber:client' type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>"


class PrebindTest(EndToEndTest):
    async def ask(self, path, **members):
        url = f"http://127.0.0.1:{self.daemon.http_port}/roster_admin/{path}"
        status, text = await asyncio.to_thread(http, "POST", url, json.dumps(members).encode())
        return status, json.loads(text)

    async def bind(self, session, inner="", more=""):
        """The next request of a session, as prebind gave it, and its answer."""
        body = BODY.format(rid=session["rid"], sid=session["sid"], inner=inner, more=more)
        session["rid"] += 1
        url = f"http://127.0.0.1:{self.daemon.http_port}/http-bind"
        status, text = await asyncio.to_thread(http, "POST", url, body.encode())
        self.assertEqual(status, 200)
        return text

    async def test_page_goes_on_with_a_session_that_is_logged_in(self):
        await self.start_scene("romeo", "juliet", friends=[("romeo", "juliet")])
        juliet = await self.log_in("juliet")
        status, session = await self.ask("prebind", user="romeo", resource="web")
        self.assertEqual((status, session["jid"]), (200, f"romeo@{HOST}/web"))
        answer = await self.bind(session, ROSTER)
        self.assertRegex(answer, rf"<iq xmlns='jabber:client' [^>]*type='result'.*juliet@{HOST}")
        await self.bind(session, "<presence xmlns='jabber:client'/>")
        await juliet.sees("presence", type="available", address=f"romeo@{HOST}/web")
        juliet.send_message(f"romeo@{HOST}/web", "what's in a name?", mtype="chat")
        heard = await self.bind(session)
        while "what" not in heard:
            heard = await self.bind(session)
        self.assertIn("<body>what's in a name?</body>", heard.replace("&apos;", "'"))
        await self.bind(session, more=" type='terminate'")
        await juliet.sees("presence", type="unavailable", address=f"romeo@{HOST}/web")

    async def test_stock_client_attaches_to_a_session(self):
        await self.start_scene("romeo", "juliet", friends=[("romeo", "juliet")])
        juliet = await self.log_in("juliet", "balcony")
        _, session = await self.ask("prebind", user="romeo", resource="web")
        romeo = XmppJs(
            session["jid"],
            "",
            f"http://127.0.0.1:{self.daemon.http_port}/http-bind",
            self.daemon.hosts[HOST].certificate,
            "strophe_client.mjs",
            (session["sid"], session["rid"]),
        )
        self.addAsyncCleanup(romeo.close)
        await romeo.log_in()
        await romeo.sees(f"contact juliet@{HOST} both")
        await romeo.sees(f"presence juliet@{HOST}/balcony available")
        await romeo.say(f"juliet@{HOST}", "call me but love")
        await juliet.sees("message", body="call me but love")

    async def test_server_chooses_a_resource_where_none_is_asked_for(self):
        await self.start_scene("romeo")
        status, session = await self.ask("prebind", user="romeo")
        self.assertEqual(status, 200)
        self.assertTrue(re.fullmatch(rf"romeo@{HOST}/.+", session["jid"]))

    async def test_session_of_another_is_not_to_be_had(self):
        await self.start_scene("romeo")
        _, session = await self.ask("prebind", user="romeo")
        wrong_sid = await self.bind(dict(session, sid="guessed"))
        self.assertIn("condition='item-not-found'", wrong_sid)
        wrong_rid = await self.bind(dict(session, rid=session["rid"] + 50))
        self.assertIn("condition='item-not-found'", wrong_rid)

    async def test_bad_requests_are_refused(self):
        await self.start_scene("romeo", bosh=False)
        for path, members, status, why in [
            ("prebind", {"user": "romeo"}, 503, "BOSH is off"),
            ("prebind", {"user": "romeo", "rid": 1}, 400, 'unknown member "rid"'),
            ("prebind", {"user": "romeo@elsewhere"}, 400, "not on a host served here"),
            ("login_token", {}, 400, "user is missing"),
            ("login_token", {"user": ["romeo"]}, 400, "user must not be an array"),
        ]:
            with self.subTest(path=path, **members):
                got, answer = await self.ask(path, **members)
                self.assertEqual((got, answer["status"]), (status, "error"))
                self.assertIn(why, answer["message"])

    async def test_resource_that_is_none_is_refused(self):
        await self.start_scene("romeo")
        status, answer = await self.ask("prebind", user="romeo", resource="\u0007")
        self.assertEqual((status, answer["status"]), (400, "error"))

    async def test_token_logs_a_user_without_an_account_in_once(self):
        await self.start_scene("romeo", http_sasl_mechanisms=["PLAIN"])
        add = (f"{self.web_app.url}/api/users", b'{"name": "benvolio"}')
        await asyncio.to_thread(http, "POST", *add)
        _, given = await self.ask("login_token", user="benvolio")
        benvolio = self.make_xmppjs("benvolio", password=given["token"])
        await benvolio.log_in()
        again = await self.make_xmppjs("benvolio", password=given["token"]).start()
        await again.sees("refused not-authorized")
        self.assertFalse(self.daemon.log.find(lambda line: given["token"] in line))


if __name__ == "__main__":
    unittest.main()
