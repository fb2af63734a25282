#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The refresh endpoint as web applications, shells and attackers call it."""

import json
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
        status, answer = await self.curl("-d", "[]", "-H", "Rosterd-Atomic: most")
        self.assertEqual((status, answer["status"]), (400, "error"))

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
