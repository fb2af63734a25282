#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Accounts that are with the web application: nginx and PHP, asked by the protocols of today's
modules, with slixmpp logging in; and one that answers as it is told."""

import hmac
import json
import unittest

from harness.backend import answer
from harness.case import HOST, EndToEndTest, password_of
from harness.client import LoginFailed
from harness.php import PhpSite

OUTAGE = "the web application fails, only probes are sent"
OVER = "the web application answers again"


class AccountsCase(EndToEndTest):
    async def assert_refused(self, why, user="romeo", **more):
        """The condition, as the client saw it."""
        client = self.make_client(user, **more)
        failures = []
        client.add_event_handler("failed_auth", lambda stanza: failures.append(stanza["condition"]))
        with self.assertRaises(LoginFailed):
            await client.open()
        self.assertIn(why, failures)


class AccountsTest(AccountsCase):
    async def start_site(self, kind, path, roster="/contacts/%s", **options):
        self.site = PhpSite(self.folder, "accounts.php", self._journals)
        self.addAsyncCleanup(self.site.stop)
        await self.site.start()
        self.make_daemon(
            auth=kind,
            http_auth_url=self.site.url + path,
            http_roster_url=self.site.url + roster,
            **options,
        )
        await self.start_daemon()

    def log_lines(self, part):
        return [line for line in self.daemon.log.entries if part in line]

    async def check_back_end(self, mechanism="PLAIN"):
        """Right and wrong passwords; and the web application goes and comes back."""
        romeo = await self.log_in("romeo", mechanism=mechanism)
        self.assertEqual(romeo.boundjid.bare, f"romeo@{HOST}")
        await romeo.close()
        for user, password in (("romeo", "wrong"), ("tybalt", "secret of tybalt")):
            how = {"mechanism": mechanism, "password": password}
            await self.assert_refused("not-authorized", user, **how)
        await self.site.stop_php()
        for _ in range(7):
            await self.assert_refused("temporary-auth-failure", mechanism=mechanism)
        self.assertEqual(len(self.log_lines(OUTAGE)), 1)
        await self.site.start_php()
        await self.log_in_when_it_is_back(mechanism)
        self.assertEqual(len(self.log_lines(OVER)), 1)
        told = "".join(self.daemon.log.entries)
        for secret in (password_of("romeo"), "secret+of", "secret%20of", "pass="):
            self.assertNotIn(secret, told)

    async def log_in_when_it_is_back(self, mechanism):
        """The breaker lets a probe through after a while."""
        while not self.log_lines(OVER):
            try:
                await (await self.log_in("romeo", mechanism=mechanism)).close()
            except LoginFailed:
                pass
        await self.log_in("juliet", mechanism=mechanism)

    async def test_http_basic(self):
        await self.start_site("http-basic", "/basic")
        await self.check_back_end()

    async def test_http_json(self):
        await self.start_site("http-json", "/json")
        await self.check_back_end()

    async def test_http_mongoose_by_plain(self):
        await self.start_site("http-mongoose", "/mongoose")
        await self.check_back_end()

    async def test_http_mongoose_by_keys_of_the_application(self):
        await self.start_site("http-mongoose", "/mongoose", auth_scram=["SHA-256", "SHA-1"])
        await self.check_back_end("SCRAM-SHA-256-PLUS")
        await self.log_in("romeo", mechanism="SCRAM-SHA-1-PLUS")

    async def test_clients_take_the_strongest_hash_of_which_the_application_has_keys(self):
        await self.start_site("http-mongoose", "/mongoose")
        hashes = []
        for strongest in ("SHA-1", "SHA-256", "SHA-512"):
            hashes.append(strongest)
            with self.subTest(strongest):
                await self.reload(auth_scram=hashes)
                for client in (self.make_strophe("romeo"), self.make_strophejs("juliet")):
                    await client.log_in()
                for suffix in ("-PLUS", ""):
                    used = self.log_lines(f" mechanism=SCRAM-{strongest}{suffix} ")
                    self.assertEqual(len(used), 1)

    def make_strophejs(self, user):
        url = f"http://127.0.0.1:{self.daemon.http_port}/http-bind"
        return self.make_xmppjs(user, program="strophe_client.mjs", service=url)

    async def test_http_mongoose_by_passwords_in_the_clear(self):
        await self.start_site("http-mongoose", "/clear", auth_scram=["SHA-256"])
        await self.log_in("romeo", mechanism="SCRAM-SHA-256-PLUS")
        await self.assert_refused(
            "not-authorized", mechanism="SCRAM-SHA-256-PLUS", password="wrong"
        )
        await self.assert_refused("not-authorized", "tybalt", mechanism="SCRAM-SHA-256-PLUS")

    async def test_jsxc_has_accounts_and_rosters(self):
        jsxc = {"http_roster_format": "jsxc", "jsxc_secret": "API secret"}
        await self.start_site("jsxc", "/jsxc", roster="/jsxc", **jsxc)
        romeo = await self.log_in("romeo")
        ((contact, item),) = (await romeo.ask_roster()).items()
        self.assertEqual((contact, item["name"]), (f"juliet@{HOST}", "Juliet"))
        self.assertEqual((item["subscription"], item["groups"]), ("both", ["Verona"]))
        await self.log_in("juliet")
        await romeo.sees("presence", sender=f"juliet@{HOST}")
        self.assertEqual(await self.refresh("romeo"), (200, {
            "status": "ok", "message": "roster update complete", "updated": 1, "errors": 0}))

    async def test_jsxc_that_believes_nobody_is_an_outage(self):
        jsxc = {"http_roster_format": "jsxc", "jsxc_secret": "another"}
        await self.start_site("jsxc", "/jsxc", roster="/jsxc", **jsxc)
        await self.assert_refused("temporary-auth-failure")

    async def test_roster_comes_with_the_login(self):
        # There is no roster where it would be fetched from.
        await self.start_site("http-json", "/json-with-roster", roster="/nowhere/%s")
        romeo = await self.make_client("romeo").open()
        self.assertEqual(list(await romeo.ask_roster()), [f"juliet@{HOST}"])

    async def test_connection_refused_is_no_wrong_password(self):
        await self.start_site("http-basic", "/basic")
        await self.site.stop_nginx()
        await self.assert_refused("temporary-auth-failure")
        await self.site.start_nginx()
        await self.log_in("romeo")

    async def test_scram_is_offered_only_where_it_can_succeed(self):
        await self.start_site("http-basic", "/basic")
        raw = await self.open_raw_xmpp(tls=True)
        features = await raw.features()
        self.assertIn("<mechanism>PLAIN</mechanism>", features)
        self.assertNotIn("SCRAM", features)

    async def test_reload_moves_accounts_to_the_application(self):
        await self.start_site("http-basic", "/basic")
        await self.reload(auth="accounts")
        await self.assert_refused("not-authorized")
        await self.reload(auth="http-json", http_auth_url=self.site.url + "/json")
        await self.log_in("romeo")


class OtherKindsTest(AccountsCase):
    """The web application is one that answers as it is told."""

    async def start(self, **options):
        back_end = await self.start_back_end()
        self.url = f"http://127.0.0.1:{back_end.port}"
        back_end.answers["/contacts/romeo"] = answer("{}")
        here = {name: value.replace("APP", self.url) if isinstance(value, str) else value
                for name, value in options.items()}  # fmt: skip
        self.make_daemon(http_roster_url=self.url + "/contacts/%s", **here)
        await self.start_daemon()

    async def test_jsxc(self):
        await self.start(auth="jsxc", http_auth_url="APP/api", jsxc_secret="a key")
        self.back_end.answers["/api"] = answer('{"result":"success","data":{"uid":"romeo"}}')
        await self.log_in("romeo")
        head, _, body = self.back_end.messages[0].partition(b"\r\n\r\n")
        digest = hmac.new(b"a key", body, "sha1").hexdigest()
        self.assertIn(f"X-JSXC-SIGNATURE: sha1={digest}\r\n".encode(), head)
        self.assertIn(b"operation=auth&username=romeo&domain=example.test&password=", body)
        for result, failure in (("noauth", "not-authorized"), ("error", "temporary-auth-failure")):
            self.back_end.answers["/api"] = answer(json.dumps({"result": result}))
            await self.assert_refused(failure)

    async def test_passwords_that_would_cross_the_network_in_the_clear_are_a_warning(self):
        await self.start(auth="http-basic", http_auth_url="http://192.0.2.1/auth")
        await self.daemon.log.wait(
            lambda line: "crosses the network in the clear to=http://192.0.2.1" in line, "it")

    async def log_in_by_cookie(self, cookie):
        """As a page does. What came of it."""
        browser = await self.open_raw_websocket()
        await browser.shake_hands(Origin="https://app.example.org", Cookie=cookie)
        _, features = await browser.open_stream()
        self.assertIn("<mechanism>EXTERNAL</mechanism>", features)
        await browser.send_text(
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>"
        )
        return await browser.read_text()

    async def test_cookie(self):
        await self.start(
            auth="cookie",
            http_cookie_auth_url="APP/whose",
            http_origins=["https://app.example.org"],
            tls_required=False,
        )
        self.back_end.answers["/whose"] = answer("Romeo\n")
        self.assertIn("<success", await self.log_in_by_cookie("sid=7; theme=dark"))
        self.assertIn("\r\nCookie: sid=7; theme=dark\r\n", self.back_end.heads[0])
        await self.back_end.asked("/contacts/romeo")
        for given, failure in ((answer("", "401 No"), "not-authorized"),
                               (answer("romeo@elsewhere.test"), "not-authorized"),
                               (answer("", "500 Oh"), "temporary-auth-failure")):  # fmt: skip
            self.back_end.answers["/whose"] = given
            self.assertIn(f"<{failure}/>", await self.log_in_by_cookie("sid=8"))
        self.assertIn("is of another host", "\n".join(self.daemon.log.entries))

    async def log_in_by_token(self, token):
        raw = await self.open_raw_xmpp(tls=True)
        features = await raw.features()
        self.assertIn("<mechanism>OAUTHBEARER</mechanism>", features)
        self.assertNotIn("SCRAM", features)
        return await raw.show_token(token)

    async def test_userinfo(self):
        await self.start(auth="userinfo", userinfo_url="APP/userinfo", userinfo_field="login")
        self.back_end.answers["/userinfo"] = answer('{"sub":"17","login":"romeo"}')
        self.assertIn("<success", await self.log_in_by_token("t0k3n"))
        self.assertIn("\r\nAuthorization: Bearer t0k3n\r\n", self.back_end.heads[0])
        self.back_end.answers["/userinfo"] = answer("", "401 No")
        self.assertIn("<not-authorized/>", await self.log_in_by_token("t0k3n"))
        self.assertNotIn("t0k3n", "\n".join(self.daemon.log.entries))


if __name__ == "__main__":
    unittest.main()
