#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Presence and messages between real clients."""

import unittest

from harness.case import HOST, EndToEndTest
from slixmpp.exceptions import IqError


class ChatTest(EndToEndTest):
    async def test_friends_see_each_other_come_and_go(self):
        await self.start_scene("romeo", "juliet", friends=[("romeo", "juliet")])
        romeo = await self.log_in("romeo", "orchard")
        juliet = await self.log_in("juliet", "balcony")
        await romeo.sees("presence", type="available", address=f"juliet@{HOST}/balcony")
        await juliet.sees("presence", type="available", address=f"romeo@{HOST}/orchard")
        juliet.send_presence(pshow="away", pstatus="calling the nurse")
        await romeo.sees("presence", show="away", status="calling the nurse")
        await juliet.close()
        await romeo.sees("presence", type="unavailable", address=f"juliet@{HOST}/balcony")

    async def test_a_broken_connection_is_a_departure_too(self):
        await self.start_scene("romeo", "juliet", friends=[("romeo", "juliet")])
        romeo = await self.log_in("romeo")
        juliet = await self.log_in("juliet")
        await romeo.sees("presence", type="available", sender=f"juliet@{HOST}")
        juliet.transport.abort()
        await romeo.sees("presence", type="unavailable", sender=f"juliet@{HOST}")

    async def test_strangers_do_not_see_each_other(self):
        await self.start_scene("romeo", "tybalt")
        romeo = await self.log_in("romeo")
        tybalt = await self.log_in("tybalt")
        await romeo.ping()
        self.assertFalse(romeo.saw("presence", sender=f"tybalt@{HOST}"))
        self.assertFalse(tybalt.saw("presence", sender=f"romeo@{HOST}"))

    async def test_presence_needs_the_consent_of_both_rosters(self):
        await self.start_scene("romeo", "juliet", friends=[("romeo", "juliet")])
        await self.web_app.change("juliet", "romeo", subscription="to")
        romeo = await self.log_in("romeo")
        juliet = await self.log_in("juliet")
        await juliet.sees("presence", type="available", sender=f"romeo@{HOST}")
        await romeo.ping()
        self.assertFalse(romeo.saw("presence", sender=f"juliet@{HOST}"))

    async def test_slixmpp_and_libstrophe_chat(self):
        await self.start_scene("romeo", "juliet", friends=[("romeo", "juliet")])
        romeo = await self.log_in("romeo")
        juliet = await self.make_strophe("juliet").log_in()
        await romeo.sees("presence", type="available", sender=f"juliet@{HOST}")
        await juliet.sees(f"presence {romeo.boundjid.full} available")
        romeo.send_message(f"juliet@{HOST}", "my lips, two blushing pilgrims ☺", mtype="chat")
        await juliet.sees(f"message {romeo.boundjid.full} my lips, two blushing pilgrims ☺")
        await juliet.say(romeo.boundjid.full, "good pilgrim <you> & I")
        await romeo.sees("message", sender=f"juliet@{HOST}", body="good pilgrim <you> & I")

    async def test_negative_priority_gets_only_what_is_addressed_to_it(self):
        await self.start_scene("romeo", "juliet", friends=[("romeo", "juliet")])
        romeo = await self.log_in("romeo")
        shy = await self.log_in("juliet", "shy")
        open_ = await self.log_in("juliet", "open")
        shy.send_presence(ppriority=-1)
        await shy.ping()
        romeo.send_message(f"juliet@{HOST}", "to you all", mtype="chat")
        await open_.sees("message", body="to you all")
        romeo.send_message(shy.boundjid.full, "to you alone", mtype="chat")
        await shy.sees("message", body="to you alone")
        self.assertEqual(len(shy.saw("message")), 1)
        self.assertEqual(len(open_.saw("message")), 1)

    async def test_message_to_nobody_comes_back_as_an_error(self):
        await self.start_scene("romeo", "juliet")
        romeo = await self.log_in("romeo")
        romeo.send_message(f"juliet@{HOST}", "are you there?", mtype="chat")
        await romeo.sees("message", type="error", error="service-unavailable")

    async def test_presence_before_the_roster_get_is_announced_all_the_same(self):
        await self.start_scene("romeo", "juliet", friends=[("romeo", "juliet")])
        juliet = await self.log_in("juliet")
        romeo = await self.make_client("romeo").open()
        romeo.send_presence()
        await romeo.sees("presence", type="available", sender=f"juliet@{HOST}")
        await juliet.sees("presence", type="available", sender=f"romeo@{HOST}")
        self.assertIn(f"juliet@{HOST}", await romeo.ask_roster())

    async def test_a_client_may_not_change_its_roster(self):
        await self.start_scene("romeo", "juliet", friends=[("romeo", "juliet")])
        romeo = await self.log_in("romeo")
        iq = romeo.make_iq_set()
        iq.enable("roster")
        iq["roster"]["items"] = {f"tybalt@{HOST}": {"name": "T", "subscription": "both"}}
        with self.assertRaises(IqError) as caught:
            await iq.send(timeout=10)
        self.assertEqual(caught.exception.condition, "not-allowed")
        self.assertTrue(caught.exception.text)
        romeo.send_presence(pto=f"tybalt@{HOST}", ptype="subscribe")
        await romeo.ping()
        self.assertEqual(list(await romeo.ask_roster()), [f"juliet@{HOST}"])

    async def test_server_answers_discovery_and_pings(self):
        await self.start_scene("romeo")
        romeo = await self.log_in("romeo")
        info = await romeo["xep_0030"].get_info(HOST, timeout=10)
        self.assertIn(("server", "im"), [i[:2] for i in info["disco_info"]["identities"]])
        self.assertIn("urn:xmpp:ping", info["disco_info"]["features"])


if __name__ == "__main__":
    unittest.main()
