#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""examples/snippets: each file of each language, run by its real interpreter against the daemon."""

import asyncio
import json
import os
import pathlib
import re
import sys
import time
import unittest

from harness.case import EndToEndTest
from harness.certificate import make_certificate
from harness.process import Child, free_port, run
from harness.signing import mac
from harness.webapp import http

SNIPPETS = pathlib.Path(__file__).resolve().parents[2] / "examples" / "snippets"
HOST = "example.com"
SECRET = "a secret of both"


def signature(target="/contacts/john", *, method="GET", secret=SECRET, age=0):
    made = int(time.time()) - age
    return f"t={made},v1={mac(made, method, target, b'', secret)}"


class Snippets:
    """The tests, which each language below inherits."""

    interpreter = []
    suffix = ""

    def file(self, name):
        folder = {"py": "python", "php": "php", "mjs": "javascript"}[self.suffix]
        return SNIPPETS / folder / f"{name}.{self.suffix}"

    def serving(self, _port):
        """The command that serves contact lists, and what it says when it does."""
        return [*self.interpreter, self.file("fetch")], "contact lists on port"

    async def serve(self, secret=""):
        """The contact lists that come with the snippets."""
        self.friends = self.folder / "friends.json"
        self.friends.write_text((SNIPPETS / "friends.json").read_text())
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/contacts/"
        command, ready = self.serving(port)
        child = Child("fetch")
        self.addAsyncCleanup(child.stop)
        names = {"PORT": str(port), "FRIENDS": str(self.friends), "ROSTERD_SECRET": secret}
        await child.start(*command, env={**os.environ, **names})
        self._journals.append(child.log)
        await child.wait_line(ready)

    async def start_rosterd(self, *users, **options):
        self.make_daemon(
            {HOST: make_certificate(self.folder, HOST)},
            http_roster_url=self.url + "%s",
            roster_fetch_timeout="1s",
            **options,
        )
        await self.start_daemon(*users)

    async def run_refresh(self, *users, url=None, secret=""):
        """Exit status and what it printed, as JSON."""
        names = {"ROSTERD_URL": url or self.daemon.refresh_url, "ROSTERD_SECRET": secret}
        command = [*self.interpreter, self.file("refresh"), *users]
        status, out, err = await run(*command, env={**os.environ, **names})
        self.assertEqual(err, "")
        return status, json.loads(out)

    async def get(self, user="john", **fields):
        fields = {name.replace("_", "-"): value for name, value in fields.items()}
        return await asyncio.to_thread(http, "GET", self.url + user, None, fields)

    async def test_changed_lists_are_served_refreshed_and_seen(self):
        await self.serve()
        await self.start_rosterd("john", "aaron")
        john, aaron = await self.log_in("john"), await self.log_in("aaron")
        shop, friend = f"shop@{HOST}", f"aaron@{HOST}"
        items = {jid: item["subscription"] for jid, item in (await john.ask_roster()).items()}
        self.assertEqual(items, {friend: "both", shop: "to"})
        await aaron.sees("presence", type="available", sender=f"john@{HOST}")
        self.friends.write_text(json.dumps({"john": {shop: {"name": "Café"}}, "aaron": {}}))
        status, said = await self.run_refresh("john", "aaron")
        self.assertEqual((status, said["updated"], said["errors"]), (0, 2, 0))
        await john.sees("push", jid=friend, subscription="remove")
        await john.sees("push", jid=shop, name="Café", subscription="both")
        await aaron.sees("presence", type="unavailable", sender=f"john@{HOST}")

    async def test_refresh_tells_what_did_not_come_up_to_date(self):
        await self.serve()
        await self.start_rosterd("john", "aaron")
        john, _ = await self.log_in("john"), await self.log_in("aaron")
        friends = json.loads(self.friends.read_text())
        del friends["john"]
        self.friends.write_text(json.dumps(friends))
        status, said = await self.run_refresh("john", "aaron")
        self.assertEqual((status, said["status"], said["errors"]), (1, "ok", 1))
        self.assertEqual(len(await john.ask_roster()), 2)
        status, said = await self.run_refresh("not a name")
        self.assertEqual((status, said["status"]), (1, "error"))
        status, said = await self.run_refresh("john", url=f"http://127.0.0.1:{free_port()}/x")
        self.assertEqual((status, said["status"]), (1, "error"))

    async def test_signed_fetches_and_refreshes_are_accepted_and_unsigned_ones_are_not(self):
        await self.serve(SECRET)
        keys = {"app_auth": [f"hmac:chat:{SECRET}"], "admin_auth": [f"hmac:web:{SECRET}"]}
        await self.start_rosterd("john", **keys)
        self.assertEqual(len(await (await self.log_in("john")).ask_roster()), 2)
        for _ in range(3):  # also in the same second
            status, said = await self.run_refresh("john", secret=SECRET)
            self.assertEqual((status, said["status"], said["updated"]), (0, "ok", 1))
        for secret in ("", "another"):
            status, said = await self.run_refresh("john", secret=secret)
            self.assertEqual((status, said["status"]), (1, "error"))

    async def test_unchanged_list_is_not_sent_again(self):
        await self.serve()
        first, other = await self.fields_of("john"), await self.fields_of("aaron")
        self.assertEqual((first[0], bool(first[2])), (200, True))
        self.assertNotEqual(first[1]["etag"], other[1]["etag"])
        self.assertEqual((await self.fields_of("john"))[1]["etag"], first[1]["etag"])
        again = await self.fields_of("john", If_None_Match=first[1]["etag"])
        self.assertEqual((again[0], again[1]["etag"], again[2]), (304, first[1]["etag"], ""))
        self.assertEqual((await self.fields_of("john", If_None_Match='"v0"'))[0], 200)
        self.assertEqual((await self.get("nobody"))[0], 404)
        self.assertEqual((await self.get("j%6fhn"))[0], 200)

    async def fields_of(self, user, **fields):
        """Status, fields in lower case and body, by curl."""
        lines = [f"-H{name.replace('_', '-')}: {value}" for name, value in fields.items()]
        status, out, err = await run("curl", "-sSi", "--max-time", "20", *lines, self.url + user)
        self.assertEqual(status, 0, err)
        head, _, body = out.partition("\r\n\r\n")
        first, *rest = head.split("\r\n")
        named = dict(line.split(": ", 1) for line in rest)
        code = int(first.split(" ")[1])
        return code, {name.lower(): value for name, value in named.items()}, body

    async def test_only_what_rosterd_signed_is_served(self):
        await self.serve(SECRET)
        self.assertEqual((await self.get(Rosterd_Signature=signature()))[0], 200)
        self.assertEqual((await self.get(Rosterd_Signature=signature(age=290)))[0], 200)
        keyed = signature().replace(",", ",k=chat,")
        self.assertEqual((await self.get(Rosterd_Signature=keyed))[0], 200)
        self.assertEqual((await self.get())[0], 403)
        for bad in (
            "",
            "t=,v1=",
            "v1=" + "0" * 64,
            signature(age=310),
            signature(age=-310),
            signature("/contacts/aaron"),
            signature(method="POST"),
            signature(secret="another"),
            signature()[:-1],
        ):
            with self.subTest(bad):
                self.assertEqual((await self.get(Rosterd_Signature=bad))[0], 403)

    async def test_signature_is_the_one_of_the_protocol(self):
        target, body = "/roster_admin/refresh", '["jörg"]'
        command = [*self.interpreter, self.file("signature"), "POST", target, body]
        status, out, err = await run(*command, env={**os.environ, "ROSTERD_SECRET": SECRET})
        self.assertEqual((status, err), (0, ""))
        made = re.match(r"t=(\d+),", out)[1]
        self.assertEqual(out, f"t={made},v1={mac(made, 'POST', target, body.encode(), SECRET)}\n")
        self.assertLess(abs(int(made) - time.time()), 300)


class PythonTest(Snippets, EndToEndTest):
    interpreter = [sys.executable, "-B"]
    suffix = "py"


class PhpTest(Snippets, EndToEndTest):
    interpreter = ["php"]
    suffix = "php"

    def serving(self, port):
        return ["php", "-S", f"127.0.0.1:{port}", self.file("fetch")], "Development Server"


class JavaScriptTest(Snippets, EndToEndTest):
    interpreter = ["node"]
    suffix = "mjs"


if __name__ == "__main__":
    unittest.main()
