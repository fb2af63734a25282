#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Logins by what says itself whose it is: tokens (OAUTHBEARER, X-OAUTH2) and a browser's cookie
(EXTERNAL), by the web application's word."""

import base64
import unittest

from harness.backend import answer, roster
from harness.bosh import Bosh, write_body
from harness.case import HOST, EndToEndTest

PAGE = "https://app.test"
COOKIE = "sid=7; theme=dark"
EXTERNAL = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>"
OFFERED = "<mechanism>EXTERNAL</mechanism>"


class EvidenceTest(EndToEndTest):
    async def start(self, auth, **options):
        back_end = await self.start_back_end()
        url = f"http://127.0.0.1:{back_end.port}"
        back_end.answers = {"/contacts/romeo": roster(f"juliet@{HOST}")}
        self.make_daemon(
            http_roster_url=f"{url}/contacts/%s", auth=auth, http_origins=[PAGE],
            **{name: url + path for name, path in options.items()},
        )  # fmt: skip
        return await self.start_daemon()

    # --- cookies ---------------------------------------------------------------------------------

    async def start_with_cookies(self):
        await self.start("cookie", http_cookie_auth_url="/whose")
        self.back_end.answers["/whose"] = answer("romeo", "200 OK", "Content-Type: text/plain")

    async def open_page(self, **fields):
        raw = await self.open_raw_websocket()
        self.assertIn("101 Switching Protocols", await raw.shake_hands(**fields))
        return raw, (await raw.open_stream())[1]

    async def test_cookie_of_a_named_page_logs_in_over_websocket(self):
        await self.start_with_cookies()
        raw, features = await self.open_page(Origin=PAGE, Cookie=COOKIE)
        self.assertIn(OFFERED, features)
        self.assertNotIn("PLAIN", features)
        await raw.send_text(EXTERNAL)
        self.assertIn("<success", await raw.read_text())
        self.assertIn(f"Cookie: {COOKIE}\r\n", self.back_end.heads[0])
        self.assertFalse(self.daemon.log.find(lambda line: "sid=7" in line))

    async def test_cookie_of_a_named_page_logs_in_over_bosh(self):
        await self.start_with_cookies()
        bosh = Bosh(self.daemon.http_port, HOST)
        self.addAsyncCleanup(bosh.close)
        opening = write_body(bosh.rid, to=HOST, ver="1.6", wait=60, hold=1, xmpp_version="1.0")
        opened = await bosh.ask_raw(opening, Origin=PAGE, Cookie=COOKIE)
        bosh.sid = opened.get("sid")
        self.assertIn(OFFERED, opened.text)
        self.assertIn("<success", (await bosh.ask(EXTERNAL)).text)

    async def test_page_without_origin_or_cookie_cannot_log_in_by_it(self):
        await self.start_with_cookies()
        for fields in ({"Cookie": COOKIE}, {"Origin": PAGE}):
            raw, features = await self.open_page(**fields)
            self.assertNotIn("EXTERNAL", features)
            await raw.send_text(EXTERNAL)
            self.assertIn("<invalid-mechanism", await raw.read_text())

    async def test_cookie_that_is_nobodys_is_refused_and_a_failing_app_is_told_from_it(self):
        await self.start_with_cookies()
        for status, condition in (("403 Forbidden", "not-authorized"),
                                  ("500 Oops", "temporary-auth-failure")):  # fmt: skip
            self.back_end.answers["/whose"] = answer("", status)
            raw, _ = await self.open_page(Origin=PAGE, Cookie=COOKIE)
            await raw.send_text(EXTERNAL)
            self.assertIn(f"<{condition}", await raw.read_text())

    # --- tokens ----------------------------------------------------------------------------------

    async def start_with_tokens(self, name="romeo"):
        await self.start("userinfo", userinfo_url="/me")
        self.back_end.answers["/me"] = answer(f'{{"preferred_username":"{name}"}}')

    async def test_token_logs_in_by_either_mechanism(self):
        await self.start_with_tokens()
        for mechanism, message in (("OAUTHBEARER", b"n,,\x01auth=Bearer t0.k\x01\x01"),
                                   ("X-OAUTH2", b"\0romeo\0t0.k")):  # fmt: skip
            with self.subTest(mechanism):
                raw = await self.open_raw_xmpp(tls=True)
                self.assertNotIn("SCRAM", await raw.features())
                encoded = base64.b64encode(message).decode()
                await raw.send(
                    f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='{mechanism}'>"
                    f"{encoded}</auth>"
                )
                await raw.read_until("<success")
                asked = [head for head in self.back_end.heads if head.startswith("GET /me ")]
                self.assertIn("Authorization: Bearer t0.k\r\n", asked[-1])
        self.assertFalse(self.daemon.log.find(lambda line: "t0.k" in line))

    async def test_strophejs_takes_a_token_for_its_password(self):
        await self.start_with_tokens()
        romeo = self.make_xmppjs(
            "romeo", password="t0.k", program="strophe_client.mjs",
            service=f"http://127.0.0.1:{self.daemon.http_port}/http-bind",
        )  # fmt: skip
        await romeo.log_in()
        await romeo.sees(f"contact juliet@{HOST} both")

    async def test_strophejs_hears_at_once_that_its_token_is_refused(self):
        await self.start_with_tokens()
        self.back_end.answers["/me"] = answer("", "401 No")
        for service in (f"http://127.0.0.1:{self.daemon.http_port}/http-bind",
                        self.daemon.websocket_url):  # fmt: skip
            romeo = self.make_xmppjs(
                "romeo", password="t0.k", program="strophe_client.mjs", service=service)
            await romeo.start()
            await romeo.sees("refused")
        refusals = [line for line in self.daemon.log.entries if "authentication failed" in line]
        self.assertEqual(len(refusals), 2)


if __name__ == "__main__":
    unittest.main()
