#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""XMPP over WebSocket (RFC 7395): a stock JavaScript client, and what no client would send."""

import base64
import unittest

from harness.case import HOST, EndToEndTest, password_of
from harness.certificate import make_certificate
from harness.process import free_port
from harness.websocket import BINARY, CLOSE, FIN, PING, PONG, TEXT, make_frame, make_handshake

CLOSED = "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>"
BIND = (
    "<iq xmlns='jabber:client' type='set' id='b'>"
    "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>raw</resource></bind></iq>"
)


def sasl_plain(user):
    secret = base64.b64encode(f"\0{user}\0{password_of(user)}".encode()).decode()
    return f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{secret}</auth>"


class WebSocketTest(EndToEndTest):
    # --- a stock client --------------------------------------------------------------------------

    async def test_stock_client_chats_with_one_on_tcp(self):
        await self.start_scene("romeo", "juliet", friends=[("romeo", "juliet")])
        juliet = await self.log_in("juliet", "balcony")
        romeo = await self.make_xmppjs("romeo").log_in()
        await romeo.sees(f"contact juliet@{HOST} both")
        await romeo.sees(f"presence juliet@{HOST}/balcony available")
        await juliet.sees("presence", type="available", sender=f"romeo@{HOST}")
        await romeo.say(f"juliet@{HOST}", "my lips, two blushing pilgrims ☺")
        said = await juliet.sees("message", body="my lips, two blushing pilgrims ☺")
        juliet.send_message(said["address"], "good pilgrim <you> & I", mtype="chat")
        await romeo.sees(f"message juliet@{HOST}/balcony good pilgrim <you> & I")
        await romeo.close()
        await juliet.sees("presence", type="unavailable", sender=f"romeo@{HOST}")

    async def test_open_client_follows_the_web_app(self):
        await self.start_scene("romeo", "juliet")
        await self.log_in("juliet", "balcony")
        romeo = await self.make_xmppjs("romeo").log_in()
        await self.web_app.befriend("romeo", "juliet")
        await romeo.sees(f"push juliet@{HOST} both")
        await romeo.sees(f"presence juliet@{HOST}/balcony available")
        since = len(romeo.log)
        await self.web_app.unfriend("romeo", "juliet")
        await romeo.sees(f"presence juliet@{HOST}/balcony unavailable", since)
        await romeo.sees(f"push juliet@{HOST} remove", since)

    async def test_stock_client_logs_in_over_tls(self):
        hosts = {HOST: make_certificate(self.folder, HOST, address="127.0.0.1")}
        port = free_port()
        await self.start_scene("romeo", hosts=hosts, https_port=port)
        romeo = self.make_xmppjs("romeo", service=f"wss://127.0.0.1:{port}/xmpp-websocket")
        await romeo.log_in()

    async def test_wrong_password_is_refused(self):
        await self.start_scene("romeo")
        romeo = await self.make_xmppjs("romeo", password="wrong").start()
        await romeo.sees("refused not-authorized")

    async def test_open_client_is_told_of_the_shutdown(self):
        await self.start_scene("romeo")
        romeo = await self.make_xmppjs("romeo").log_in()
        await self.daemon.stop()
        await romeo.sees("error system-shutdown")

    # --- byte by byte ----------------------------------------------------------------------------

    async def start_stream(self):
        raw = await self.open_raw_websocket()
        self.assertIn("101 Switching Protocols", await raw.shake_hands())
        header, features = await raw.open_stream()
        self.assertTrue(header.startswith("<open "), header)
        self.assertIn("<mechanism>PLAIN</mechanism>", features)
        return raw

    async def log_in_raw(self, user):
        raw = await self.start_stream()
        await raw.send_text(sasl_plain(user))
        self.assertIn("<success", await raw.read_text())
        await raw.open_stream()
        await raw.send_text(BIND)
        self.assertIn("<jid>", await raw.read_text())
        return raw

    async def test_bytes_behind_the_handshake_are_not_lost(self):
        await self.start_scene("romeo")
        raw = await self.open_raw_websocket()
        opening = f"<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='{HOST}' version='1.0'/>"
        await raw.send(make_handshake().encode() + make_frame(opening))
        head = await raw._reader.readuntil(b"\r\n\r\n")
        self.assertIn(b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", head)
        self.assertIn(b"Sec-WebSocket-Protocol: xmpp\r\n", head)
        self.assertTrue((await raw.read_text()).startswith("<open "))
        self.assertTrue((await raw.read_text()).startswith("<stream:features "))

    async def test_every_stanza_has_a_frame_and_a_namespace_of_its_own(self):
        await self.start_scene("romeo", "juliet", friends=[("romeo", "juliet")])
        raw = await self.log_in_raw("romeo")
        await raw.send_text("<presence xmlns='jabber:client'/>")
        self.assertTrue((await raw.read_text()).startswith("<presence xmlns='jabber:client' "))

    async def test_close_is_answered_with_close(self):
        await self.start_scene("romeo")
        raw = await self.log_in_raw("romeo")
        await raw.send_text(CLOSED)
        self.assertEqual(await raw.read_text(), CLOSED)
        self.assertEqual((await raw.read_frame())[0], CLOSE)
        self.assertEqual(await raw.read_all(), "")

    async def test_client_that_closes_the_websocket_alone_is_gone(self):
        await self.start_scene("romeo", "juliet", friends=[("romeo", "juliet")])
        juliet = await self.log_in("juliet")
        raw = await self.log_in_raw("romeo")
        await raw.send_text("<presence xmlns='jabber:client'/>")
        await juliet.sees("presence", type="available", address=f"romeo@{HOST}/raw")
        await raw.send(make_frame(b"\x03\xe8bye", FIN | CLOSE))
        await juliet.sees("presence", type="unavailable", address=f"romeo@{HOST}/raw")

    async def test_pings_are_answered_also_between_fragments(self):
        await self.start_scene("romeo")
        raw = await self.start_stream()
        auth = sasl_plain("romeo")
        await raw.send(make_frame(auth[:20], TEXT) + make_frame(b"are you there?", FIN | PING))
        self.assertEqual(await raw.read_frame(), (PONG, b"are you there?"))
        await raw.send(make_frame(auth[20:], FIN))
        self.assertIn("<success", await raw.read_text())

    async def test_a_stream_that_tcp_would_open_is_refused(self):
        await self.start_scene("romeo")
        header = "<stream:stream xmlns='jabber:client' to='x'"
        header += " xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
        for text, condition in [
            (header, "bad-format"),
            ("<?xml version='1.0'?>" + header, "restricted-xml"),
            ("<presence xmlns='jabber:client'/><presence xmlns='jabber:client'/>", "bad-format"),
            ("<message xmlns='jabber:client'><body>", "bad-format"),
            ("<message xmlns='jabber:client'></body>", "not-well-formed"),
            ("   ", "bad-format"),
            ("<iq xmlns='jabber:client' type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>",
             "bad-format"),
            ("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", "bad-format"),
        ]:  # fmt: skip
            with self.subTest(text):
                raw = await self.open_raw_websocket()
                await raw.shake_hands()
                await raw.send_text(text)
                self.assertTrue((await raw.read_text()).startswith("<open "))
                self.assertIn(f"<{condition} ", await raw.read_text())
                self.assertEqual(await raw.read_text(), CLOSED)
                self.assertEqual((await raw.read_frame())[0], CLOSE)

    async def test_bad_frames_end_with_their_code_and_a_log_line(self):
        await self.start_scene("romeo")
        limit = 10 * 1024 + 1
        for name, bad, code in [
            ("not masked", make_frame("<a/>", masked=False), 1002),
            ("reserved bit", make_frame("<a/>", FIN | 0x40 | TEXT), 1002),
            ("reserved opcode", make_frame("<a/>", FIN | 3), 1002),
            ("binary", make_frame(b"<a/>", FIN | BINARY), 1003),
            ("no UTF-8", make_frame(b"<a>\xff</a>"), 1007),
            ("too large", make_frame("x" * limit), 1009),
            ("too large in parts", make_frame("<" * 9000, TEXT) + make_frame("<" * 9000, 0), 1009),
            ("fragment of nothing", make_frame("<a/>", FIN), 1002),
            ("interleaved", make_frame("<a", TEXT) + make_frame("<b/>"), 1002),
            ("ping in parts", make_frame(b"a", PING), 1002),
            ("long ping", make_frame(b"a" * 126, FIN | PING), 1002),
            ("bad close code", make_frame(b"\x03\xec", FIN | CLOSE), 1002),
        ]:
            with self.subTest(name):
                raw = await self.start_stream()
                since = len(self.daemon.log)
                await raw.send(bad)
                opcode, (told, reason) = await raw.read_frame()
                self.assertEqual((opcode, told), (CLOSE, code))
                self.assertTrue(reason)
                await self.daemon.log.wait(
                    lambda line: "bad WebSocket frame" in line and f"code={code}" in line,
                    "the line of the fault",
                    since,
                )

    async def test_bad_handshakes_are_refused_as_the_rfc_says(self):
        await self.start_scene("romeo")
        for fields, status in [
            ({"Sec_WebSocket_Version": "8"}, 426),
            ({"Sec_WebSocket_Key": "short"}, 400),
            ({"Sec_WebSocket_Key": None}, 400),
            ({"Sec_WebSocket_Protocol": None}, 400),
            ({"Sec_WebSocket_Protocol": "XMPP, chat"}, 400),
            ({"Connection": "keep-alive"}, 400),
            ({"Upgrade": None, "Connection": None}, 426),
            ({"method": "POST", "Content_Length": "0"}, 405),
            ({"method": "HEAD"}, 405),
            ({"version": "1.0"}, 426),
        ]:
            with self.subTest(fields):
                raw = await self.open_raw_websocket()
                head = await raw.shake_hands(**fields)
                self.assertTrue(head.startswith(f"HTTP/1.1 {status} "), head)
                if status == 426:
                    self.assertIn("Sec-WebSocket-Version: 13\r\n", head)

    async def test_a_client_that_does_not_log_in_is_cut_off(self):
        await self.start_scene("romeo", login_timeout="1s")
        raw = await self.start_stream()
        self.assertIn("<connection-timeout ", await raw.read_text())

    async def test_a_client_that_vanishes_leaves_its_friends(self):
        await self.start_scene("romeo", "juliet", friends=[("romeo", "juliet")])
        juliet = await self.log_in("juliet")
        raw = await self.log_in_raw("romeo")
        await raw.send_text("<presence xmlns='jabber:client'/>")
        await juliet.sees("presence", type="available", address=f"romeo@{HOST}/raw")
        raw._writer.transport.abort()
        await juliet.sees("presence", type="unavailable", address=f"romeo@{HOST}/raw")


if __name__ == "__main__":
    unittest.main()
