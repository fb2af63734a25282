#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The example web application by itself: what people and rosterd get from it."""

import asyncio
import hashlib
import hmac
import json
import time
import unittest
import urllib.parse
import urllib.request

from harness.case import HOST, EndToEndTest
from harness.process import free_port
from harness.webapp import http


SECRET = "s3cret"
WEBSOCKET = "ws://127.0.0.1:5280/xmpp-websocket"


def there(user, resource, show=None):
    event = {"type": "presence", "user": user, "resource": resource, "available": True}
    return {**event, "show": show} if show else event


class WebAppTest(EndToEndTest):
    async def asyncSetUp(self):
        await super().asyncSetUp()
        nobody = f"http://127.0.0.1:{free_port()}/roster_admin/refresh"
        await self.make_web_app().start(
            "romeo",
            "juliet",
            "zoë",
            refresh_url=nobody,
            secret=SECRET,
            converse=self.make_converse(),
            websocket_url=WEBSOCKET,
        )
        self._journals.append(self.web_app.log)

    def make_converse(self):
        """What looks like converse.js to the web application."""
        (self.folder / "converse.js/dist/images").mkdir(parents=True)
        (self.folder / "converse.js/package.json").write_text("{}")
        (self.folder / "converse.js/dist/converse.min.js").write_text("'ö'")
        (self.folder / "converse.js/dist/images/logo.svg").write_text("<svg/>")
        return self.folder / "converse.js"

    async def ask(self, method, path, body=None, **fields):
        data = body.encode() if body is not None else None
        url = self.web_app.url + urllib.parse.quote(path, safe="/%")
        return await asyncio.to_thread(http, method, url, data, fields)

    async def test_contacts_are_what_rosterd_expects(self):
        await self.web_app.befriend("romeo", "zoë")
        await self.web_app.change("romeo", "zoë", name="Z", groups=["A", ""], subscription="to")
        status, body = await self.ask("GET", "/contacts/romeo")
        wanted = {f"zoë@{HOST}": {"name": "Z", "groups": ["A"], "subscription": "to"}}
        self.assertEqual((status, json.loads(body)), (200, wanted))
        status, body = await self.ask("GET", "/contacts/zoë")
        wanted = {f"romeo@{HOST}": {"name": "Romeo", "groups": [], "subscription": "both"}}
        self.assertEqual((status, json.loads(body)), (200, wanted))
        for path in ("/contacts/nobody", "/contacts/a%40b", "/contacts/", "/contacts/a/b"):
            self.assertEqual((await self.ask("GET", path))[0], 404, path)

    async def test_change_stands_and_the_page_says_so_when_rosterd_is_down(self):
        said = await self.web_app.befriend("romeo", "juliet")
        self.assertEqual(said["users"], ["romeo", "juliet"])
        self.assertIn("cannot be reached", said["error"])
        page = (await self.ask("GET", "/users/romeo"))[1]
        self.assertIn("cannot be reached", page)
        self.assertIn("Juliet", page)

    async def test_forms_do_what_the_api_does(self):
        romeo = "/users/romeo"
        await self.ask("POST", romeo + "/friends", "friend=juliet")
        await self.ask("POST", romeo + "/friends/juliet", "name=J&groups=B,+A&subscription=from")
        status, body = await self.ask("GET", "/api/friends/romeo")
        wanted = {"friend": "juliet", "name": "J", "groups": ["A", "B"], "subscription": "from"}
        self.assertEqual((status, json.loads(body)), (200, [wanted]))
        await self.ask("POST", romeo + "/friends/juliet/unfriend", "")
        self.assertEqual(json.loads((await self.ask("GET", "/api/friends/romeo"))[1]), [])

    async def tell(self, seq, *events, boot="b1", sign=True, **more):
        """Posts a batch of events as rosterd does. Returns the status."""
        events = [{"host": HOST, **event} for event in events]
        body = json.dumps(
            {"v": 1, "node": "n", "boot": boot, "seq": seq, "events": events, **more}
        ).encode()
        now = int(time.time())
        signed = f"{now}.POST./chat/events.".encode() + body
        mac = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
        fields = {"Rosterd-Signature": f"t={now},k=x,v1={mac if sign else 'f' * 64}"}
        return (await self.ask("POST", "/chat/events", body.decode(), **fields))[0]

    async def test_dots_follow_the_events(self):
        await self.web_app.befriend("romeo", "juliet")
        self.assertEqual(await self.tell(1, {"type": "user.online", "user": "juliet"}), 200)
        self.assertEqual(await self.web_app.online(), {})
        await self.tell(2, there("juliet", "a", "away"), there("juliet", "b"), there("zoë", "c"))
        self.assertEqual(await self.web_app.online(), {"juliet": "", "zoë": ""})
        page = (await self.ask("GET", "/users/romeo"))[1]
        self.assertIn('title="online"></span><b>Juliet', page)
        await self.tell(5, {"type": "presence", "user": "juliet", "resource": "b",
                            "available": False})  # fmt: skip
        self.assertEqual(await self.web_app.online(), {"juliet": "away", "zoë": ""})
        await self.tell(6, {"type": "gap", "lost": 3}, there("romeo", "d", "dnd"))
        self.assertEqual(await self.web_app.online(), {"romeo": "dnd"})

    async def test_repeated_events_count_once_and_a_new_boot_begins_anew(self):
        await self.tell(1, there("juliet", "a"))
        await self.tell(2, there("juliet", "a", "away"))
        await self.tell(1, there("juliet", "a"))
        self.assertEqual(await self.web_app.online(), {"juliet": "away"})
        await self.tell(1, there("romeo", "a"), boot="b2")
        self.assertEqual(await self.web_app.online(), {"romeo": ""})

    async def test_events_that_rosterd_did_not_sign_or_write_are_refused(self):
        self.assertEqual(await self.tell(1, there("juliet", "a"), sign=False), 403)
        self.assertEqual(await self.tell(1), 400)
        self.assertEqual(await self.tell(1, {"type": "presence"}), 400)
        self.assertEqual(await self.tell("x", there("juliet", "a")), 400)
        self.assertEqual(await self.web_app.online(), {})

    async def test_whatever_a_user_types_is_shown_as_text(self):
        await self.web_app.befriend("romeo", "juliet")
        evil = "<script>alert('x')</script>\"&"
        await self.web_app.change("romeo", "juliet", name=evil, groups=[evil])
        page = (await self.ask("GET", "/users/romeo"))[1]
        self.assertNotIn("<script", page)
        self.assertIn("&lt;script&gt;", page)

    async def test_wishes_that_cannot_be_granted_are_refused_with_a_reason(self):
        friend = "/api/friends/romeo/juliet"
        cases = [
            ("PUT", "/api/friends/romeo/romeo", None, 400),
            ("PUT", "/api/friends/romeo/nobody", None, 404),
            ("DELETE", friend, None, 404),
            ("PATCH", friend, '{"name": 7}', 400),
            ("PATCH", friend, "nonsense", 400),
            ("PATCH", friend, "[]", 400),
            ("POST", "/api/users", '{"name": "romeo"}', 409),
            ("POST", "/api/users", '{"name": "a b"}', 400),
            ("DELETE", "/api/users", None, 405),
            ("GET", "/api/nothing", None, 404),
        ]
        for method, path, body, wanted in cases:
            with self.subTest(method=method, path=path, body=body):
                status, text = await self.ask(method, path, body)
                self.assertEqual(status, wanted)
                self.assertTrue(json.loads(text)["error"])

    async def test_buttons_of_other_sites_do_not_work(self):
        status, _ = await self.ask("PUT", "/api/friends/romeo/juliet", Origin="http://evil.test")
        self.assertEqual(status, 403)
        status, _ = await self.ask("PUT", "/api/friends/romeo/juliet", Origin=self.web_app.url)
        self.assertEqual(status, 200)

    # --- the chat page; test_browser.py looks at it as people do ---------------------------------

    async def test_chat_page_is_allowed_scripts_and_the_other_pages_are_not(self):
        policies = {}
        for path in ("/", "/users/romeo", "/chat", "/chat/romeo"):
            reply = await asyncio.to_thread(urllib.request.urlopen, self.web_app.url + path)
            with reply:
                policies[path] = reply.headers["Content-Security-Policy"]
        self.assertNotIn("script-src", policies["/"] + policies["/users/romeo"])
        self.assertIn("script-src 'self';", policies["/chat"])
        self.assertIn("frame-ancestors 'none'", policies["/chat"])
        self.assertIn("connect-src 'self' ws://127.0.0.1:5280;", policies["/chat/romeo"])
        self.assertIn("frame-ancestors 'self'", policies["/chat/romeo"])

    async def test_files_of_the_chat_page_are_served_and_nothing_beside_them(self):
        self.assertEqual(await self.ask("GET", "/converse/converse.min.js"), (200, "'ö'"))
        self.assertEqual(await self.ask("GET", "/converse/images/logo.svg"), (200, "<svg/>"))
        self.assertEqual((await self.ask("GET", "/assets/chat.js"))[0], 200)
        for path in (
            "/converse/",
            "/converse/images",
            "/converse/../package.json",
            "/converse/%2e%2e/package.json",
            "/assets/../server.py",
            "/assets/..%2fserver.py",
            "/assets//etc/passwd",
        ):
            self.assertEqual((await self.ask("GET", path))[0], 404, path)

    async def test_login_is_for_pages_of_this_machine_and_users_that_there_are(self):
        for status, path, fields in (
            (403, "/chat/romeo/login", {"Host": "friends.example"}),
            (403, "/chat/romeo/login", {"Host": "["}),
            (403, "/chat/romeo/login", {"Sec-Fetch-Site": "cross-site"}),
            (404, "/chat/nobody/login", {}),
            (503, "/chat/romeo/login", {}),  # as nobody is there to give a token
        ):
            with self.subTest(path=path, fields=fields):
                got, text = await self.ask("GET", path, **fields)
                self.assertEqual(got, status)
                self.assertTrue(json.loads(text)["error"])

    async def test_pane_of_nobody_is_not_there(self):
        self.assertEqual((await self.ask("GET", "/chat/nobody"))[0], 404)

    async def test_table_has_each_pair_of_users_with_what_they_call_each_other(self):
        await self.web_app.befriend("romeo", "zoë")
        await self.web_app.change("zoë", "romeo", name="<Romeo>", groups=["A", "B"])
        table = (await self.ask("GET", "/chat/table"))[1]
        self.assertIn('aria-label="romeo and juliet"', table)
        self.assertIn('aria-label="romeo and zoë"', table)
        self.assertIn('value="&lt;Romeo&gt;" aria-label="zoë’s name for romeo"', table)
        self.assertIn('value="A, B"', table)
        self.assertEqual(table.count("Befriend"), 2)


if __name__ == "__main__":
    unittest.main()
