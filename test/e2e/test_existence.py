#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Who learns whether there is a user: whose contact he is, and strangers only where the members are
public. Each kind of accounts is asked in its own way."""

import asyncio
import pathlib
import unittest

from harness.backend import Silence, answer
from harness.case import HOST, EndToEndTest
from harness.php import PhpSite
from slixmpp.exceptions import IqError

PROGRAM = pathlib.Path(__file__).parent / "external_accounts.py"
THERE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4711\r\n\r\n"


class ExistenceTest(EndToEndTest):
    async def assert_told(self, client, user, condition):
        """What a message to somebody brings back."""
        since = len(client.journal)
        client.send_message(f"{user}@{HOST}", "are you there?", mtype="chat")
        told = await client.sees("message", since, type="error", sender=f"{user}@{HOST}")
        self.assertEqual(told["error"], condition)

    async def assert_not_discovered(self, client, user, condition):
        with self.assertRaises(IqError) as caught:
            await client["xep_0030"].get_info(jid=f"{user}@{HOST}")
        self.assertEqual(caught.exception.condition, condition)

    async def check_strangers_are_told(self):
        romeo = await self.log_in("romeo")
        await self.assert_told(romeo, "juliet", "recipient-unavailable")
        await self.assert_told(romeo, "nobody", "item-not-found")
        info = await romeo["xep_0030"].get_info(jid=f"juliet@{HOST}")
        self.assertIn(("account", "registered", None, None), info["disco_info"]["identities"])
        await self.assert_not_discovered(romeo, "nobody", "item-not-found")

    async def check_strangers_are_told_nothing(self):
        romeo = await self.log_in("romeo")
        for user in ("juliet", "nobody"):
            await self.assert_told(romeo, user, "service-unavailable")
            await self.assert_not_discovered(romeo, user, "service-unavailable")
        await romeo.close()

    async def check_site(self, kind, path, **options):
        """With accounts in PHP behind nginx."""
        site = PhpSite(self.folder, "accounts.php", self._journals)
        self.addAsyncCleanup(site.stop)
        await site.start()
        self.make_daemon(
            auth=kind,
            http_auth_url=site.url + path,
            http_roster_url=site.url + "/contacts/%s",
            **options,
        )
        await self.start_daemon()
        await self.check_strangers_are_told_nothing()
        await self.reload(tell_who_exists=True)
        await self.check_strangers_are_told()

    async def test_mongoose_is_asked_by_user_exists(self):
        await self.check_site("http-mongoose", "/mongoose")

    async def test_jsxc_is_asked_by_isuser(self):
        await self.check_site("jsxc", "/jsxc", jsxc_secret="API secret")

    async def test_rosters_are_looked_for_where_accounts_have_no_question(self):
        await self.check_site("http-basic", "/basic")

    async def test_accounts_file_knows_by_itself(self):
        await self.start_scene("romeo", "juliet")
        await self.check_strangers_are_told_nothing()
        await self.reload(tell_who_exists=True)
        await self.check_strangers_are_told()

    async def test_program_is_asked_by_isuser_in_both_protocols(self):
        back_end = await self.start_back_end()
        back_end.answers = {"/contacts/romeo": answer("{}")}
        for protocol in ("ejabberd", "generic"):
            with self.subTest(protocol):
                self.make_daemon(
                    http_roster_url=f"http://127.0.0.1:{back_end.port}/contacts/%s",
                    auth="external",
                    auth_program=["/usr/bin/python3", str(PROGRAM), protocol, str(self.folder)],
                    auth_program_protocol=protocol,
                    auth_program_count=1,
                    tell_who_exists=True,
                )
                await self.start_daemon()
                await self.check_strangers_are_told()
                await self.daemon.stop()
        self.assertEqual(set(back_end.requests.entries), {"/contacts/romeo"})

    # --- what the web application is asked -----------------------------------------------------

    async def start_scripted(self, **options):
        back_end = await self.start_back_end()
        back_end.answers = {"/auth": answer(""), "/contacts/romeo": answer("{}")}
        url = f"http://127.0.0.1:{back_end.port}"
        self.make_daemon(
            auth="http-basic",
            http_auth_url=f"{url}/auth",
            http_roster_url=f"{url}/contacts/%s",
            **options,
        )
        await self.start_daemon()
        return back_end

    async def test_nobody_is_asked_for_strangers(self):
        back_end = await self.start_scripted()
        await self.check_strangers_are_told_nothing()
        self.assertEqual(set(back_end.requests.entries), {"/auth", "/contacts/romeo"})

    async def test_head_is_asked_once_in_five_minutes(self):
        back_end = await self.start_scripted(tell_who_exists=True)
        back_end.answers["/contacts/juliet"] = THERE
        await self.check_strangers_are_told()
        for user in ("juliet", "nobody"):
            asked = [head for head in back_end.heads if f"/contacts/{user} " in head]
            self.assertEqual(len(asked), 1)
            self.assertTrue(asked[0].startswith(f"HEAD /contacts/{user} HTTP/1.1\r\n"))

    async def test_failing_searches_do_not_keep_anybody_from_logging_in(self):
        back_end = await self.start_scripted(tell_who_exists=True)
        back_end.answers["/contacts/juliet"] = answer("", "500 No")
        romeo = await self.log_in("romeo")
        for _ in range(7):
            await self.assert_told(romeo, "juliet", "recipient-unavailable")
        self.assertEqual(back_end.requests.entries.count("/contacts/juliet"), 5)
        back_end.answers["/contacts/mercutio"] = answer("{}")
        await self.log_in("mercutio")
        await self.reload(user_exists_default=False)
        await self.assert_told(romeo, "juliet", "item-not-found")

    async def test_stranger_who_is_online_is_not_told_from_one_who_is_not(self):
        back_end = await self.start_scripted(tell_who_exists=True)
        back_end.answers["/contacts/juliet"] = answer("{}")
        juliet = await self.make_client("juliet").open()
        await back_end.asked("/contacts/juliet")
        holds = {f"/contacts/{user}": Silence(THERE) for user in ("juliet", "paris")}
        back_end.answers.update(holds)
        romeo = await self.log_in("romeo")
        for user in ("juliet", "paris"):
            romeo.send_message(f"{user}@{HOST}", "are you there?", mtype="chat")
        await back_end.asked("/contacts/juliet", 2)
        await back_end.asked("/contacts/paris")
        await romeo.ping()
        self.assertFalse(romeo.saw("message"))
        for hold in holds.values():
            hold.release()
        for user in ("juliet", "paris"):
            told = await romeo.sees("message", type="error", sender=f"{user}@{HOST}")
            self.assertEqual(told["error"], "recipient-unavailable")
        await juliet.ping()
        self.assertFalse(juliet.saw("message"))

    async def test_client_that_goes_before_the_answer_is_no_matter(self):
        back_end = await self.start_scripted(tell_who_exists=True)
        back_end.answers["/contacts/juliet"] = hold = Silence(THERE)
        romeo = await self.log_in("romeo")
        romeo.send_message(f"juliet@{HOST}", "are you there?", mtype="chat")
        await back_end.asked("/contacts/juliet")
        await romeo.close()
        again = await self.log_in("romeo")
        again.send_message(f"juliet@{HOST}", "are you there now?", mtype="chat")
        await asyncio.wait_for(again.ping(), 30)
        hold.release()
        told = await again.sees("message", type="error", sender=f"juliet@{HOST}")
        self.assertEqual(told["error"], "recipient-unavailable")


if __name__ == "__main__":
    unittest.main()
