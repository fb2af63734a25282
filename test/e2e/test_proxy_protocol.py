#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The PROXY protocol: clients behind a real HAProxy, curl, and liars."""

import unittest

from harness.case import HOST, EndToEndTest
from harness.process import free_port, run
from harness.proxies import HAProxy
from harness.raw import RawConnection

PROXY = "127.0.0.2"  # the address that haproxy speaks from, so that its clients' is another
LINE = "PROXY TCP4 192.0.2.1 127.0.0.1 4711 5222\r\n"
OPENING = (
    "<stream:stream to='example.test' version='1.0' xmlns='jabber:client'"
    " xmlns:stream='http://etherx.jabber.org/streams'>"
)


class ProxyProtocolTest(EndToEndTest):
    async def start_proxied(self, proxy, *users, **options):
        await self.start_scene(
            *users, tell_rosterd=False, log_level="debug",
            c2s_proxy_protocol=[proxy], http_proxy_protocol=[proxy], **options,
        )  # fmt: skip

    async def start_haproxy(self, words):
        """In front of all ports; the clients of this test come through it from now on."""
        haproxy = HAProxy(self.folder)
        self._journals.append(haproxy.log)
        self.addAsyncCleanup(haproxy.stop)
        ways = []
        for name in ("c2s_port", "c2s_tls_port", "http_port"):
            server = f"127.0.0.1:{self.daemon.options[name]} source {PROXY} {words}"
            self.daemon.options[name] = free_port()
            ways.append((self.daemon.options[name], server))
        await haproxy.start(ways)

    async def assert_logged(self, *parts):
        await self.daemon.log.wait(
            lambda line: all(part in line for part in parts), f"line with {parts}"
        )

    async def test_clients_behind_haproxy_log_in_with_their_own_address(self):
        await self.start_proxied(PROXY, "romeo", "juliet")
        await self.start_haproxy("send-proxy-v2")
        await self.log_in("romeo")
        await self.log_in("juliet", direct_tls=True)
        for user in ("romeo", "juliet"):
            await self.assert_logged("authenticated", f"user={user}@{HOST}", "peer=127.0.0.1:")

    async def test_requests_through_haproxy_come_from_their_sender(self):
        await self.start_proxied(PROXY, "romeo", admin_allow=["127.0.0.1"])
        await self.start_haproxy("send-proxy")
        status, answer = await self.refresh("romeo")
        self.assertEqual((status, answer["status"]), (200, "ok"))

    async def test_curl_tells_its_own_address(self):
        await self.start_proxied("127.0.0.1", "romeo", admin_allow=["127.0.0.1"])
        status, out, err = await run(
            "curl", "-s", "-S", "--haproxy-protocol", "-d", '["romeo"]', self.daemon.refresh_url
        )
        self.assertEqual(status, 0, err)
        self.assertIn('"status":"ok"', out)

    async def test_proxy_that_does_not_say_is_refused(self):
        await self.start_proxied(PROXY, "romeo")
        await self.start_haproxy("")
        raw = await RawConnection.open(("127.0.0.1", self.daemon.c2s_port))
        self.addAsyncCleanup(raw.close)
        await raw.send(OPENING)
        self.assertEqual(await raw.read_all(), "")
        await self.assert_logged("connection without a PROXY header closed", f"peer={PROXY}:")

    async def test_header_comes_in_pieces_and_the_stream_right_behind_it(self):
        await self.start_proxied("127.0.0.1", "romeo")
        raw = await self.open_raw_xmpp()
        for piece in (LINE[:3], LINE[3:-1], LINE[-1:] + OPENING):
            await raw.send(piece)
        await raw.read_until("<stream:features")
        await self.assert_logged("c2s connection accepted", "peer=192.0.2.1:4711")

    async def test_others_are_no_proxies(self):
        await self.start_proxied("192.0.2.0/24", "romeo")
        await self.log_in("romeo")
        raw = await self.open_raw_xmpp()
        await raw.send(LINE + OPENING)
        self.assertIn("</stream:stream>", await raw.read_all())
        answer = await self.send_raw_http(LINE + "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertIn(" 501 ", answer.split("\r\n")[0])

    async def test_reload_changes_who_is_a_proxy(self):
        await self.start_proxied("192.0.2.0/24", "romeo")
        self.daemon.options["c2s_proxy_protocol"] = ["127.0.0.1"]
        self.daemon.write_config()
        await self.daemon.reload()
        await self.daemon.child.wait_line("configuration reloaded")
        raw = await self.open_raw_xmpp()
        await raw.send(LINE + OPENING)
        await raw.read_until("<stream:features")


if __name__ == "__main__":
    unittest.main()
