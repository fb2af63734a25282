#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What browsers get from rosterd beside streams: discovery and files, fetched by curl."""

import json
import unittest

from harness.case import HOST, EndToEndTest
from harness.process import run


class PagesTest(EndToEndTest):
    async def start_pages(self, **options):
        self.www = self.folder / "www"
        (self.www / "chat").mkdir(parents=True)
        (self.www / "index.html").write_text("<!doctype html><p>Hello")
        (self.www / "chat" / "index.html").write_text("<!doctype html><p>Chat")
        (self.www / "app.js").write_bytes(b"0123456789")
        (self.folder / "secret").write_text("secret")
        self.make_daemon(http_files=self.www, **options)
        await self.start_daemon()

    async def curl(self, path, *arguments):
        """Status, header fields in lower case, and the body of curl's answer."""
        url = f"http://127.0.0.1:{self.daemon.http_port}{path}"
        status, out, err = await run(
            *("curl", "-s", "-S", "--path-as-is", "--max-time", "20", "-D", "-"), *arguments, url
        )
        self.assertEqual(status, 0, err)
        head, _, body = out.replace("\r", "").rpartition("\n\n")
        lines = head.rpartition("HTTP/1.1 ")[2].split("\n")
        fields = (line.split(": ", 1) for line in lines[1:])
        return int(lines[0][:3]), {name.lower(): value for name, value in fields}, body

    async def test_page_of_any_origin_learns_where_streams_are_opened(self):
        await self.start_pages()
        kinds = {"host-meta": "application/xrd+xml", "host-meta.json": "application/json"}
        for path, kind in kinds.items():
            with self.subTest(path):
                status, fields, _ = await self.curl(
                    f"/.well-known/{path}", "-H", "Origin: https://shop.example"
                )
                self.assertEqual(status, 200)
                self.assertEqual(fields["access-control-allow-origin"], "*")
                self.assertEqual(fields["content-type"].split(";")[0], kind)
        _, _, body = await self.curl("/.well-known/host-meta.json", "-H", f"Host: {HOST}")
        self.assertIsInstance(json.loads(body)["links"], list)
        status, _, _ = await self.curl("/.well-known/host-meta", "-H", "Host: a'b")
        self.assertEqual(status, 400)

    async def test_files_are_served_with_type_and_index(self):
        await self.start_pages()
        status, fields, body = await self.curl("/")
        self.assertEqual((status, body), (200, "<!doctype html><p>Hello"))
        self.assertEqual(fields["content-type"], "text/html; charset=utf-8")
        self.assertEqual(fields["x-content-type-options"], "nosniff")
        status, fields, body = await self.curl("/chat", "-L")
        self.assertEqual((status, body), (200, "<!doctype html><p>Chat"))
        status, fields, body = await self.curl("/app.js", "-I", "-o", "/dev/null")
        self.assertEqual((status, fields["content-length"]), (200, "10"))
        self.assertEqual(fields["content-type"], "text/javascript; charset=utf-8")

    async def test_conditions_and_ranges_save_bytes(self):
        await self.start_pages()
        _, fields, _ = await self.curl("/app.js")
        etag = fields["etag"]
        status, _, body = await self.curl("/app.js", "-H", f"If-None-Match: {etag}")
        self.assertEqual((status, body), (304, ""))
        date = fields["last-modified"]
        status, _, _ = await self.curl("/app.js", "-H", f"If-Modified-Since: {date}")
        self.assertEqual(status, 304)
        status, fields, body = await self.curl("/app.js", "-r", "2-4", "-H", f"If-Range: {etag}")
        self.assertEqual((status, body, fields["content-range"]), (206, "234", "bytes 2-4/10"))
        status, fields, _ = await self.curl("/app.js", "-r", "10-")
        self.assertEqual((status, fields["content-range"]), (416, "bytes */10"))

    async def test_nothing_outside_of_the_folder_is_served(self):
        await self.start_pages()
        (self.www / "up").symlink_to(self.folder / "secret")
        (self.www / ".hidden").write_text("secret")
        for path in ("/../secret", "/%2e%2e/secret", "/..%2fsecret", "/chat/../../secret", "/up",
                     "/.hidden", "//etc/passwd", "/%00"):  # fmt: skip
            with self.subTest(path):
                status, _, body = await self.curl(path)
                self.assertEqual(status, 404)
                self.assertEqual(json.loads(body)["message"], "no such file")

    async def test_other_routes_stay_what_they_are(self):
        await self.start_pages()
        (self.www / "roster_admin").mkdir()
        (self.www / "roster_admin" / "refresh").write_text("page")
        (self.www / "healthz").write_text("page")
        status, _, _ = await self.curl("/roster_admin/refresh")
        self.assertEqual(status, 405)
        _, _, body = await self.curl("/healthz")
        self.assertNotEqual(body, "page")

    async def test_large_file_comes_whole_and_a_larger_one_is_logged(self):
        await self.start_pages(http_file_bytes="4MiB")
        (self.www / "large.txt").write_text("x" * (4 << 20))
        (self.www / "larger.txt").write_text("x" * ((4 << 20) + 1))
        status, _, body = await self.curl("/large.txt")
        self.assertEqual((status, len(body)), (200, 4 << 20))
        status, _, _ = await self.curl("/larger.txt")
        self.assertEqual(status, 500)
        await self.daemon.child.wait_line("file not served")

    async def test_files_come_and_go_with_a_reload(self):
        await self.start_pages()
        self.daemon.options["http_files"] = ""
        await self.reload()
        status, _, body = await self.curl("/")
        self.assertEqual((status, json.loads(body)["message"]), (404, "no such resource"))
        self.daemon.options["http_files"] = self.www
        await self.reload()
        self.assertEqual((await self.curl("/"))[0], 200)

    async def reload(self):
        self.daemon.write_config()
        since = len(self.daemon.log)
        await self.daemon.reload()
        await self.daemon.child.wait_line("configuration reloaded", since)


if __name__ == "__main__":
    unittest.main()
