#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What is said of BOSH requests that are wrong, too many or too large; nobody else suffers."""

import unittest

from harness.bosh import BIND, FIRST_RID, NS, Bosh, write_body
from harness.case import HOST, EndToEndTest, password_of

GONE = ("terminate", "item-not-found")
BAD = ("terminate", "bad-request")
AGAINST_RULES = ("terminate", "policy-violation")
OPENING = f"<body xmlns='{NS}' rid='1' to='{HOST}' ver='1.6' hold='1' wait='60'"


class BadBoshTest(EndToEndTest):
    def make_bosh(self):
        bosh = Bosh(self.daemon.http_port, HOST)
        self.addAsyncCleanup(bosh.close)
        return bosh

    async def start_session(self, **options):
        await self.start_scene("romeo", **options)
        return await self.make_bosh().log_in("romeo", password_of("romeo"))

    # --- bodies ----------------------------------------------------------------------------------

    async def test_what_is_no_body_is_a_bad_request(self):
        romeo = await self.start_session()
        for body in (
            "", "hello", "<body", f"{OPENING}>text</body>", f"{OPENING}/><a/>",
            OPENING.replace(NS, "jabber:client") + "/>", f"{OPENING}><!-- c --></body>",
            f"<!DOCTYPE a>{OPENING}/>", f"{OPENING}>&bad;</body>", f"{OPENING}><a></body>",
            OPENING.replace("rid='1'", "") + "/>", OPENING.replace("rid='1'", "rid='x'") + "/>",
            OPENING.replace("rid='1'", "rid='9007199254740992'") + "/>",
            OPENING.replace("hold='1'", "hold='-1'") + "/>",
            OPENING.replace("ver='1.6'", "ver='new'") + "/>",
        ):  # fmt: skip
            with self.subTest(body):
                answer = await self.make_bosh().ask_raw(body)
                self.assertEqual((answer.status, answer.end), (200, BAD))
        self.assertIn("id='b'", (await romeo.ask(BIND)).text)

    async def test_body_that_is_too_large_is_refused_by_its_head(self):
        romeo = await self.start_session()
        head = "POST /http-bind HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"
        self.assertIn("413 ", await self.send_raw_http(head))
        self.assertIn("id='b'", (await romeo.ask(BIND)).text)

    async def test_stranger_may_not_send_much(self):
        await self.start_scene("romeo")
        bosh = self.make_bosh()
        await bosh.open()
        long = "a" * 20000
        answer = await bosh.ask(f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{long}</auth>")
        self.assertEqual(answer.end, ("terminate", "remote-stream-error"))
        self.assertIn("<policy-violation", answer.text)

    async def test_element_that_is_no_stanza_ends_the_stream_as_on_tcp(self):
        await self.start_scene("romeo")
        bosh = self.make_bosh()
        await bosh.open()
        answer = await bosh.ask("<nonsense xmlns='urn:n'/>")
        self.assertEqual(answer.end, ("terminate", "remote-stream-error"))
        self.assertIn("<unsupported-stanza-type", answer.text)

    # --- openings --------------------------------------------------------------------------------

    async def test_unknown_host_is_told(self):
        await self.start_scene("romeo")
        answer = await self.make_bosh().open(to="other.test")
        self.assertEqual(answer.end, ("terminate", "host-unknown"))

    async def test_giant_wishes_are_cut_down(self):
        await self.start_scene("romeo")
        giant = "9" * 40
        answer = await self.make_bosh().open(wait=giant, hold=giant, requests=giant)
        self.assertEqual([answer.get(n) for n in ("wait", "hold", "requests")], ["60", "2", "3"])

    async def test_sessions_in_hundreds_from_one_address_are_refused_and_others_get_in(self):
        romeo = await self.start_session(bosh_sessions_per_address=20)
        ends = [(await self.make_bosh().open()).end for _ in range(300)]
        self.assertEqual(ends[:19], [(None, None)] * 19)
        self.assertEqual(set(ends[19:]), {AGAINST_RULES})
        self.assertIn("id='b'", (await romeo.ask(BIND)).text)
        await self.log_in("romeo", "tcp")

    async def test_address_behind_a_proxy_counts_by_itself(self):
        await self.start_scene(
            "romeo", bosh_sessions_per_address=1, http_proxies=["127.0.0.1"]
        )
        opening = write_body(1, to=HOST, ver="1.6")
        ends = []
        for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2"):
            ends.append((await self.make_bosh().ask_raw(opening, X_Forwarded_For=address)).end)
        self.assertEqual(ends, [(None, None), AGAINST_RULES, (None, None)])

    async def test_browsers_do_not_crowd_the_web_app_out(self):
        romeo = await self.start_session(http_max_connections=4)
        for _ in range(20):
            bosh = self.make_bosh()
            await bosh.open()
            await bosh.send()
        self.assertEqual((await self.refresh("romeo"))[0], 200)
        self.assertIn("id='b'", (await romeo.ask(BIND)).text)

    # --- sessions --------------------------------------------------------------------------------

    async def test_unknown_session_is_not_found(self):
        romeo = await self.start_session()
        answer = await romeo.ask_raw(write_body(romeo.rid + 1, sid="other"))
        self.assertEqual((answer.status, answer.end), (200, GONE))
        self.assertIn("id='b'", (await romeo.ask(BIND)).text)

    async def test_rid_outside_the_window_ends_the_session(self):
        for rid in (FIRST_RID + 100, FIRST_RID - 1, 1, 2**53 - 1):
            with self.subTest(rid):
                romeo = await self.start_session()
                held = await romeo.send()
                self.assertEqual((await romeo.ask(rid=rid)).end, GONE)
                self.assertEqual((await romeo.read(held)).end, GONE)
                self.assertEqual((await romeo.ask()).end, GONE)

    async def test_empty_requests_without_end_are_against_the_rules(self):
        romeo = await self.start_session()
        connections = [await romeo.send() for _ in range(20)]
        ends = [(await romeo.read(connection)).end for connection in connections]
        self.assertIn(AGAINST_RULES, ends)
        self.assertIn(ends[-1], (GONE, AGAINST_RULES))

    async def test_pause_that_is_too_long_is_against_the_rules(self):
        romeo = await self.start_session()
        self.assertEqual((await romeo.ask(pause="9" * 30)).end, AGAINST_RULES)

    async def test_wrong_key_ends_the_session(self):
        await self.start_scene("romeo")
        bosh = self.make_bosh()
        await bosh.open(newkey="ca393b51b682f61f98e7877d61146407f3d0a770", hold=0)
        right = await bosh.ask(key="bfb06a6f113cd6fd3838ab9d300fdb4fe3da2f7d")
        self.assertEqual(right.end, (None, None))
        replayed = await bosh.ask(key="bfb06a6f113cd6fd3838ab9d300fdb4fe3da2f7d")
        self.assertEqual(replayed.end, GONE)

    async def test_encrypted_session_is_not_given_away_in_the_clear(self):
        await self.start_scene("romeo", http_proxies=["127.0.0.1"])
        secure, open_way = {"X_Forwarded_Proto": "https"}, {"X_Forwarded_Proto": "http"}
        bosh = self.make_bosh()
        answer = await bosh.ask_raw(write_body(1, to=HOST, ver="1.6"), **secure)
        self.assertIn("<mechanism>PLAIN</mechanism>", answer.text)
        stolen = await bosh.ask_raw(write_body(2, sid=answer.get("sid")), **open_way)
        self.assertEqual(stolen.status, 403)
        ended = await bosh.ask_raw(
            write_body(2, sid=answer.get("sid"), type="terminate"), **secure
        )
        self.assertEqual(ended.end, ("terminate", None))

    async def test_client_without_a_version_is_told_by_status(self):
        await self.start_scene("romeo")
        bosh = self.make_bosh()
        await bosh.open(ver=None)
        answer = await bosh.ask(rid=FIRST_RID + 50)
        self.assertEqual((answer.status, answer.end), (404, GONE))


if __name__ == "__main__":
    unittest.main()
