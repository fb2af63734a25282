#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The web application changes friendships; open clients follow at once and in the right order."""

import unittest

from harness.case import HOST, EndToEndTest

ROMEO, JULIET = f"romeo@{HOST}", f"juliet@{HOST}"


class RefreshTest(EndToEndTest):
    async def log_in_both(self):
        romeo, juliet = await self.log_in("romeo"), await self.log_in("juliet")
        # What the first one is told about the second is behind it now.
        await romeo.ping()
        return romeo, juliet

    async def test_unfriended_contact_gets_unavailable_before_the_push_that_removes_it(self):
        await self.start_scene("romeo", "juliet", friends=[("romeo", "juliet")])
        romeo, juliet = await self.log_in_both()
        marks = {client: len(client.journal) for client in (romeo, juliet)}
        said = await self.web_app.unfriend("romeo", "juliet")
        self.assertEqual((said["status"], said["answer"]["updated"]), (200, 2))
        for client, other in ((romeo, JULIET), (juliet, ROMEO)):
            await client.ping()
            since = marks[client]
            self.assertEqual(client.order(since), ["presence unavailable", "push remove"])
            self.assertTrue(client.saw("presence", since, sender=other))
            self.assertTrue(client.saw("push", since, jid=other))
            self.assertEqual(await client.ask_roster(), {})

    async def test_befriended_contact_gets_the_push_before_the_presence(self):
        await self.start_scene("romeo", "juliet")
        romeo, juliet = await self.log_in_both()
        marks = {client: len(client.journal) for client in (romeo, juliet)}
        juliet.send_presence(pshow="dnd", pstatus="on the balcony")
        await juliet.ping()
        marks[juliet] = len(juliet.journal)
        said = await self.web_app.befriend("romeo", "juliet")
        self.assertEqual(said["answer"]["status"], "ok")
        for client, other in ((romeo, JULIET), (juliet, ROMEO)):
            await client.ping()
            since = marks[client]
            self.assertEqual(client.order(since), ["push both", "presence available"])
            self.assertTrue(client.saw("push", since, jid=other))
        self.assertTrue(romeo.saw("presence", sender=JULIET, show="dnd", status="on the balcony"))

    async def test_rename_and_regroup_are_pushed_to_their_owner_alone(self):
        await self.start_scene("romeo", "juliet", friends=[("romeo", "juliet")])
        romeo, juliet = await self.log_in_both()
        marks = {client: len(client.journal) for client in (romeo, juliet)}
        changes = {"name": "Jule ♥", "groups": ["Verona", "Love"]}
        said = await self.web_app.change("romeo", "juliet", **changes)
        self.assertEqual(said["users"], ["romeo"])
        await romeo.sees("push", jid=JULIET, name="Jule ♥", groups=["Love", "Verona"])
        for client in (romeo, juliet):
            await client.ping()
        self.assertEqual(romeo.order(marks[romeo]), ["push both"])
        self.assertEqual(juliet.order(marks[juliet]), [])

    async def test_change_of_nothing_is_not_pushed(self):
        await self.start_scene("romeo", "juliet", friends=[("romeo", "juliet")])
        romeo, juliet = await self.log_in_both()
        mark = len(romeo.journal)
        self.assertEqual((await self.refresh("romeo", "juliet"))[0], 200)
        await romeo.ping()
        self.assertEqual(romeo.order(mark), [])

    async def test_every_open_client_of_a_user_gets_the_push(self):
        await self.start_scene("romeo", "juliet")
        clients = [await self.log_in("romeo", resource) for resource in ("one", "two")]
        await self.web_app.befriend("romeo", "juliet")
        for client in clients:
            await client.sees("push", jid=JULIET, subscription="both")

    async def test_one_sided_refresh_of_a_removal_ends_presence_both_ways(self):
        friends = [("romeo", "juliet")]
        await self.start_scene("romeo", "juliet", friends=friends, tell_rosterd=False)
        romeo, juliet = await self.log_in_both()
        marks = {client: len(client.journal) for client in (romeo, juliet)}
        await self.web_app.unfriend("romeo", "juliet")
        status, answer = await self.refresh("romeo")
        self.assertEqual((status, answer["updated"], answer["errors"]), (200, 1, 0))
        for client in (romeo, juliet):
            await client.ping()
        self.assertEqual(romeo.order(marks[romeo]), ["presence unavailable", "push remove"])
        self.assertEqual(juliet.order(marks[juliet]), ["presence unavailable"])
        mark = len(romeo.journal)
        juliet.send_presence(pshow="away")
        await juliet.ping()
        await romeo.ping()
        self.assertEqual(romeo.order(mark), [])

    async def test_one_sided_refresh_of_a_friendship_shows_each_to_the_other(self):
        await self.start_scene("romeo", "juliet", tell_rosterd=False)
        romeo, juliet = await self.log_in_both()
        marks = {client: len(client.journal) for client in (romeo, juliet)}
        await self.web_app.befriend("romeo", "juliet")
        status, answer = await self.refresh("romeo")
        self.assertEqual((status, answer["updated"], answer["errors"]), (200, 1, 0))
        for client in (romeo, juliet):
            await client.ping()
        self.assertEqual(romeo.order(marks[romeo]), ["push both", "presence available"])
        self.assertEqual(juliet.order(marks[juliet]), ["push both", "presence available"])

    async def test_subscription_of_one_direction_shows_presence_one_way(self):
        await self.start_scene("romeo", "juliet", friends=[("romeo", "juliet")])
        romeo, juliet = await self.log_in_both()
        marks = {client: len(client.journal) for client in (romeo, juliet)}
        await self.web_app.change("juliet", "romeo", subscription="to")
        for client in (romeo, juliet):
            await client.ping()
        self.assertEqual(romeo.order(marks[romeo]), ["presence unavailable"])
        self.assertEqual(juliet.order(marks[juliet]), ["push to"])

    async def test_offline_users_are_counted_and_fetched_at_their_next_login(self):
        await self.start_scene("romeo", "juliet")
        romeo = await self.log_in("romeo")
        await romeo.close()
        said = await self.web_app.befriend("romeo", "juliet")
        self.assertEqual(said["answer"]["updated"], 2)
        romeo = await self.make_client("romeo").open()
        self.assertIn(JULIET, await romeo.ask_roster())

    async def test_strophe_follows_too(self):
        await self.start_scene("romeo", "juliet")
        juliet = await self.make_strophe("juliet").log_in()
        await self.log_in("romeo")
        await self.web_app.befriend("romeo", "juliet")
        await juliet.sees(f"push {ROMEO} both")
        await self.web_app.unfriend("romeo", "juliet")
        await juliet.sees(f"push {ROMEO} remove")


if __name__ == "__main__":
    unittest.main()
