#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Web applications that fail, and rosters that come another way."""

import asyncio
import json
import ssl
import unittest

from harness.backend import BackEnd, Silence, answer, chunked, redirect, roster
from harness.case import HOST, EndToEndTest
from harness.certificate import make_certificate
from slixmpp.exceptions import IqError

JULIET = f"juliet@{HOST}"
PATH = "/contacts/romeo"


class BackEndTest(EndToEndTest):
    async def start(self, answers, *, users=("romeo",), **options):
        """Daemon over a scripted back end; `answers` are for romeo."""
        await self.start_back_end()
        self.back_end.answers = {PATH: answers}
        url = f"http://127.0.0.1:{self.back_end.port}/contacts/%s"
        self.make_daemon(http_roster_url=url, **options)
        await self.start_daemon(*users)

    async def refused_roster(self, client):
        with self.assertRaises(IqError) as caught:
            await client.get_roster(timeout=20)
        return caught.exception

    async def test_roster_is_read_in_every_form_that_web_applications_send(self):
        await self.start(answer("{}"))
        contact = {JULIET: {"name": "Jule", "groups": ["Friends", "", "Friends"]}}
        wanted = {JULIET: {"name": "Jule", "groups": ["Friends"], "subscription": "both"}}
        bodies = [
            answer(json.dumps(contact)),
            chunked(json.dumps(contact)),
            answer(b"\xef\xbb\xbf" + json.dumps(contact).encode()),
            answer(json.dumps({JULIET: {"name": "Jule", "groups": {"Friends": True}}})),
            answer(json.dumps({JULIET: {"name": "Jule", "groups": "Friends"}})),
            answer(json.dumps({JULIET + "/phone": contact[JULIET], f"romeo@{HOST}": {}})),
            answer(json.dumps({**contact, "not an @ address": {}, "$meta": {"v": 1}})),
            answer(json.dumps(contact), "200 OK", "Content-Type: text/html"),
            b"HTTP/1.0 200 OK\r\n\r\n" + json.dumps(contact).encode(),
        ]
        for body in bodies:
            with self.subTest(body):
                self.back_end.answers[PATH] = body
                client = await self.make_client("romeo").open()
                self.assertEqual((await self.refresh("romeo"))[1]["errors"], 0)
                self.assertEqual(await client.ask_roster(), wanted)
                await client.close()
                self.back_end.answers[PATH] = answer("[]")
                client = await self.make_client("romeo").open()
                self.assertEqual((await self.refresh("romeo"))[1]["errors"], 0)
                self.assertEqual(await client.ask_roster(), {})
                await client.close()

    async def test_good_rosters_of_a_batch_count_although_another_fails(self):
        await self.start(roster(JULIET), users=("romeo", "mercutio"))
        self.back_end.answers["/contacts/mercutio"] = roster()
        romeo, mercutio = await self.log_in("romeo"), await self.log_in("mercutio")
        self.back_end.answers[PATH] = answer("no")
        self.back_end.answers["/contacts/mercutio"] = roster(JULIET)
        status, said = await self.refresh("romeo", "mercutio")
        counts = (said["status"], said["updated"], said["errors"])
        self.assertEqual((status, *counts), (200, "ok", 1, 1))
        await mercutio.sees("push", jid=JULIET)
        self.assertEqual(list(await romeo.ask_roster()), [JULIET])

    async def test_refresh_is_not_answered_from_a_fetch_that_was_on_its_way_before(self):
        old = Silence(roster("old@" + HOST))
        await self.start(roster())
        romeo = await self.log_in("romeo")
        self.back_end.answers[PATH] = [old, roster("new@" + HOST)]
        first = asyncio.create_task(self.refresh("romeo"))
        await self.back_end.asked(PATH, 2)
        second = asyncio.create_task(self.refresh("romeo"))
        await romeo.ping()
        old.release()
        for task in (first, second):
            self.assertEqual((await task)[0], 200)
        self.assertEqual(list(await romeo.ask_roster()), ["new@" + HOST])

    async def test_web_application_down_at_login_then_back(self):
        self.make_web_app()
        self.make_daemon(http_roster_url=self.web_app.roster_url, roster_fetch_timeout="1s")
        await self.start_daemon("romeo", "juliet")
        juliet = await self.make_client("juliet").open()
        romeo = await self.make_client("romeo").open()
        error = await self.refused_roster(romeo)
        self.assertEqual((error.etype, error.condition), ("wait", "remote-server-timeout"))
        status, said = await self.refresh("romeo")
        self.assertEqual((status, said["status"], said["errors"]), (200, "error", 1))
        for client in (romeo, juliet):
            client.send_presence()
        await self.web_app.start("romeo", "juliet")
        await self.web_app.befriend("romeo", "juliet")
        for client, other in ((romeo, JULIET), (juliet, f"romeo@{HOST}")):
            await client.sees("presence", type="available", sender=other)
            self.assertEqual(list(await client.ask_roster()), [other])

    async def test_unknown_user_is_a_failure_or_an_empty_roster_as_the_option_says(self):
        await self.start(answer("{}", "404 Not Found"), roster_fetch_timeout="1s")
        romeo = await self.make_client("romeo").open()
        self.assertEqual((await self.refused_roster(romeo)).etype, "wait")
        await romeo.close()
        await self.daemon.stop()
        self.daemon.options["roster_404"] = "empty"
        await self.daemon.start()
        romeo = await self.make_client("romeo").open()
        self.assertEqual(await romeo.ask_roster(), {})

    async def test_silent_web_application_costs_a_timeout_and_nobody_else_anything(self):
        silence = Silence(roster())
        await self.start(silence, users=("romeo", "juliet"), roster_fetch_timeout="1s")
        self.back_end.answers["/contacts/juliet"] = roster()
        romeo = await self.make_client("romeo").open()
        juliet = await self.log_in("juliet")
        juliet.send_message(f"juliet@{HOST}", "still here", mtype="chat")
        await juliet.sees("message", body="still here")
        self.assertEqual((await self.refused_roster(romeo)).condition, "remote-server-timeout")
        silence.release()

    async def test_same_origin_redirect_is_followed(self):
        await self.start(redirect("/elsewhere"))
        self.back_end.answers["/elsewhere"] = roster(JULIET)
        romeo = await self.make_client("romeo").open()
        self.assertEqual(list(await romeo.ask_roster()), [JULIET])

    async def test_connections_to_the_web_application_are_kept(self):
        await self.start(roster())
        romeo = await self.log_in("romeo")
        for _ in range(5):
            await self.refresh("romeo")
        await romeo.close()
        self.assertEqual(self.back_end.connections, 1)

    async def test_request_is_the_one_that_prosodys_module_sends(self):
        await self.start(roster())
        await self.log_in("romeo")
        head = self.back_end.heads[0].lower()
        self.assertTrue(head.startswith("get /contacts/romeo http/1.1\r\n"))
        self.assertIn(f"\r\nhost: 127.0.0.1:{self.back_end.port}\r\n", head)
        self.assertIn("\r\naccept: application/json", head)
        self.assertIn("\r\nuser-agent: rosterd/", head)


class HttpsBackEndTest(EndToEndTest):
    async def login_over(self, certificate, trust):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate.certificate, certificate.key)
        back_end = await BackEnd().start(tls=context)
        self.addAsyncCleanup(back_end.stop)
        back_end.answers = {PATH: roster(JULIET)}
        self.make_daemon(
            http_roster_url=f"https://localhost:{back_end.port}/contacts/%s",
            http_ca_file=trust,
            roster_fetch_timeout="1s",
        )
        await self.start_daemon("romeo")
        return await self.make_client("romeo").open()

    async def test_trusted_certificate_is_accepted(self):
        certificate = make_certificate(self.folder, "localhost")
        romeo = await self.login_over(certificate, certificate.certificate)
        self.assertEqual(list(await romeo.ask_roster()), [JULIET])

    async def test_certificate_of_a_stranger_is_refused(self):
        certificate = make_certificate(self.folder, "localhost")
        trusted = make_certificate(self.folder, "localhost", stem="trusted")
        romeo = await self.login_over(certificate, trusted.certificate)
        with self.assertRaises(IqError):
            await romeo.get_roster(timeout=20)

    async def test_certificate_of_another_name_is_refused(self):
        certificate = make_certificate(self.folder, "elsewhere.test")
        romeo = await self.login_over(certificate, certificate.certificate)
        with self.assertRaises(IqError):
            await romeo.get_roster(timeout=20)


class FileRosterTest(EndToEndTest):
    def write_roster(self, user, *contacts):
        path = self.folder / "rosters" / f"{user}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({contact: {} for contact in contacts}))

    async def test_rosters_come_from_files_and_refresh_reads_them_again(self):
        self.write_roster("romeo", JULIET)
        self.write_roster("r2%2Bd2%23%25", JULIET)
        self.make_daemon(http_roster_url=f"file://{self.folder}/rosters/%s.json")
        await self.start_daemon("romeo", "r2+d2#%")
        romeo = await self.log_in("romeo")
        self.assertEqual(list(await romeo.ask_roster()), [JULIET])
        self.write_roster("romeo", JULIET, f"mercutio@{HOST}")
        self.assertEqual((await self.refresh("romeo"))[1]["updated"], 1)
        await romeo.sees("push", jid=f"mercutio@{HOST}")
        robot = await self.make_client("r2+d2#%").open()
        self.assertEqual(list(await robot.ask_roster()), [JULIET])


if __name__ == "__main__":
    unittest.main()
