#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Web applications that refuse, hang, break off or show a bad certificate, at each stage of a
request for a roster. Nothing waits for ever, and the roster in force stays in force."""

import socket
import ssl
import unittest

from harness.backend import answer
from harness.certificate import issue_certificate, make_certificate
from harness.fetch_fault import GOOD, FetchFaultTest
from harness.process import Child
from harness.wild import WildServer, after_request, break_off, for_ever, hang, repeat

OK = b"HTTP/1.1 200 OK\r\n"
HEAD = OK + b"Content-Length: 100\r\n\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
# Shorter than the whole fetch may take, so that the stage is known.
STAGE = {f"http_{stage}_timeout": "500ms" for stage in ("connect", "first_byte", "body")}

CLOSED = "the server closed"
CUT_OFF = "the server closed in the middle of its answer"
RESET = "connection lost: connection reset by peer"
REFUSED = "connect: connection refused (connect to 127.0.0.1 port {})"
NO_ANSWER = "first byte: no answer in time"
NO_END = "body: the answer did not end in time"


def fill_backlog(port):
    """Sockets that, while they are open, make the kernel drop further attempts to connect."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(0)
    knocking = [socket.socket() for _ in range(4)]
    for one in knocking:
        one.setblocking(False)
        one.connect_ex(("127.0.0.1", port))
    return [listener, *knocking]


async def finish_at_once(_reader, writer):
    """By FIN: a close with the request unread would be a reset."""
    writer.write_eof()
    await for_ever()


async def say_nothing(_reader, _writer):
    await for_ever()


async def answer_unasked(_reader, writer):
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
    await for_ever()


async def answer_plainly(_reader, writer):
    writer.write(answer("", "400 Bad Request"))
    await for_ever()


# What the server does with a connection: (behaviour, kind, why).
STAGES = {
    "finish before the request": (finish_at_once, "unavailable", CLOSED),
    "speak before the request": (answer_unasked, "invalid", "bad answer: it is no HTTP"),
    "never read the request": (say_nothing, "timeout", NO_ANSWER),
    "close after the request": (after_request(), "unavailable", CLOSED),
    "reset after the request": (after_request(break_off), "unavailable", RESET),
    "hang after the request": (after_request(hang), "timeout", NO_ANSWER),
    "close in the head": (after_request(OK), "unavailable", CUT_OFF),
    "hang in the head": (after_request(OK, hang), "timeout", NO_END),
    "trickle the head": (after_request(OK, repeat(b"X: y\r\n", 0.03)), "timeout", NO_END),
    "head without end": (
        *(after_request(OK, repeat(b"X: " + b"y" * 4000 + b"\r\n", 0)), "too-large"),
        "bad answer: fields too long",
    ),
    "hang after the head": (after_request(HEAD, hang), "timeout", NO_END),
    "close after the head": (after_request(HEAD), "unavailable", CUT_OFF),
    "close in the body": (after_request(HEAD, b"{"), "unavailable", CUT_OFF),
    "hang in the body": (after_request(HEAD, b"{", hang), "timeout", NO_END),
    "trickle the body": (after_request(HEAD, repeat(b" ", 0.03)), "timeout", NO_END),
    "trickle chunks": (after_request(CHUNKED, repeat(b"1\r\n \r\n", 0.03)), "timeout", NO_END),
    "hang in a chunk": (after_request(CHUNKED, b"9\r\n{", hang), "timeout", NO_END),
    "hang before the last chunk": (after_request(CHUNKED, b"2\r\n{}\r\n", hang), "timeout", NO_END),
    "body without length and end": (after_request(OK + b"\r\n", hang), "timeout", NO_END),
    "body without end": (
        *(after_request(OK + b"\r\n", repeat(b" " * 4096, 0)), "too-large"),
        "bad answer: body too large",
    ),
    "chunks without end": (
        *(after_request(CHUNKED, repeat(b"400\r\n" + b" " * 1024 + b"\r\n", 0)), "too-large"),
        "bad answer: body too large",
    ),
    "interim answers without end": (
        *(after_request(repeat(b"HTTP/1.1 102 Wait\r\n\r\n", 0)), "invalid"),
        "bad answer: too many interim responses",
    ),
}


class BadServerTest(FetchFaultTest):
    async def assert_bad(self, behave, kind, why):
        self.server.behave = after_request(answer(GOOD))
        await self.recover()
        self.server.behave = behave
        await self.assert_failure(kind, why)


class ConnectionTest(BadServerTest):
    async def start(self, **options):
        self.server = await WildServer(after_request(answer(GOOD))).start()
        self.addAsyncCleanup(self.server.stop)
        await self.log_romeo_in(f"http://127.0.0.1:{self.server.port}", **options)

    async def test_fault_at_each_stage_is_a_failure_that_names_it(self):
        await self.start(roster_body_max=20_000, **STAGE)
        for name, (behave, kind, why) in STAGES.items():
            with self.subTest(name):
                await self.assert_bad(behave, kind, why)
        await self.assert_unharmed()

    async def test_refused_connection_is_a_failure(self):
        await self.start()
        port = self.server.port
        await self.server.stop()
        await self.assert_failure("unavailable", REFUSED.format(port))
        await self.assert_unharmed()

    async def test_connection_that_is_never_accepted_is_a_failure(self):
        await self.start(**STAGE)
        port = self.server.port
        await self.server.stop()
        for full in fill_backlog(port):
            self.addCleanup(full.close)
        await self.assert_failure("timeout", "connect: no connection in time")
        await self.assert_unharmed()

    async def test_whatever_follows_the_answer_is_left_unread(self):
        await self.start()
        for rest in (b"x", b"HTTP/1.1 200 OK\r\n\r\n{}", b"\0" * 100_000):
            with self.subTest(rest[:20]):
                self.server.behave = after_request(answer(GOOD) + rest, hang)
                self.assertEqual((await self.refresh("romeo"))[1]["updated"], 1)
        await self.assert_unharmed()


async def answer_garbage(_reader, writer):
    writer.write(b"\x16\3\3\0\x05nonsense")
    await for_ever()


async def refuse_by_alert(_reader, writer):
    writer.write(b"\x15\3\3\0\2\2\x28")  # fatal, handshake_failure
    await for_ever()


# What the server does instead of a handshake: (behaviour, kind, why).
HANDSHAKES = {
    "say nothing": (say_nothing, "timeout", "tls: no handshake in time"),
    "finish": (finish_at_once, "unavailable", "tls: the server closed"),
    "garbage": (answer_garbage, "unavailable", "tls: unexpected message"),
    "alert": (refuse_by_alert, "unavailable", "tls: sslv3 alert handshake failure"),
    "plain HTTP": (answer_plainly, "unavailable", "tls: wrong version number"),
}
PAST, NOW, FUTURE = (
    (f"{first}0101000000Z", f"{last}0101000000Z")
    for first, last in ((2020, 2021), (2020, 2099), (2098, 2099))
)


def context_of(files):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files.certificate, files.key)
    return context


class TlsTest(BadServerTest):
    async def start(self, **options):
        """Over TLS. `self.shown` is the context of the certificate that the server shows."""
        self.authority = make_certificate(self.folder, "authority")
        self.shown = self.issue("good", "localhost", NOW)
        self.choosing = self.issue("first", "localhost", NOW)
        self.choosing.sni_callback = lambda tls, *_: setattr(tls, "context", self.shown)
        self.server = await WildServer(after_request(answer(GOOD))).start(tls=self.choosing)
        self.addAsyncCleanup(self.server.stop)
        origin = f"https://localhost:{self.server.port}"
        await self.log_romeo_in(origin, http_ca_file=self.authority.certificate, **options)

    async def recover_and_stop(self):
        """The server, in good order once more, leaves its port to another one. Returns the port."""
        await self.recover()
        port = self.server.port
        await self.server.stop()
        return port

    async def serve_well(self, port):
        self.server = await WildServer(after_request(answer(GOOD))).start(port, self.choosing)
        self.addAsyncCleanup(self.server.stop)

    def issue(self, stem, host, period):
        return context_of(issue_certificate(self.folder, self.authority, host, stem, period))

    async def test_bad_certificate_is_a_failure_that_says_what_is_bad(self):
        await self.start()
        own = make_certificate(self.folder, "localhost")
        cases = {
            "certificate has expired": self.issue("expired", "localhost", PAST),
            "certificate is not yet valid": self.issue("early", "localhost", FUTURE),
            "hostname mismatch": self.issue("other", "elsewhere.test", NOW),
            "self-signed certificate": context_of(own),
        }
        self.authority = make_certificate(self.folder, "authority", stem="another")
        why = "unable to get local issuer certificate"
        cases[why] = self.issue("stranger", "localhost", NOW)
        good = self.shown
        for why, bad in cases.items():
            with self.subTest(why):
                self.shown = good
                await self.recover()
                self.shown = bad
                await self.assert_failure("unavailable", "tls: certificate verify failed: " + why)
        await self.assert_unharmed()

    async def test_server_that_speaks_old_tls_only_is_a_failure(self):
        await self.start()
        files = issue_certificate(self.folder, self.authority, "localhost", "old", NOW)
        for version in ("-tls1", "-tls1_1"):
            with self.subTest(version):
                port = await self.recover_and_stop()
                server = Child("openssl")
                await server.start(
                    *("openssl", "s_server", "-www", version, "-accept", f"127.0.0.1:{port}"),
                    *("-cert", files.certificate, "-key", files.key),
                    *("-cipher", "ALL:@SECLEVEL=0"),  # or it would not speak it either
                )
                await server.wait_line("ACCEPT")
                await self.assert_failure("unavailable", "tls: tlsv1 alert protocol version")
                await server.stop()
                await self.serve_well(port)
        await self.assert_unharmed()

    async def test_server_without_a_handshake_is_a_failure(self):
        await self.start(**STAGE)
        for name, (behave, kind, why) in HANDSHAKES.items():
            with self.subTest(name):
                port = await self.recover_and_stop()
                wild = await WildServer(behave).start(port)
                self.addAsyncCleanup(wild.stop)
                await self.assert_failure(kind, why)
                await wild.stop()
                await self.serve_well(port)
        await self.assert_unharmed()

    async def test_fault_after_the_handshake_is_a_failure(self):
        await self.start(**STAGE)
        for name in ("close after the request", "hang after the request", "hang in the body"):
            with self.subTest(name):
                await self.assert_bad(*STAGES[name])
        await self.assert_unharmed()


if __name__ == "__main__":
    unittest.main()
