#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The example web application lets its own users in: rosterd asks it, or trusts its tokens."""

import asyncio
import json
import unittest

from harness.case import HOST, EndToEndTest, password_of
from harness.client import LoginFailed
from harness.webapp import http

SECRET = "a secret of the web application, for tokens"


class AppLoginsTest(EndToEndTest):
    async def start_app(self, auth, **options):
        app = self.make_web_app()
        if auth != "jwt":
            options["http_auth_url"] = app.auth_url
        self.make_daemon(http_roster_url=app.roster_url, auth=auth, **options)
        await app.start("romeo", jwt_secret=SECRET, passwords={"romeo": password_of("romeo")})
        self._journals.append(app.log)
        await self.start_daemon()

    async def ask_token(self):
        url = self.web_app.url + "/chat/romeo/login"
        status, body = await asyncio.to_thread(http, "GET", url)
        self.assertEqual(status, 200, body)
        login = json.loads(body)
        self.assertEqual(login["jid"], f"romeo@{HOST}")
        return login["password"]

    async def check_asked(self, auth):
        await self.start_app(auth)
        romeo = await self.log_in("romeo")
        self.assertEqual(romeo.boundjid.bare, f"romeo@{HOST}")
        await romeo.close()
        await (await self.log_in("romeo", password=await self.ask_token())).close()
        for user, password in (("romeo", "wrong"), ("nobody", password_of("romeo"))):
            with self.assertRaises(LoginFailed):
                await self.log_in(user, password=password)

    async def test_http_basic_asks_the_application(self):
        await self.check_asked("http-basic")

    async def test_http_json_asks_the_application(self):
        await self.check_asked("http-json")

    async def test_jwt_trusts_what_the_application_has_signed(self):
        secret = self.folder / "jwt-secret"
        secret.write_text(SECRET)
        await self.start_app("jwt", jwt_secret_file=secret)
        token = await self.ask_token()
        romeo = await self.log_in("romeo", password=token)
        self.assertEqual(romeo.boundjid.bare, f"romeo@{HOST}")
        head, claims, signature = token.split(".")
        other = "A" if signature[0] != "A" else "B"
        for wrong in (password_of("romeo"), f"{head}.{claims}.{other}{signature[1:]}"):
            with self.assertRaises(LoginFailed):
                await self.log_in("romeo", password=wrong)


if __name__ == "__main__":
    unittest.main()
