#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The refresh endpoint as web applications, shells and attackers call it."""

import asyncio
import json
import ssl
import unittest

from harness.case import HOST, EndToEndTest
from harness.process import free_port, run


class RefreshHttpTest(EndToEndTest):
    async def curl(self, *arguments, path="", url=None):
        """Status and JSON of curl's answer."""
        url = url or self.daemon.refresh_url + path
        status, out, err = await run(
            *("curl", "-s", "-S", "--max-time", "20", "-w", "\n%{http_code}"), *arguments, url
        )
        self.assertEqual(status, 0, err)
        body, _, code = out.rpartition("\n")
        return int(code), json.loads(body)

    def assert_refused(self, answer, status):
        self.assertEqual(answer[0], status, answer)
        self.assertEqual(answer[1]["status"], "error")
        self.assertTrue(answer[1]["message"])

    async def test_curl_refreshes_with_any_content_type_and_any_host(self):
        await self.start_scene("romeo")
        wanted = {"status": "ok", "message": "roster update complete", "updated": 1, "errors": 0}
        for arguments in (
            ["-d", '["romeo"]'],  # curl says application/x-www-form-urlencoded
            ["-d", '["romeo"]', "-H", "Content-Type: application/json"],
            ["-d", '["romeo"]', "-H", "Content-Type:"],
            ["-d", '["romeo"]', "-H", "Host: chat.example.net"],
            ["-d", '["romeo"]', "-H", "Transfer-Encoding: chunked"],
            ["-d", '["romeo"]', "-H", "Expect: 100-continue"],
            ["-d", ' [ "romeo" ] \n', "--http1.0"],
            ["-d", f'["romeo@{HOST}"]'],
        ):
            with self.subTest(arguments):
                self.assertEqual(await self.curl(*arguments), (200, wanted))

    async def test_counts_are_those_of_the_elements(self):
        await self.start_scene("romeo")
        for body, updated in (("[]", 0), ('["romeo","romeo","nobody"]', 3)):
            with self.subTest(body):
                status, answer = await self.curl("-d", body)
                counts = (answer["status"], answer["updated"], answer["errors"])
                self.assertEqual((status, *counts), (200, "ok", updated, 0))

    async def test_get_refreshes_one_user(self):
        await self.start_scene("romeo", "r2+d2#%")
        for path in ("/romeo", "/r2%2Bd2%23%25"):
            with self.subTest(path):
                wanted = {"status": "ok", "message": "roster update complete"}
                self.assertEqual(await self.curl(path=path), (200, wanted))

    async def test_curl_brings_rosters_patches_and_edges(self):
        await self.start_scene("romeo", "juliet")
        romeo = await self.log_in("romeo")
        delta = {"user": "romeo", "roster": {f"juliet@{HOST}": {"name": "Juliet"}}, "etag": '"v1"'}
        patch = {"user": "romeo", "patch": {f"juliet@{HOST}": "Jules"}, "if": '"v1"'}
        for element, name in ((delta, "Juliet"), (patch, "Jules")):
            status, answer = await self.curl("-d", json.dumps([element]))
            self.assertEqual((status, answer["updated"], answer["errors"]), (200, 1, 0))
            await romeo.sees("push", jid=f"juliet@{HOST}", name=name)
        edge = {"a": "juliet", "b": "romeo", "subscription": "remove"}
        status, answer = await self.curl(
            "-d", json.dumps([edge]), url=self.daemon.refresh_url.replace("refresh", "edges")
        )
        self.assertEqual((status, answer["message"], answer["updated"]), (200, "edges applied", 1))
        await romeo.sees("push", jid=f"juliet@{HOST}", subscription="remove")

    async def test_refresh_can_be_answered_at_once_or_be_all_or_nothing(self):
        await self.start_scene("romeo")
        accepted = {"status": "ok", "message": "accepted"}
        answer = await self.curl("-d", '["romeo"]', "-H", "Prefer: respond-async")
        self.assertEqual(answer, (202, accepted))
        status, answer = await self.curl("-d", '["romeo"]', "-H", "Rosterd-Atomic: all")
        self.assertEqual((status, answer["updated"]), (200, 1))
        self.assert_refused(await self.curl("-d", "[]", "-H", "Rosterd-Atomic: most"), 400)

    async def test_bodies_that_are_no_list_of_names_are_refused(self):
        await self.start_scene("romeo")
        for body in ("", "[", '["romeo"', '{"romeo":1}', '"romeo"', "[1]", "[null]", '["a"] x',
                     '["a b"]', '["\ud800"]', "[" * 1000):  # fmt: skip
            with self.subTest(body):
                raw = body.encode("utf-8", "surrogatepass")
                data = self.folder / "body"
                data.write_bytes(raw)
                self.assert_refused(await self.curl("--data-binary", f"@{data}"), 400)

    async def test_other_methods_and_paths_are_refused(self):
        await self.start_scene("romeo")
        self.assert_refused(await self.curl("-X", "DELETE"), 405)
        self.assert_refused(await self.curl("-X", "GET"), 405)
        self.assert_refused(await self.curl("-d", "[]", path="/romeo"), 405)
        self.assert_refused(await self.curl(path="-nothing"), 404)

    async def test_body_over_the_limit_is_refused_before_it_is_read(self):
        await self.start_scene("romeo")
        head = "POST /roster_admin/refresh HTTP/1.1\r\nHost: x\r\nContent-Length: 99000000\r\n\r\n"
        self.assertIn("413", (await self.send_raw_http(head)).split("\r\n")[0])

    async def test_half_closed_client_gets_its_answer(self):
        await self.start_scene("romeo")
        raw = await self.open_raw_http()
        head = "POST /roster_admin/refresh HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"
        await raw.send(head + '["romeo"]')
        raw.half_close()
        self.assertIn('"updated":1', await raw.read_all())

    async def test_requests_of_one_connection_are_answered_in_order(self):
        await self.start_scene("romeo")
        requests = "".join(
            f"POST /roster_admin/refresh HTTP/1.1\r\nHost: x\r\nContent-Length: {len(b)}\r\n"
            f"{fields}\r\n{b}"
            for b, fields in (('["romeo"]', ""), ("nonsense", ""), ("[]", "Connection: close\r\n"))
        )
        answers = await self.send_raw_http(requests)
        codes = [part[:3] for part in answers.split("HTTP/1.1 ")[1:]]
        self.assertEqual(codes, ["200", "400", "200"])

    async def test_https_port_answers_with_the_host_certificate(self):
        port = free_port()
        await self.start_scene("romeo", https_port=port)
        certificate = self.daemon.hosts[HOST].certificate
        answer = await self.curl(
            *("-d", '["romeo"]', "--cacert", certificate, "--resolve", f"{HOST}:{port}:127.0.0.1"),
            url=f"https://{HOST}:{port}/roster_admin/refresh",
        )
        self.assertEqual((answer[0], answer[1]["updated"]), (200, 1))

    async def test_plain_http_to_the_https_port_harms_nobody(self):
        port = free_port()
        await self.start_scene("romeo", https_port=port)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        try:
            await asyncio.wait_for(reader.read(), 20)
        except (ConnectionError, ssl.SSLError):
            pass
        writer.close()
        self.assertEqual((await self.refresh("romeo"))[0], 200)

    async def test_smuggling_shapes_and_bad_heads_are_refused_and_others_served(self):
        await self.start_scene("romeo")
        post = "POST /roster_admin/refresh HTTP/1.1\r\n"
        host = "Host: x\r\n"
        cases = {
            "two lengths": (post + host + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n[]", 400),
            "length and chunked": (
                post + host + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                400,
            ),
            "signed length": (post + host + "Content-Length: +2\r\n\r\n[]", 400),
            "length list": (post + host + "Content-Length: 2, 2\r\n\r\n[]", 400),
            "unknown coding": (post + host + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
            "coding in 1.0": (
                post.replace("1.1", "1.0") + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                400,
            ),
            "folded field": (post + host + "X: a\r\n Content-Length: 2\r\n\r\n[]", 400),
            "space before colon": (post + "Host : x\r\nContent-Length: 2\r\n\r\n[]", 400),
            "bare return": (post + host + "X: \rContent-Length: 2\r\n\r\n[]", 400),
            "no host": (post + "Content-Length: 2\r\n\r\n[]", 400),
            "two hosts": (post + host + host + "Content-Length: 2\r\n\r\n[]", 400),
            "no version": ("GET /\r\n\r\n", 505),
            "version 2": ("GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505),
            "long target": ("GET /" + "a" * 9000 + " HTTP/1.1\r\nHost: x\r\n\r\n", 414),
            "long head": (post + host + "X: " + "a" * 70_000 + "\r\n\r\n", 431),
            "many fields": (post + host + "X: a\r\n" * 500 + "\r\n", 431),
            "no http at all": ("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        }
        for name, (data, status) in cases.items():
            with self.subTest(name):
                raw = await self.open_raw_http()
                await raw.send(data)
                self.assertIn(f"HTTP/1.1 {status} ", await raw.read_until("\r\n"))
                self.assertEqual((await self.refresh("romeo"))[0], 200)

    async def test_bare_line_feeds_never_let_a_second_request_in(self):
        await self.start_scene("romeo")
        answer = await self.send_raw_http(
            "GET /nothing HTTP/1.1\nHost: x\nConnection: close\n\n"
            "POST /roster_admin/refresh HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n[]"
        )
        self.assertNotIn("200", answer.split("\r\n")[0])
        self.assertNotIn("roster update complete", answer)


if __name__ == "__main__":
    unittest.main()
