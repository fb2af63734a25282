#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""XMPP over BOSH (XEP-0124, XEP-0206): request by request, a stock client, and bad input."""

import unittest

from harness.bosh import FIRST_RID, Bosh, write_body
from harness.case import HOST, EndToEndTest, password_of

PRESENCE = "<presence xmlns='jabber:client'/>"
PING = (
    "<iq xmlns='jabber:client' type='get' id='{id}'><ping xmlns='urn:xmpp:ping'/></iq>"
)
GONE = ("terminate", "item-not-found")


class BoshTest(EndToEndTest):
    def make_bosh(self):
        bosh = Bosh(self.daemon.http_port, HOST)
        self.addAsyncCleanup(bosh.close)
        return bosh

    async def log_in_by_bosh(self, user, **attributes):
        return await self.make_bosh().log_in(user, password_of(user), **attributes)

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
        await self.start_scene("romeo", "juliet", friends=[("romeo", "juliet")])
        juliet = await self.log_in("juliet", "balcony")
        romeo = await self.log_in_by_bosh("romeo")
        answer = await romeo.ask(PRESENCE)
        self.assertIn(f"<presence xmlns='jabber:client' from='juliet@{HOST}/balcony'", answer.text)
        held = await romeo.send()
        juliet.send_message(romeo.jid, "good pilgrim", mtype="chat")
        self.assertIn("<body>good pilgrim</body></message></body>", (await romeo.read(held)).text)


if __name__ == "__main__":
    unittest.main()
