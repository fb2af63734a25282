#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Whatever a web application can answer wrongly to a request for a roster: what the caller of the
refresh is told, and what the log says. The roster in force stays in force."""

import gzip
import unittest

from harness.backend import BackEnd, Silence, answer, redirect, roster
from harness.case import HOST
from harness.fetch_fault import FRIEND, GOOD, PATH, FetchFaultTest, quoted
from slixmpp.exceptions import IqError

OK = b"HTTP/1.1 200 OK\r\n"


def status(code):
    return answer("{}", f"{code} So")


def head(*fields):
    return OK + "".join(f"{field}\r\n" for field in fields).encode("latin-1") + b"\r\n"


def chunks(rest):
    return head("Transfer-Encoding: chunked") + rest


def in_json(fault, byte):
    return f"JSON, byte {byte}: {fault}"


NO_HTTP = "bad answer: it is no HTTP"
NO_CODE = "bad answer: bad status code"
NO_TOKEN = "bad answer: Invalid header token"
NO_CODING = "bad answer: a transfer coding other than chunked"
NO_TEXT = in_json("lexical error: invalid char in json text.", 1)
NO_ROSTER = "a roster must be an object"
CUT_OFF = "the server closed in the middle of its answer"
NO_LOCATION = "a redirect without a Location"
NO_SCHEME = "a redirect to a bad URL: a scheme other than http and https"

# kind -> status codes that lead to it
CODES = {
    "invalid": [201, 202, 203, 204, 205, 206, 226, 300, 304, 305, 306, 399, 400, 402, 405, 406]
    + [407, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418, 421, 422, 423, 428, 431, 451, 499],
    "denied": [401, 403],
    "not-found": [404],
    "unavailable": [408, 425, 429, 500, 501, 502, 503, 504, 505, 507, 508, 511, 520, 599],
}

# What a server says that is no HTTP, or bad HTTP: (bytes, kind, why).
HTTP = {
    "status 99": (status(99), "invalid", NO_CODE),
    "status 600": (status(600), "invalid", NO_CODE),
    "status 101": (status(101), "invalid", "bad answer: switches protocols unasked"),
    "interim only": (b"HTTP/1.1 100 Continue\r\n\r\n", "unavailable", CUT_OFF),
    "interims without end": (
        *(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 20, "invalid"),
        "bad answer: too many interim responses",
    ),
    "nothing": (b"", "unavailable", "the server closed"),
    "half a head": (OK + b"Content-Le", "unavailable", CUT_OFF),
    "SSH": (b"SSH-2.0-OpenSSH_9.2\r\n", "invalid", NO_HTTP),
    "HTML without a head": (b"<html>Oops</html>", "invalid", NO_HTTP),
    "HTTP/2 in text": (b"HTTP/2 200\r\n\r\n", "invalid", "bad answer: Expected dot"),
    "TLS alert": (b"\x15\3\3\0\2\2\x16", "invalid", "bad answer: it is TLS"),
    "HTTP/2 in frames": (b"\0\0\x12\4\0\0\0\0\0", "invalid", NO_HTTP),
    "no field name": (head(": x"), "invalid", "bad answer: field without a name"),
    "space before colon": (head("X : y"), "invalid", NO_TOKEN),
    "folded field": (head("X: a", " b"), "invalid", "bad answer: a line begins with white space"),
    "NUL in a field": (head("X: \0"), "invalid", "bad answer: Invalid header value char"),
    "bare line feeds": (
        *(OK.replace(b"\r", b"") + b"Content-Length: 2\n\n{}", "invalid"),
        "bad answer: bare line feed",
    ),
    "head too long": (head("X: " + "a" * 70_000), "too-large", "bad answer: fields too long"),
    "too many fields": (head(*["X: a"] * 500), "too-large", "bad answer: too many fields"),
    "two lengths": (
        *(head("Content-Length: 2", "Content-Length: 3"), "invalid"),
        "bad answer: Duplicate Content-Length",
    ),
    "negative length": (
        *(head("Content-Length: -2"), "invalid"),
        "bad answer: Invalid character in Content-Length",
    ),
    "length of 2^70": (
        *(head(f"Content-Length: {1 << 70}"), "invalid"),
        "bad answer: Content-Length overflow",
    ),
    "length over the limit": (
        *(head("Content-Length: 99000000"), "too-large"),
        "bad answer: body too large",
    ),
    "length and chunked": (
        *(head("Content-Length: 2", "Transfer-Encoding: chunked"), "invalid"),
        "bad answer: Content-Length can't be present with Transfer-Encoding",
    ),
    "transfer coding": (head("Transfer-Encoding: gzip, chunked"), "invalid", NO_CODING),
    "no chunk size": (chunks(b"x\r\n"), "invalid", "bad answer: Invalid character in chunk size"),
    "chunk longer than it says": (
        *(chunks(b"2\r\n{}}\r\n"), "invalid"),
        "bad answer: Expected CRLF after chunk",
    ),
    "chunk over the limit": (
        *(chunks(b"7000000\r\n"), "too-large"),
        "bad answer: body too large",
    ),
    "chunks over the limit": (
        *(chunks(b"fff\r\n" + b" " * 4095 + b"\r\nfff\r\n"), "too-large"),
        "bad answer: body too large",
    ),
    "chunk cut off": (chunks(b"5\r\n{}"), "unavailable", CUT_OFF),
    "no last chunk": (chunks(b"2\r\n{}\r\n"), "unavailable", CUT_OFF),
    "body cut off": (answer(GOOD, length=4000), "unavailable", CUT_OFF),
    "body missing": (answer("", length=10), "unavailable", CUT_OFF),
    "gzip unasked": (
        *(answer(gzip.compress(b"{}"), "200 OK", "Content-Encoding: gzip"), "invalid"),
        "bad answer: a content coding that was not asked for",
    ),
}

# Bodies that are no roster: (body, why).
BODIES = {
    "empty": ("", "no JSON: there is nothing"),
    "blank": (" \n", "no JSON: there is nothing"),
    "HTML": ("<!DOCTYPE html><p>Please log in", "no JSON: it is HTML or XML"),
    "warning of PHP": ("<br />\n<b>Warning</b>" + GOOD, "no JSON: it is HTML or XML"),
    "text": ("Internal error", NO_TEXT),
    "gzip, unsaid": (gzip.compress(GOOD.encode()), "no JSON: it is compressed"),
    "UTF-16": (GOOD.encode("utf-16"), "no JSON: it must be in UTF-8"),
    "UTF-16 without mark": (GOOD.encode("utf-16-be"), "no JSON: it must be in UTF-8"),
    "UTF-32": (GOOD.encode("utf-32"), "no JSON: it must be in UTF-8"),
    "Latin-1": (
        '{"a@b":{"name":"é"}}'.encode("latin-1"),
        in_json("lexical error: invalid bytes in UTF8 string.", 18),
    ),
    "overlong UTF-8": (b'{"a@b":{"name":"\xc0\xaf"}}', in_json("invalid UTF-8", 19)),
    "null": ("null", in_json(NO_ROSTER, 4)),
    "true": ("true", in_json(NO_ROSTER, 4)),
    "number": ("7", in_json(NO_ROSTER, 1)),
    "string": ('"x"', in_json(NO_ROSTER, 3)),
    "names": ('["a"]', in_json("an array with something in it is not a roster", 4)),
    "objects": ('[{"jid":"a"}]', in_json("an array with something in it is not a roster", 2)),
    "cut off": (GOOD[:-1], in_json("parse error: premature EOF", 26)),
    "two rosters": (GOOD * 2, in_json("parse error: trailing garbage", 28)),
    "comma at the end": (
        '{"a@b":{},}',
        in_json("parse error: invalid object key (must be a string)", 11),
    ),
    "single quotes": ("{'a@b':{}}", NO_TEXT.replace("1", "2")),
    "JSONP": ("callback({})", NO_TEXT),
    "deep": ('{"a@b":' + "[" * 1000, in_json("nested too deeply", 15)),
}

# Redirects that may not be followed: (Location, why).
REDIRECTS = {
    "host": ("http://192.0.2.1/x", "a redirect to another origin: http://192.0.2.1"),
    "port": ("http://127.0.0.1:1/x", "a redirect to another origin: http://127.0.0.1:1"),
    "scheme": ("https://127.0.0.1/x", "a redirect to another origin: https://127.0.0.1"),
    "no scheme": ("//127.0.0.2/x", "a redirect to another origin: http://127.0.0.2"),
    "user": ("http://a:b@127.0.0.2/x", "a redirect to another origin: http://127.0.0.2"),
    "file": ("file:///etc/passwd", NO_SCHEME),
    "script": ("javascript:alert(1)", NO_SCHEME),
    "no URL": ("http://[::", "a redirect to a bad URL: bad host"),
    "no host": ("http:/x", "a redirect to a bad URL: no host"),
    "space": ("/a b", "a redirect to a bad URL: control character or space"),
    "itself": (PATH, "too many redirects"),
    "empty": ("", "too many redirects"),
    "chain": ("/1", "too many redirects"),
}


class BadAnswerTest(FetchFaultTest):
    async def start(self, **options):
        await self.start_back_end()
        self.back_end.answers = {PATH: answer(GOOD)}
        self.back_end.answers |= {f"/{i}": redirect(f"/{i + 1}") for i in range(1, 6)}
        origin = f"http://127.0.0.1:{self.back_end.port}"
        await self.log_romeo_in(origin, roster_body_max=5000, **options)

    async def assert_bad(self, data, kind, why):
        self.back_end.answers[PATH] = answer(GOOD)
        await self.recover()
        self.back_end.answers[PATH] = data
        await self.assert_failure(kind, why)

    async def assert_next_counts(self):
        await self.assert_unharmed()
        self.back_end.answers[PATH] = roster(FRIEND, f"mercutio@{HOST}")
        self.assertEqual((await self.refresh("romeo"))[1]["updated"], 1)
        await self.romeo.sees("push", self.mark, jid=f"mercutio@{HOST}")

    async def test_status_other_than_200_is_a_failure_of_its_kind(self):
        await self.start()
        for kind, codes in CODES.items():
            for code in codes:
                with self.subTest(code):
                    await self.assert_bad(status(code), kind, f"HTTP status {code}")
        await self.assert_next_counts()

    async def test_bad_http_is_a_failure(self):
        await self.start()
        for name, (data, kind, why) in HTTP.items():
            with self.subTest(name):
                await self.assert_bad(data, kind, why)
        await self.assert_next_counts()

    async def test_body_that_is_no_roster_is_a_failure(self):
        await self.start()
        for name, (body, why) in BODIES.items():
            with self.subTest(name):
                await self.assert_bad(answer(body), "invalid", why)
        await self.assert_next_counts()

    async def test_roster_over_a_limit_is_a_failure(self):
        await self.start(roster_contacts_max=50)
        crowd = roster(*(f"user{i}@{HOST}" for i in range(51)))
        await self.assert_bad(crowd, "too-large", in_json("more than 50 contacts", 1362))
        blanks = answer("{" + " " * 6000 + "}")
        await self.assert_bad(blanks, "too-large", "bad answer: body too large")
        await self.assert_next_counts()

    async def test_redirect_that_may_not_be_followed_is_a_failure(self):
        await self.start()
        stranger = await BackEnd().start()
        self.addAsyncCleanup(stranger.stop)
        elsewhere = f"http://127.0.0.1:{stranger.port}"
        away = (elsewhere + PATH, "a redirect to another origin: " + elsewhere)
        for code in (301, 302, 303, 307, 308):
            with self.subTest(code):
                await self.assert_bad(answer("", f"{code} So"), "invalid", NO_LOCATION)
        for name, (target, why) in {**REDIRECTS, "another server": away}.items():
            with self.subTest(name):
                await self.assert_bad(redirect(target), "invalid", why)
        self.assertEqual(stranger.requests.entries, [])
        await self.assert_next_counts()


# The same at login: user -> (answer, kind, why).
AT_LOGIN = {
    "banquo": (status(403), "denied", "HTTP status 403"),
    "duncan": (status(503), "unavailable", "HTTP status 503"),
    "fleance": (answer("<html>"), "invalid", "no JSON: it is HTML or XML"),
    "hecate": (b"", "unavailable", "the server closed"),
    "lennox": (answer(GOOD, length=4000), "unavailable", CUT_OFF),
    "macduff": (answer("", length=9000), "too-large", "bad answer: body too large"),
    "ross": (redirect("//192.0.2.1"), "invalid", "a redirect to another origin: http://192.0.2.1"),
    "siward": (Silence(), "timeout", "first byte: no answer in time"),
}


class BadAnswerAtLoginTest(FetchFaultTest):
    async def refused_roster(self, user):
        client = await self.make_client(user).open()
        with self.assertRaises(IqError) as caught:
            await client.get_roster(timeout=20)
        await client.close()
        return caught.exception.etype, caught.exception.condition

    async def test_client_is_told_to_wait_and_the_log_says_why(self):
        await self.start_back_end()
        self.back_end.answers = {f"/contacts/{user}": AT_LOGIN[user][0] for user in AT_LOGIN}
        self.back_end.answers[PATH] = answer(GOOD)
        origin = f"http://127.0.0.1:{self.back_end.port}"
        limits = {"roster_body_max": 5000, "http_first_byte_timeout": "500ms"}
        await self.log_romeo_in(origin, *AT_LOGIN, **limits)
        for user, (_, kind, why) in AT_LOGIN.items():
            with self.subTest(user):
                await self.recover()
                self.assertEqual(await self.refused_roster(user), ("wait", "remote-server-timeout"))
                line = f"fetch failed user={user}@{HOST} kind={kind} why={quoted(why)} "
                await self.daemon.child.wait_line(line)
        await self.assert_unharmed()


if __name__ == "__main__":
    unittest.main()
