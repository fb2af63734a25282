#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Bad XML and bad manners on the client port: each gets the error that the standard names, and a
well-behaved client beside it notices nothing."""

import base64
import unittest

from harness.case import HOST, EndToEndTest, password_of
from harness.raw import HEADER

STREAMS = "urn:ietf:params:xml:ns:xmpp-streams"


class AbuseTest(EndToEndTest):
    async def assert_unharmed(self, client):
        """Its own mirror image answers."""
        client.send_message(client.boundjid.full, "still well", mtype="chat")
        await client.sees("message", len(client.journal), body="still well")

    async def assert_stream_error(self, raw, *conditions):
        """One of the conditions, inside a stream, and then the end."""
        received = (await raw.read_all()).replace('"', "'")
        self.assertTrue(any(f"<{c} xmlns='{STREAMS}'" in received for c in conditions), received)
        self.assertIn("<stream:stream", received)
        self.assertTrue(received.rstrip().endswith("</stream:stream>"), received)

    async def test_bad_headers_get_their_stream_errors(self):
        await self.start_scene("romeo")
        romeo = await self.log_in("romeo")
        good = HEADER.format(host=HOST)
        cases = {
            "no xml": ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "bad-format", "not-well-formed"),
            "wrong root": ("<stream xmlns='jabber:client'>", "bad-format", "invalid-namespace"),
            "wrong namespace": (
                good.replace("http://etherx.jabber.org/streams", "urn:example:streams"),
                "invalid-namespace",
            ),
            "wrong content": (good.replace("jabber:client", "jabber:server"), "invalid-namespace"),
            "unknown host": (good.replace(HOST, "nobody.test"), "host-unknown"),
            "old version": (good.replace("'1.0' xmlns", "'0.9' xmlns"), "unsupported-version"),
            "other encoding": (
                good.replace("<?xml version='1.0'?>", "<?xml version='1.0' encoding='UTF-16'?>"),
                "unsupported-encoding",
            ),
            "doctype": ("<!DOCTYPE stream [<!ENTITY a 'b'>]>" + good, "restricted-xml"),
            "comment": ("<!-- hello -->" + good, "restricted-xml"),
            "endless header": (good[:-1] + " a='" + "x" * 70_000, "policy-violation"),
        }
        for name, (data, *conditions) in cases.items():
            with self.subTest(name):
                raw = await self.open_raw_xmpp()
                await raw.send(data)
                await self.assert_stream_error(raw, *conditions)
        await self.assert_unharmed(romeo)

    async def test_bad_stanzas_after_login_get_their_stream_errors(self):
        await self.start_scene("romeo")
        romeo = await self.log_in("romeo")
        cases = {
            "not well-formed": ("<message><body></message></message>", "not-well-formed"),
            "undeclared prefix": ("<message><x:y/></message>", "not-well-formed"),
            "bad utf-8": (b"<message><body>\xff\xfe</body></message>", "not-well-formed"),
            "null": (b"<message><body>\0</body></message>", "not-well-formed"),
            "unknown entity": ("<message><body>&auml;</body></message>", "not-well-formed"),
            "comment": ("<message><!-- x --></message>", "restricted-xml"),
            "instruction": ("<message><?php evil ?></message>", "restricted-xml"),
            "doctype": ("<!DOCTYPE x><message/>", "restricted-xml"),
            "text": ("hello", "bad-format"),
            "unknown stanza": ("<hello/>", "unsupported-stanza-type"),
            "deep": ("<message>" + "<a>" * 200, "policy-violation"),
            "attributes": (
                "<message " + " ".join(f"a{i}=''" for i in range(200)) + "/>",
                "policy-violation",
            ),
            "oversize": ("<message><body>" + "x" * 300_000, "policy-violation"),
            "someone else's name": (f"<message from='tybalt@{HOST}'/>", "invalid-from"),
        }
        for name, (data, condition) in cases.items():
            with self.subTest(name):
                raw = await self.open_raw_xmpp(tls=True)
                await raw.log_in("romeo", password_of("romeo"), resource="abuser")
                await raw.send(data)
                await self.assert_stream_error(raw, condition)
        await self.assert_unharmed(romeo)

    async def test_stanzas_before_login_are_refused(self):
        await self.start_scene("romeo")
        raw = await self.open_raw_xmpp(tls=True)
        await raw.features()
        await raw.send("<message to='romeo@example.test'><body>x</body></message>")
        await self.assert_stream_error(raw, "not-authorized")

    async def test_passwords_cannot_be_guessed_for_ever_on_one_stream(self):
        await self.start_scene("romeo")
        raw = await self.open_raw_xmpp(tls=True)
        await raw.features()
        for _ in range(3):
            since = len(raw.received)
            secret = base64.b64encode(b"\0romeo\0wrong").decode()
            await raw.send(
                "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>"
                f"{secret}</auth>"
            )
            await raw.read_until("</failure>", since)
        self.assertIn("not-authorized", raw.received)
        await self.assert_stream_error(raw, "policy-violation", "not-authorized")

    async def test_slow_login_is_ended_by_its_deadline(self):
        await self.start_scene("romeo", login_timeout="1s")
        romeo = await self.log_in("romeo")
        raw = await self.open_raw_xmpp()
        await raw.features()
        await self.assert_stream_error(raw, "connection-timeout", "policy-violation")
        silent = await self.open_raw_xmpp()
        await silent.read_all()
        await self.assert_unharmed(romeo)

    async def test_flood_before_login_is_cut_off(self):
        await self.start_scene("romeo")
        raw = await self.open_raw_xmpp(tls=True)
        await raw.features()
        try:
            for _ in range(40):
                await raw.send(" " * 4096)
        except (ConnectionError, OSError):
            pass
        await self.assert_stream_error(raw, "policy-violation")

    async def test_whitespace_and_split_bytes_are_no_crime(self):
        await self.start_scene("romeo")
        raw = await self.open_raw_xmpp(tls=True)
        await raw.log_in("romeo", password_of("romeo"))
        since = len(raw.received)
        for byte in " \n<iq type='get' id='é' to='example.test'><ping xmlns='urn:xmpp:ping'/></iq>":
            await raw.send(byte.encode())
        await raw.read_until("é", since)
        await raw.send("</stream:stream>")
        self.assertTrue((await raw.read_all()).rstrip().endswith("</stream:stream>"))

    async def test_every_iq_is_answered(self):
        await self.start_scene("romeo")
        raw = await self.open_raw_xmpp(tls=True)
        await raw.log_in("romeo", password_of("romeo"))
        cases = {
            "unknown": ("<iq type='get' id='a1'><x xmlns='urn:example:x'/></iq>", "a1"),
            "empty": ("<iq type='get' id='a2'/>", "bad-request"),
            "wrong type": ("<iq type='fetch' id='a3'><x xmlns='a:b'/></iq>", "bad-request"),
            "bad address": (
                "<iq type='get' id='a4' to='@'><x xmlns='a:b'/></iq>",
                "jid-malformed",
            ),
            "nobody": (
                f"<iq type='get' id='a5' to='romeo@{HOST}/gone'><x xmlns='a:b'/></iq>",
                "service-unavailable",
            ),
        }
        for name, (data, part) in cases.items():
            with self.subTest(name):
                since = len(raw.received)
                await raw.send(data)
                answer = (await raw.read_until("</iq>", since))[since:]
                self.assertIn("error", answer)
                self.assertIn(part, answer)

    async def test_reader_that_stops_is_cut_off_and_costs_nobody_else(self):
        await self.start_scene("romeo", "juliet", outbox_soft_time="2s")
        deaf = await self.open_raw_xmpp(tls=True, receive_buffer=4096)
        await deaf.log_in("romeo", password_of("romeo"), resource="deaf")
        deaf.stop_reading()
        juliet = await self.log_in("juliet")
        for _ in range(200):
            juliet.send_message(f"romeo@{HOST}/deaf", "x" * 60_000, mtype="chat")
        line = await self.daemon.log.wait(lambda line: "resource-constraint" in line, "cut-off")
        self.assertIn("romeo", line)
        await self.assert_unharmed(juliet)

    async def test_many_readers_that_stop_do_not_fill_the_memory(self):
        """None of them has so much that it would be cut off for that alone."""
        await self.start_scene("romeo", "juliet", outbox_soft="2MiB", outbox_total="2MiB")
        deaf = [await self.open_raw_xmpp(tls=True, receive_buffer=4096) for _ in range(4)]
        for number, reader in enumerate(deaf):
            await reader.log_in("romeo", password_of("romeo"), resource=f"deaf{number}")
            reader.stop_reading()
        juliet = await self.log_in("juliet")
        for _ in range(100):
            for number in range(len(deaf)):
                juliet.send_message(f"romeo@{HOST}/deaf{number}", "x" * 60_000, mtype="chat")
        line = await self.daemon.log.wait(lambda line: "too much waits" in line, "cut-off")
        self.assertIn("romeo", line)
        await self.assert_unharmed(juliet)


if __name__ == "__main__":
    unittest.main()
