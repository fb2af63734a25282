#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Accounts that a program on pipes knows."""

import asyncio
import os
import pathlib
import unittest

from harness.backend import answer
from harness.case import EndToEndTest
from harness.client import LoginFailed

PROGRAM = pathlib.Path(__file__).parent / "external_accounts.py"


class ExternalTest(EndToEndTest):
    async def start_program(self, protocol="ejabberd", count=1, program=PROGRAM, **options):
        back_end = await self.start_back_end()
        back_end.answers = {"/contacts/romeo": answer("{}"), "/contacts/juliet": answer("{}")}
        self.make_daemon(
            http_roster_url=f"http://127.0.0.1:{back_end.port}/contacts/%s",
            auth="external",
            auth_program=["/usr/bin/python3", str(program), protocol, str(self.folder)],
            auth_program_protocol=protocol,
            auth_program_count=count,
            login_failures_per_address=0,
            login_failures_per_account=0,
            **options,
        )
        await self.start_daemon()

    def started(self):
        return [int(path.name.removeprefix("started-")) for path in self.folder.glob("started-*")]

    async def refusal(self, user, password):
        """The condition of a login that fails."""
        client = self.make_client(user, password=password)
        conditions = []
        client.add_event_handler("failed_auth", lambda f: conditions.append(f["condition"]))
        with self.assertRaises(LoginFailed):
            await client.log_in()
        return conditions[0]

    async def log_in_again(self, user):
        """As soon as there is a program again."""
        while True:
            try:
                return await self.log_in(user)
            except LoginFailed:
                continue

    async def said(self, text):
        await self.daemon.log.wait(lambda line: text in line, text)

    async def test_right_and_wrong_passwords_in_both_protocols(self):
        for protocol in ("ejabberd", "generic"):
            with self.subTest(protocol):
                await self.start_program(protocol)
                romeo = await self.log_in("romeo")
                self.assertEqual(romeo["feature_mechanisms"].mech.name, "PLAIN")
                await self.log_in("juliet", password="a:b:c")
                for password in ("wrong", "secret of juliet", "secret of romeo "):
                    self.assertEqual(await self.refusal("romeo", password), "not-authorized")
                await self.daemon.stop()

    async def test_many_log_in_at_once_with_a_few_programs(self):
        await self.start_program(count=3)
        clients = await asyncio.gather(*(self.make_client("romeo").open() for _ in range(20)))
        self.assertEqual(len({client.boundjid.full for client in clients}), 20)
        self.assertEqual(len(self.started()), 3)

    async def test_program_that_hangs_is_started_again(self):
        await self.start_program(auth_timeout="500ms")
        self.assertEqual(await self.refusal("romeo", "hang"), "temporary-auth-failure")
        await self.said("it gives no answer")
        await self.log_in_again("romeo")
        await self.said("answers again")
        self.assertEqual(len(self.started()), 2)

    async def test_program_that_dies_or_talks_nonsense_is_started_again(self):
        await self.start_program()
        for password, why in {"die": "exit status 1", "garbage": "no answer"}.items():
            with self.subTest(password):
                self.assertEqual(await self.refusal("romeo", password), "temporary-auth-failure")
                await self.said(why)
                await self.log_in_again("romeo")
        self.assertEqual(len(self.started()), 3)

    async def test_what_it_cries_is_logged_without_the_password(self):
        await self.start_program()
        await self.refusal("romeo", "cry")
        await self.said("cannot split auth:romeo:example.test:***")

    async def test_program_that_is_missing_is_no_wrong_password(self):
        await self.start_program(program="/nonexistent/program")
        await self.said("exit status 2")
        self.assertEqual(await self.refusal("romeo", "secret of romeo"), "temporary-auth-failure")
        self.daemon.options["auth_program"] = ["/nonexistent/program"]
        self.daemon.write_config()
        await self.daemon.reload()
        await self.said("no such file or directory")
        self.assertEqual(await self.refusal("romeo", "secret of romeo"), "temporary-auth-failure")

    async def test_programs_end_with_the_daemon_even_one_that_hangs(self):
        await self.start_program(count=2)
        hanging = self.make_client("romeo", password="hang")
        opening = asyncio.create_task(hanging.open())
        await self.log_in("romeo")
        await self.daemon.stop()
        with self.assertRaises(LoginFailed):
            await opening
        for pid in self.started():
            with self.assertRaises(ProcessLookupError):
                os.kill(pid, 0)
        self.assertIsNone(self.daemon.log.find(lambda line: "program for logins" in line))

    async def test_reload_with_another_program_stops_the_old_one(self):
        await self.start_program()
        await self.log_in("romeo")
        old = set(self.started())
        self.daemon.options["auth_program_count"] = 2
        self.daemon.write_config()
        await self.daemon.reload()
        await self.said("configuration reloaded")
        await self.log_in_again("juliet")
        self.assertTrue(set(self.started()) - old)


if __name__ == "__main__":
    unittest.main()
