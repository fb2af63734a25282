#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Ways to log in, and to be refused."""

import hashlib
import ssl
import unittest

from harness.case import HOST, EndToEndTest, password_of
from harness.certificate import make_certificate
from harness.client import LoginFailed
from harness.raw import RawXmpp, trusting

OTHER_HOST = "other.test"


def fingerprint(pem):
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


def logged_in_by(mechanism):
    """For Journal.wait: the daemon's line about a login by this mechanism."""
    return lambda line: "authenticated" in line and f" mechanism={mechanism} " in line


class LoginTest(EndToEndTest):
    async def test_stock_client_logs_in_by_starttls_with_what_it_likes_best(self):
        await self.start_scene("romeo")
        romeo = await self.log_in("romeo")
        self.assertEqual(romeo.boundjid.bare, f"romeo@{HOST}")
        self.assertIsNotNone(romeo.certificate)

    async def test_stock_client_logs_in_by_direct_tls(self):
        await self.start_scene("romeo")
        romeo = await self.log_in("romeo", direct_tls=True)
        self.assertEqual(romeo.transport.get_extra_info("ssl_object").selected_alpn_protocol(),
                         "xmpp-client")  # fmt: skip

    async def test_each_mechanism_lets_the_right_password_in_and_the_wrong_one_not(self):
        # Each alone: where -PLUS is offered, slixmpp's gs2 flag "y" without it is a downgrade.
        await self.start_scene("romeo", sasl_mechanisms=["SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"])
        for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"):
            with self.subTest(mechanism):
                await self.check_mechanism(mechanism)

    async def test_channel_binding_mechanisms_let_the_right_password_in_and_the_wrong_one_not(self):
        await self.start_scene("romeo")
        for mechanism in ("SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS"):
            with self.subTest(mechanism):
                await self.check_mechanism(mechanism)

    async def check_mechanism(self, mechanism):
        romeo = await self.log_in("romeo", mechanism=mechanism)
        self.assertEqual(romeo["feature_mechanisms"].mech.name, mechanism)
        await romeo.close()
        with self.assertRaises(LoginFailed):
            await self.log_in("romeo", mechanism=mechanism, password="wrong")

    async def test_mechanism_without_binding_is_refused_to_a_client_that_could_bind(self):
        await self.start_scene("romeo")
        with self.assertRaises(LoginFailed):
            await self.log_in("romeo", mechanism="SCRAM-SHA-256")
        await self.daemon.log.wait(lambda line: "downgrade" in line, "the refusal's reason")

    async def test_unknown_user_is_refused_like_a_wrong_password(self):
        await self.start_scene("romeo")
        for mechanism in ("SCRAM-SHA-256-PLUS", "PLAIN"):
            with self.subTest(mechanism), self.assertRaises(LoginFailed) as caught:
                await self.log_in("tybalt", mechanism=mechanism)
            self.assertIn("not authorised", str(caught.exception))

    async def test_libstrophe_logs_in_and_gets_its_roster(self):
        await self.start_scene("romeo", "juliet", friends=[("romeo", "juliet")])
        romeo = await self.make_strophe("romeo").log_in()
        await romeo.sees(f"contact juliet@{HOST} both")

    async def test_libstrophe_binds_its_login_to_the_channel(self):
        await self.start_scene("romeo")
        await self.make_strophe("romeo").log_in()
        await self.daemon.log.wait(logged_in_by("SCRAM-SHA-256-PLUS"), "a bound login")

    async def test_libstrophe_binds_its_login_by_the_older_hash_alike(self):
        mechanisms = ["SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"]
        await self.start_scene("romeo", sasl_mechanisms=mechanisms)
        await self.make_strophe("romeo").log_in()
        await self.daemon.log.wait(logged_in_by("SCRAM-SHA-1-PLUS"), "a bound login")

    async def test_libstrophe_with_a_wrong_password_stays_outside(self):
        await self.start_scene("romeo")
        romeo = await self.make_strophe("romeo", password="wrong").start()
        await romeo.sees("offline")

    async def test_names_beyond_ascii_and_with_url_characters_log_in_and_get_their_rosters(self):
        friends = [("zoë", "romeo"), ("r2+d2#%", "romeo")]
        await self.start_scene("zoë", "r2+d2#%", "romeo", friends=friends)
        for user in ("zoë", "r2+d2#%"):
            with self.subTest(user):
                client = await self.make_client(user).open()
                self.assertIn(f"romeo@{HOST}", await client.ask_roster())

    async def test_two_hosts_have_two_certificates_and_two_sets_of_accounts(self):
        hosts = {h: make_certificate(self.folder, h) for h in (HOST, OTHER_HOST)}
        back_end = await self.start_back_end()
        url = f"http://127.0.0.1:{back_end.port}/{{host}}/%s"
        self.make_daemon(hosts, http_roster_url=url)
        back_end.answers = {f"/{h}/romeo": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
                            for h in hosts}  # fmt: skip
        await self.start_daemon(f"romeo@{HOST}", f"romeo@{OTHER_HOST}", f"juliet@{OTHER_HOST}")
        for direct_tls in (False, True):
            for host in hosts:
                with self.subTest(host=host, direct_tls=direct_tls):
                    client = await self.log_in(f"romeo@{host}", direct_tls=direct_tls)
                    if not direct_tls:
                        shown = fingerprint(client.certificate)
                        self.assertEqual(shown, fingerprint(hosts[host].certificate.read_text()))
                    await client.close()
        with self.assertRaises(LoginFailed):
            await self.log_in(f"juliet@{HOST}", password=password_of(f"juliet@{OTHER_HOST}"))

    async def test_client_that_distrusts_the_certificate_stays_outside(self):
        await self.start_scene("romeo")
        stranger = make_certificate(self.folder, HOST, stem="stranger")
        romeo = self.make_client("romeo")
        romeo.ca_certs = stranger.certificate
        with self.assertRaises(LoginFailed):
            await romeo.open()

    async def test_same_resource_again_replaces_the_old_session(self):
        await self.start_scene("romeo")
        old = await self.log_in("romeo", "balcony")
        new = await self.log_in("romeo", "balcony")
        await old.sees("stream error", condition="conflict")
        await new.ping()

    async def test_nothing_but_starttls_is_offered_in_the_clear(self):
        await self.start_scene("romeo")
        raw = await self.open_raw_xmpp()
        features = await raw.features()
        self.assertIn("urn:ietf:params:xml:ns:xmpp-tls", features)
        self.assertNotIn("mechanism", features)

    async def test_what_was_sent_in_the_clear_behind_starttls_is_not_believed(self):
        await self.start_scene("romeo")
        raw = await self.open_raw_xmpp()
        await raw.features()
        await raw.send(
            "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGEAYg==</auth>"
        )
        await raw.read_until("<proceed")
        await raw.begin_tls(trusting(self.daemon.hosts[HOST].certificate))
        await raw.log_in("romeo", password_of("romeo"))
        self.assertNotIn("<failure", raw.received)

    async def test_wrong_alpn_is_refused_and_none_is_accepted(self):
        await self.start_scene("romeo")
        certificate = self.daemon.hosts[HOST].certificate
        address = ("127.0.0.1", self.daemon.c2s_tls_port)
        wrong = trusting(certificate)
        wrong.set_alpn_protocols(["http/1.1"])
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            raw = await RawXmpp.open(address, wrong, HOST)
            self.addAsyncCleanup(raw.close)
        raw = await RawXmpp.open(address, trusting(certificate), HOST)
        self.addAsyncCleanup(raw.close)
        raw.host = HOST
        await raw.log_in("romeo", password_of("romeo"))


if __name__ == "__main__":
    unittest.main()
