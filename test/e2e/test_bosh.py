#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""XMPP over BOSH (XEP-0124, XEP-0206): request by request, and with a stock client."""

import asyncio
import unittest

from harness.bosh import FIRST_RID, Bosh
from harness.case import HOST, EndToEndTest, password_of

PRESENCE = "<presence xmlns='jabber:client'/>"
ROSTER = "<iq xmlns='jabber:client' type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>"
UNAVAILABLE = "<presence xmlns='jabber:client' type='unavailable'/>"


def ping(name):
    return f"<iq xmlns='jabber:client' type='get' id='{name}'><ping xmlns='urn:xmpp:ping'/></iq>"


def message(to, text):
    return f"<message xmlns='jabber:client' to='{to}' type='chat'><body>{text}</body></message>"


class BoshTest(EndToEndTest):
    def make_bosh(self):
        bosh = Bosh(self.daemon.http_port, HOST)
        self.addAsyncCleanup(bosh.close)
        return bosh

    async def log_in_by_bosh(self, user, **attributes):
        return await self.make_bosh().log_in(user, password_of(user), **attributes)

    async def start_pair(self, **options):
        """Romeo on BOSH, seen by Juliet on TCP."""
        await self.start_scene("romeo", "juliet", friends=[("romeo", "juliet")], **options)
        juliet = await self.log_in("juliet", "balcony")
        romeo = await self.log_in_by_bosh("romeo")
        # His own presence may come before hers, in an answer of its own.
        answer = await romeo.ask(PRESENCE)
        while f"from='juliet@{HOST}/balcony'" not in answer.text:
            answer = await romeo.ask()
        await juliet.sees("presence", type="available", sender=f"romeo@{HOST}")
        return romeo, juliet

    # --- a session -------------------------------------------------------------------------------

    async def test_opening_says_what_was_agreed_on_and_brings_the_features(self):
        await self.start_scene("romeo")
        answer = await self.make_bosh().open(wait=59, ver="1.6", ack=1)
        agreed = {"wait": "59", "hold": "1", "requests": "2", "ver": "1.6", "inactivity": "60"}
        agreed |= {"maxpause": "120", "from": HOST, "ack": str(FIRST_RID)}
        self.assertEqual({name: answer.get(name) for name in agreed}, agreed)
        self.assertGreater(len(answer.get("sid")), 20)
        self.assertIn("xmlns:stream='http://etherx.jabber.org/streams'", answer.text)
        self.assertIn("<mechanism>PLAIN</mechanism>", answer.text)
        self.assertEqual(answer.fields["content-type"], "text/xml; charset=utf-8")
        self.assertEqual(answer.fields["access-control-allow-origin"], "*")

    async def test_message_answers_the_held_request(self):
        romeo, juliet = await self.start_pair()
        held = await romeo.send()
        juliet.send_message(romeo.jid, "good pilgrim", mtype="chat")
        answer = await romeo.read(held)
        self.assertIn("<message xmlns='jabber:client'", answer.text)
        self.assertIn("<body>good pilgrim</body></message></body>", answer.text)

    async def test_push_is_there_when_the_refresh_is_answered(self):
        await self.start_scene("romeo", "juliet", tell_rosterd=False)
        romeo = await self.log_in_by_bosh("romeo")
        self.assertIn("id='r'", (await romeo.ask(ROSTER)).text)
        held = await romeo.send()
        await self.web_app.befriend("romeo", "juliet")
        await self.refresh("romeo", "juliet")
        push = (await asyncio.wait_for(romeo.read(held), 1)).text
        self.assertIn(f"jid='juliet@{HOST}'", push)

    async def test_client_that_ends_its_session_is_gone_for_others(self):
        romeo, juliet = await self.start_pair()
        held = await romeo.send()
        last = await romeo.send(message(f"juliet@{HOST}", "adieu") + UNAVAILABLE, type="terminate")
        self.assertEqual((await romeo.read(held)).end, ("terminate", None))
        self.assertEqual((await romeo.read(last)).end, (None, None))
        await juliet.sees("message", body="adieu")
        await juliet.sees("presence", type="unavailable", sender=f"romeo@{HOST}")

    async def test_client_that_ends_its_session_without_a_word_is_gone_for_others(self):
        romeo, juliet = await self.start_pair()
        self.assertEqual((await romeo.ask(type="terminate")).end, ("terminate", None))
        await juliet.sees("presence", type="unavailable", sender=f"romeo@{HOST}")

    async def test_client_that_stays_away_is_gone_for_others(self):
        romeo, juliet = await self.start_pair()
        await romeo.ask(pause=1)
        await juliet.sees("presence", type="unavailable", sender=f"romeo@{HOST}")
        self.assertEqual((await romeo.ask()).end, ("terminate", "item-not-found"))

    async def test_held_requests_are_told_of_the_shutdown(self):
        romeo, _ = await self.start_pair()
        held = await romeo.send()
        stopping = asyncio.ensure_future(self.daemon.stop())
        self.assertEqual((await romeo.read(held)).end, ("terminate", "system-shutdown"))
        await stopping

    async def test_session_is_replaced_by_one_of_the_same_name(self):
        romeo, _ = await self.start_pair()
        held = await romeo.send()
        await self.log_in("romeo", "web")
        answer = await romeo.read(held)
        self.assertEqual(answer.end, ("terminate", "remote-stream-error"))
        self.assertIn("<conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>", answer.text)

    # --- order and loss --------------------------------------------------------------------------

    async def test_requests_that_overtake_each_other_are_put_in_order(self):
        romeo, juliet = await self.start_pair()
        first = romeo.write(message(f"juliet@{HOST}", "first"))
        second = await romeo.send(message(f"juliet@{HOST}", "second"))
        await romeo.read(await romeo.post(first))
        for text in ("first", "second"):
            await juliet.sees("message", body=text)
        said = [entry["body"] for entry in juliet.journal.entries if entry.get("body")]
        self.assertEqual(said, ["first", "second"])
        juliet.send_message(romeo.jid, "third", mtype="chat")
        self.assertIn("third", (await romeo.read(second)).text)

    async def test_lost_answer_is_given_again(self):
        romeo, _ = await self.start_pair()
        lost = await romeo.send(ping("a"))
        await romeo.read(lost)
        again = await romeo.ask(ping("a"), rid=romeo.rid)
        self.assertIn("id='a'", again.text)

    async def test_message_for_a_broken_connection_is_not_lost(self):
        romeo, juliet = await self.start_pair()
        held = await romeo.send()
        await held.close()
        juliet.send_message(romeo.jid, "stay", mtype="chat")
        again = await romeo.ask(rid=romeo.rid)
        self.assertIn("<body>stay</body>", again.text)

    async def test_requests_in_a_row_on_one_connection_do_not_wait_for_each_other(self):
        romeo, juliet = await self.start_pair()
        connection = await romeo.send()
        await romeo.post(romeo.write(message(f"juliet@{HOST}", "in a row")), connection)
        self.assertEqual((await romeo.read(connection)).payloads, 0)
        await juliet.sees("message", body="in a row")

    async def test_client_that_polls_gets_what_has_come(self):
        await self.start_scene("romeo", "juliet", friends=[("romeo", "juliet")])
        await self.log_in("juliet", "balcony")
        romeo = self.make_bosh()
        answer = await romeo.open(wait=0, hold=0)
        self.assertEqual(answer.get("requests"), "1")
        self.assertEqual((await romeo.ask()).payloads, 0)

    # --- pages -----------------------------------------------------------------------------------

    async def ask_http(self, method, **fields):
        bosh = self.make_bosh()
        connection = await bosh.connect()
        lines = "".join(f"{n.replace('_', '-')}: {v}\r\n" for n, v in fields.items())
        await connection.send(f"{method} /http-bind HTTP/1.1\r\nHost: a\r\n{lines}\r\n")
        return await bosh.read(connection)

    async def test_browser_may_ask_before_a_page_of_another_origin_posts_xml(self):
        await self.start_scene("romeo")
        answer = await self.ask_http(
            "OPTIONS", Origin="https://app.test", Access_Control_Request_Method="POST"
        )
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.fields["access-control-allow-origin"], "*")
        self.assertIn("POST", answer.fields["access-control-allow-methods"])
        self.assertEqual(answer.fields["access-control-allow-headers"], "Content-Type")

    async def test_pages_of_other_origins_can_be_kept_out(self):
        await self.start_scene("romeo", http_origins=["https://app.test"])
        known = await self.ask_http("OPTIONS", Origin="https://app.test")
        self.assertEqual(known.fields["access-control-allow-origin"], "https://app.test")
        self.assertEqual(known.fields["vary"], "Origin")
        other = await self.ask_http("OPTIONS", Origin="https://evil.test")
        self.assertEqual(other.status, 403)
        self.assertNotIn("access-control-allow-origin", other.fields)
        self.assertEqual((await self.make_bosh().open()).end, (None, None))

    async def test_person_who_looks_is_told_what_this_is(self):
        await self.start_scene("romeo")
        answer = await self.ask_http("GET")
        self.assertEqual((answer.status, "BOSH" in answer.text), (200, True))

    async def test_bosh_can_be_switched_off(self):
        await self.start_scene("romeo", bosh=False)
        self.assertEqual((await self.ask_http("GET")).status, 404)

    async def test_page_learns_where_it_is(self):
        await self.start_scene("romeo")
        text = await self.send_raw_http("GET /.well-known/host-meta HTTP/1.0\r\nHost: a\r\n\r\n")
        self.assertIn("href='http://a/http-bind'", text)

    # --- a stock client --------------------------------------------------------------------------

    def make_strophe_js(self, user, path="/http-bind", scheme="http", **more):
        service = f"{scheme}://127.0.0.1:{self.daemon.http_port}{path}"
        return self.make_xmppjs(user, service=service, program="strophe_client.mjs", **more)

    async def check_chat(self, romeo):
        juliet = await self.log_in("juliet", "balcony")
        await romeo.log_in()
        await romeo.sees(f"contact juliet@{HOST} both")
        await romeo.sees(f"presence juliet@{HOST}/balcony available")
        await juliet.sees("presence", type="available", sender=f"romeo@{HOST}")
        await romeo.say(f"juliet@{HOST}", "two blushing pilgrims ☺")
        said = await juliet.sees("message", body="two blushing pilgrims ☺")
        juliet.send_message(said["address"], "good pilgrim <you> & I", mtype="chat")
        await romeo.sees(f"message juliet@{HOST}/balcony good pilgrim <you> & I")
        return juliet

    async def test_stock_client_chats_with_one_on_tcp(self):
        await self.start_scene("romeo", "juliet", friends=[("romeo", "juliet")])
        romeo = self.make_strophe_js("romeo")
        juliet = await self.check_chat(romeo)
        await romeo.close()
        await juliet.sees("presence", type="unavailable", sender=f"romeo@{HOST}")

    async def test_the_same_client_chats_over_websocket(self):
        await self.start_scene("romeo", "juliet", friends=[("romeo", "juliet")])
        await self.check_chat(self.make_strophe_js("romeo", "/xmpp-websocket", "ws"))

    async def test_open_client_follows_the_web_app(self):
        await self.start_scene("romeo", "juliet")
        await self.log_in("juliet", "balcony")
        romeo = await self.make_strophe_js("romeo").log_in()
        await self.web_app.befriend("romeo", "juliet")
        await romeo.sees(f"push juliet@{HOST} both")
        await romeo.sees(f"presence juliet@{HOST}/balcony available")
        since = len(romeo.log)
        await self.web_app.unfriend("romeo", "juliet")
        await romeo.sees(f"push juliet@{HOST} remove", since)

    async def test_stock_client_loses_nothing_when_its_connections_break(self):
        await self.start_scene("romeo", "juliet", friends=[("romeo", "juliet")])
        romeo = self.make_strophe_js("romeo")
        juliet = await self.check_chat(romeo)
        for i in range(3):
            await romeo.break_connections()
            juliet.send_message(f"romeo@{HOST}", f"message {i}", mtype="chat")
            await romeo.sees(f"message juliet@{HOST}/balcony message {i}")

    async def test_stock_client_with_a_wrong_password_is_refused(self):
        await self.start_scene("romeo")
        romeo = await self.make_strophe_js("romeo", password="wrong").start()
        await romeo.sees("refused")


if __name__ == "__main__":
    unittest.main()
