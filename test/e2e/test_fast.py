#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""SASL2, Bind 2 and FAST (XEP-0388, 0386, 0484): one round trip, by stock clients and by hand."""

import base64
import hashlib
import hmac
import re
import ssl
import unittest

from harness.case import HOST, EndToEndTest, password_of
from harness.raw import HEADER

AGENT = "<user-agent id='d4565fa7-4d72-4749-b3d3-740edbf87770'/>"
BIND = "<bind xmlns='urn:xmpp:bind:0'><tag>Quill</tag></bind>"
FAST = "<fast xmlns='urn:xmpp:fast:0'/>"
ALL_THAT_FOLLOWS = "<iq type='get' id='r1'><query xmlns='jabber:iq:roster' ver=''/></iq><presence/>"
MECHANISM = "HT-SHA-256-ENDP"


def authenticate(mechanism, message, more):
    encoded = base64.b64encode(message).decode()
    return (
        f"<authenticate xmlns='urn:xmpp:sasl:2' mechanism='{mechanism}'>"
        f"<initial-response>{encoded}</initial-response>{AGENT}{BIND}{more}</authenticate>"
    )


def by_password(user, password=None):
    message = f"\0{user}\0{password or password_of(user)}".encode()
    wanted = f"<request-token xmlns='urn:xmpp:fast:0' mechanism='{MECHANISM}'/>"
    return authenticate("PLAIN", message, wanted)


class FastTest(EndToEndTest):
    # --- stock clients ---------------------------------------------------------------------------

    async def saw_login(self, mechanism, since=0):
        await self.daemon.log.wait(
            lambda line: "c2s authenticated" in line and f" mechanism={mechanism} " in line,
            f"login by {mechanism}",
            since,
        )

    async def test_xmppjs_gets_a_token_and_logs_in_by_it_the_next_time(self):
        await self.start_scene("romeo", "juliet", friends=[("romeo", "juliet")])
        romeo = await self.make_xmppjs("romeo").log_in()
        await romeo.sees(f"online romeo@{HOST}/")
        await self.saw_login("SCRAM-SHA-1")
        for _ in range(2):
            since, logged = len(romeo.log), len(self.daemon.log)
            await romeo.start_again()
            await romeo.sees(f"contact juliet@{HOST} both", since)
            await romeo.sees(f"online romeo@{HOST}/", since)
            await self.saw_login("HT-SHA-256-NONE", logged)

    async def test_xmppjs_whose_token_was_revoked_falls_back_to_the_password(self):
        await self.start_scene("romeo")
        romeo = await self.make_xmppjs("romeo").log_in()
        await self.daemon.add_account(f"romeo@{HOST}", password_of("romeo"))  # with a new salt
        await self.reload()
        since, logged = len(romeo.log), len(self.daemon.log)
        await romeo.start_again()
        await romeo.sees("online", since)
        await self.saw_login("SCRAM-SHA-1", logged)

    async def test_strophejs_takes_the_strongest_that_the_accounts_can_check(self):
        await self.start_scene("romeo")
        narrow = {"http_sasl_mechanisms": ["PLAIN"]}
        for options, mechanism in (({}, "SCRAM-SHA-256"), (narrow, "PLAIN")):
            with self.subTest(mechanism):
                await self.reload(**options)
                romeo = await self.make_xmppjs("romeo", program="strophe_client.mjs").log_in()
                await self.saw_login(mechanism)
                await romeo.close()

    async def test_libstrophe_takes_the_strongest_that_the_accounts_can_check(self):
        await self.start_scene("romeo")
        await self.make_strophe("romeo").log_in()
        await self.saw_login("SCRAM-SHA-256-PLUS")

    # --- by hand ---------------------------------------------------------------------------------

    def end_point(self):
        """tls-server-end-point: the certificate is signed with SHA-256."""
        pem = self.daemon.hosts[HOST].certificate.read_text()
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).digest()

    def by_token(self, token, binding=None):
        text = b"Initiator" + (self.end_point() if binding is None else binding)
        hashed = hmac.digest(token.encode(), text, "sha256")
        return authenticate(MECHANISM, b"romeo\0" + hashed, FAST)

    async def get_token(self):
        raw = await self.open_raw_xmpp(tls=True)
        features = await raw.features()
        self.assertIn(f"<mechanism>{MECHANISM}</mechanism>", features)
        await raw.send(by_password("romeo"))
        await raw.read_until("<token ")
        return re.search(r"<token [^>]*token='([^']+)'", raw.received)[1]

    async def test_login_takes_one_round_trip_after_tls(self):
        await self.start_scene("romeo", "juliet", friends=[("romeo", "juliet")])
        token = await self.get_token()
        raw = await self.open_raw_xmpp(tls=True)
        await raw.send(HEADER.format(host=HOST) + self.by_token(token) + ALL_THAT_FOLLOWS)
        await raw.read_until("<item ")
        await raw.read_until("<presence ")
        answer = hmac.digest(token.encode(), b"Responder" + self.end_point(), "sha256")
        self.assertIn(
            f"<additional-data>{base64.b64encode(answer).decode()}</additional-data>", raw.received
        )
        self.assertIn("<bound xmlns='urn:xmpp:bind:0'/>", raw.received)
        self.assertIn(f"jid='juliet@{HOST}'", raw.received)
        self.assertFalse(self.daemon.log.find(lambda line: token in line))

    async def test_token_is_bound_to_the_channel(self):
        await self.start_scene("romeo")
        token = await self.get_token()
        for binding in (b"", b"another"):
            raw = await self.open_raw_xmpp(tls=True)
            await raw.send(HEADER.format(host=HOST) + self.by_token(token, binding))
            await raw.read_until("<not-authorized ")
        raw = await self.open_raw_xmpp(tls=True)
        await raw.send(HEADER.format(host=HOST) + self.by_token(token))
        await raw.read_until("<success ")

    async def test_new_password_ends_the_tokens_of_the_old_one(self):
        await self.start_scene("romeo")
        token = await self.get_token()
        await self.reload()
        raw = await self.open_raw_xmpp(tls=True)
        await raw.send(HEADER.format(host=HOST) + self.by_token(token))
        await raw.read_until("<success ")
        await self.daemon.add_account(f"romeo@{HOST}", "another")
        await self.reload()
        raw = await self.open_raw_xmpp(tls=True)
        await raw.send(HEADER.format(host=HOST) + self.by_token(token))
        await raw.read_until("<not-authorized ")
        await raw.send(by_password("romeo", "another"))
        await raw.read_until("<success ")

    async def test_kick_ends_the_tokens(self):
        await self.start_scene("romeo")
        token = await self.get_token()
        answer = await self.send_raw_http(
            b"POST /roster_admin/kick HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            b'Content-Length: 19\r\n\r\n{"users":["romeo"]}'
        )
        self.assertIn("200 OK", answer)
        raw = await self.open_raw_xmpp(tls=True)
        await raw.send(HEADER.format(host=HOST) + self.by_token(token))
        await raw.read_until("<not-authorized ")


if __name__ == "__main__":
    unittest.main()
