#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Whatever a caller of the refresh endpoint can do wrong: what he is told, and what the log says.
Each case leaves the roster in force, and the next caller is served."""

import asyncio
import gzip
import json
import re
import unittest

from harness.backend import Silence, roster
from harness.case import HOST, EndToEndTest
from harness.process import free_port, run

PATH = "/roster_admin/refresh"
LINE = f"POST {PATH} HTTP/1.1\r\n"
POST = LINE + "Host: x\r\n"
FRIEND = f"juliet@{HOST}"


def request(line):
    return f"{line} HTTP/1.1\r\nHost: x\r\n\r\n"


def post(body, *fields):
    body = body if isinstance(body, bytes) else body.encode()
    lines = "".join(f"{field}\r\n" for field in fields)
    return (POST + lines + f"Content-Length: {len(body)}\r\n\r\n").encode() + body


def chunked(rest):
    return POST + "Transfer-Encoding: chunked\r\n\r\n" + rest


NO_VERSION = "a version other than HTTP/1.0 and HTTP/1.1"
NO_LENGTH = "Invalid character in Content-Length"
NO_CODING = "a transfer coding other than chunked"
NO_TOKEN = "Invalid header token"
NO_VALUE = "Invalid header value char"
NO_ROUTE = "no such resource"
NOT_HERE = "method not allowed here"

# What is refused as HTTP: (request, status, why, method and path that the log names). Most by the
# parser, which cannot know what follows, so that the connection is closed.
HEADS = {
    "method of nobody": (request("BREW /"), 501, "not a method of HTTP", '"" ""'),
    "method in lower case": (request(f"post {PATH}"), 501, "not a method of HTTP", '"" ""'),
    "method of WebDAV": (request("PROPFIND /x"), 405, "method not allowed", '"" /x'),
    "PUT": (request(f"PUT {PATH}"), 405, "method not allowed", f'"" {PATH}'),
    "CONNECT": (request("CONNECT x:1"), 405, "method not allowed", '"" x:1'),
    "TLS to the plain port": (b"\x16\x03\x01", 400, "TLS on a port without it", '"" ""'),
    "XMPP": ("<stream:stream>", 400, "not a method of HTTP", '"" ""'),
    "SSH": ("SSH-2.0-OpenSSH_9.2\r\n", 501, "not a method of HTTP", '"" ""'),
    "OPTIONS *": (request("OPTIONS *"), 400, "bad target", "OPTIONS *"),
    "fragment": (request("GET /a#b"), 400, "fragment in target", "GET /a#b"),
    "relative target": (request("GET a"), 400, "Invalid characters in url", '"" ""'),
    "space in target": (request("GET /a b"), 400, "Expected HTTP/", '"" /a'),
    "byte in target": (b"GET /\xe9 HTTP/1.1\r\n\r\n", 400, "Invalid char in url path", '"" ""'),
    "target too long": (request("GET /" + "a" * 9000), 414, "target too long", '"" ""'),
    "HTTP/0.9": ("GET /\r\n\r\n", 505, NO_VERSION, '"" /'),
    "HTTP/1.2": (request("GET /").replace("1.1", "1.2"), 505, "Invalid HTTP version", '"" /'),
    "HTTP/2.0": (request("GET /").replace("1.1", "2.0"), 505, NO_VERSION, '"" /'),
    "HTTP/2": ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, NO_VERSION, '"" *'),
    "RTSP": ("OPTIONS / RTSP/1.0\r\n\r\n", 505, NO_VERSION, '"" /'),
    "no Host": (LINE + "\r\n", 400, "no Host"),
    "two Hosts": (POST + "Host: x\r\n\r\n", 400, "more than one Host"),
    "no name": (POST + ": x\r\n\r\n", 400, "field without a name"),
    "no colon": (POST + "X\r\n\r\n", 400, NO_TOKEN),
    "space before colon": (POST + "X : x\r\n\r\n", 400, NO_TOKEN),
    "NUL in a field": (POST + "X: \0\r\n\r\n", 400, NO_VALUE),
    "control in a field": (POST + "X: \1\r\n\r\n", 400, NO_VALUE),
    "folded field": (POST + "X: a\r\n b\r\n\r\n", 400, "a line begins with white space"),
    "bare return": (POST + "X: \rY: 2\r\n\r\n", 400, "Expected LF after CR"),
    "line feed in a field": (POST + "X: a\nY: b\r\n\r\n", 400, NO_VALUE),
    "line feed after the fields": (POST + "\n", 400, "bare line feed"),
    "head too long": (POST + "X: " + "a" * 70_000 + "\r\n\r\n", 431, "fields too long"),
    "too many fields": (POST + "X: a\r\n" * 500 + "\r\n", 431, "too many fields"),
    "two lengths": (POST + "Content-Length: 2\r\n" * 2 + "\r\n[]", 400, "Duplicate Content-Length"),
    "list of lengths": (POST + "Content-Length: 2, 2\r\n\r\n[]", 400, NO_LENGTH),
    "signed length": (POST + "Content-Length: +2\r\n\r\n[]", 400, NO_LENGTH),
    "negative length": (POST + "Content-Length: -2\r\n\r\n[]", 400, NO_LENGTH),
    "hexadecimal length": (POST + "Content-Length: 0x2\r\n\r\n[]", 400, NO_LENGTH),
    "empty length": (POST + "Content-Length: \r\n\r\n[]", 400, "Empty Content-Length"),
    "length of 2^70": (POST + f"Content-Length: {1 << 70}\r\n\r\n", 400, "Content-Length overflow"),
    "length over the limit": (POST + "Content-Length: 9999999\r\n\r\n", 413, "body too large"),
    "length and chunked": (
        *(POST + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        "Content-Length can't be present with Transfer-Encoding",
    ),
    "coding of nobody": (POST + "Transfer-Encoding: xchunked\r\n\r\n", 501, NO_CODING),
    "coding in a coding": (POST + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501, NO_CODING),
    "chunked in HTTP/1.0": (
        *(chunked("0\r\n\r\n").replace("HTTP/1.1", "HTTP/1.0"), 400),
        "Transfer-Encoding in HTTP/1.0",
    ),
    "compressed body": (
        *(post(gzip.compress(b'["romeo"]'), "Content-Encoding: gzip"), 415, "a content coding"),
    ),
    "no chunk size": (chunked("x\r\n"), 400, "Invalid character in chunk size"),
    "negative chunk size": (chunked("-2\r\n"), 400, "Invalid character in chunk size"),
    "chunk size of 2^68": (chunked("f" * 17 + "\r\n"), 400, "Chunk size overflow"),
    "chunk over the limit": (chunked("7000000\r\n"), 413, "body too large"),
    "chunk longer than it says": (chunked("2\r\n[]]\r\n"), 400, "Expected CRLF after chunk"),
    "chunk extension": (chunked("2;" + "a" * 70_000), 400, "chunk extensions too long"),
    "chunk with bare line feed": (chunked("2\n[]"), 400, "Invalid character in chunk size"),
    "bad trailer": (chunked("2\r\n[]\r\n0\r\nX : a\r\n\r\n"), 400, NO_TOKEN),
    "expectation": (POST + "Expect: tea\r\n\r\n", 417, "unknown expectation"),
    "head cut off": ("POST /ros", 400, "request cut off", '"" /ros'),
    "body cut off": (POST + "Content-Length: 9\r\n\r\n[", 400, "request cut off"),
    "chunk cut off": (chunked("9\r\n["), 400, "request cut off"),
    "between chunks cut off": (chunked("1\r\n[\r\n"), 400, "request cut off"),
}

# The same, of requests that are good HTTP: the connection stays open.
ROUTES = {
    "no such path": (request("GET /nothing"), 404, NO_ROUTE, "GET /nothing"),
    "no path": (request("GET /"), 404, NO_ROUTE, "GET /"),
    "two slashes": (request(f"GET /{PATH}"), 404, NO_ROUTE, f"GET /{PATH}"),
    "dots": (request(f"GET /x/..{PATH}"), 404, NO_ROUTE, f"GET /x/..{PATH}"),
    "line break in the path": (request("GET /a%0aerror"), 404, NO_ROUTE, "GET /a%0aerror"),
    "GET of a batch": (request(f"GET {PATH}"), 405, NOT_HERE, f"GET {PATH}"),
    "OPTIONS": (request(f"OPTIONS {PATH}"), 405, NOT_HERE, f"OPTIONS {PATH}"),
    "POST of one user": (request(f"POST {PATH}/romeo"), 405, NOT_HERE, f"POST {PATH}/romeo"),
}

NO_TEXT = "JSON, byte 1: lexical error: invalid char in json text."


def element(position, fault, index=0):
    return f"JSON, byte {position}: element [{index}]: {fault}"


# What refresh refuses: (request, status, why).
BODIES = {
    "no body": (POST + "\r\n", 400, "no JSON: there is nothing"),
    "empty body": (post(""), 400, "no JSON: there is nothing"),
    "form": (post("users=romeo"), 400, NO_TEXT),
    "bare name": (post("romeo"), 400, NO_TEXT),
    "HTML": (post("<html></html>"), 400, "no JSON: it is HTML or XML"),
    "compressed, unsaid": (post(gzip.compress(b"[]")), 400, "no JSON: it is compressed"),
    "UTF-16": (post('["romeo"]'.encode("utf-16")), 400, "no JSON: it must be in UTF-8"),
    "Latin-1": (
        *(post('["é"]'.encode("latin-1")), 400),
        "JSON, byte 4: lexical error: invalid bytes in UTF8 string.",
    ),
    "overlong UTF-8": (post(b'["\xc0\xaf"]'), 400, "JSON, byte 5: invalid UTF-8"),
    "surrogates in UTF-8": (post(b'["\xed\xa0\x80"]'), 400, "JSON, byte 6: invalid UTF-8"),
    "cut off": (post('["romeo"'), 400, "JSON, byte 8: parse error: premature EOF"),
    "two texts": (post('["a"]["b"]'), 400, "JSON, byte 6: parse error: trailing garbage"),
    "comma at the end": (
        *(post('["romeo",]'), 400),
        "JSON, byte 10: parse error: unallowed token at this point in JSON text",
    ),
    "single quotes": (post("['a']"), 400, NO_TEXT.replace("1", "2")),
    "object": (post('{"a":1}'), 400, "JSON, byte 1: expected an array of usernames"),
    "string": (post('"romeo"'), 400, "JSON, byte 7: expected an array of usernames"),
    "number": (post("7"), 400, "JSON, byte 1: expected an array of usernames"),
    "null": (post("null"), 400, "JSON, byte 4: expected an array of usernames"),
    "number as a name": (post("[1]"), 400, element(2, "a number is not a username")),
    "null as a name": (post("[null]"), 400, element(5, "null is not a username")),
    "true as a name": (post("[true]"), 400, element(5, "a boolean is not a username")),
    "array as a name": (post('["a",[]]'), 400, element(6, "an array is not a username", 1)),
    "deep": (post("[" * 10_000), 400, element(2, "an array is not a username")),
    "empty name": (post('[""]'), 400, element(3, "an empty username")),
    "name with a space": (
        *(post('["a b"]'), 400),
        element(6, '"a b" is not a username: node holds a forbidden character'),
    ),
    "name with a control": (
        *(post('["a\\u0000"]'), 400),
        element(10, '"a?" is not a username: node holds a forbidden character'),
    ),
    "long name": (
        *(post(json.dumps(["a" * 1100])), 400),
        element(1103, f'"{"a" * 80}" is not a username: node is longer than 1023 bytes'),
    ),
    "name of another server": (
        *(post('["a@b.test"]'), 400),
        element(11, '"a@b.test" is not on a host served here'),
    ),
    "address without a name": (post('["@"]'), 400, element(4, '"@" is not a JID: node is empty')),
    "too many names": (post(json.dumps(["a"] * 60)), 413, "JSON, byte 254: more than 50 elements"),
    "bad percent in the path": (
        *(request(f"GET {PATH}/%zz"), 400),
        "bad percent-encoding in the path",
    ),
    "no name in the path": (request(f"GET {PATH}/"), 400, "an empty username"),
    "byte in the path": (
        *(request(f"GET {PATH}/%e9"), 400),
        '"?" is not a username: node is not valid UTF-8',
    ),
}

TLS = {
    "plain HTTP": (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "http request"),
    "something else": (b"\x16\x03\x01garbage garbage", "packet length too long"),
}


OVERDUE = "the refresh took too long"


def quoted(text):
    return '"' + text.replace('"', '\\"') + '"' if re.search('[ "]', text) else text


class BadRequestTest(EndToEndTest):
    async def start(self, **options):
        """Romeo is online and has a friend in his roster. At level debug each refusal is logged."""
        await self.start_scene(
            "romeo", "juliet", friends=[("romeo", "juliet")], log_level="debug", **options
        )
        self.romeo = await self.log_in("romeo")
        self.mark = len(self.romeo.journal)

    async def assert_logged(self, since, wanted):
        """In any order; the answer that a client has may be ahead of the log."""
        enough = "lines as many as faults"
        await self.daemon.log.wait(lambda _: len(self.logged(since)) >= len(wanted), enough, since)
        self.assertEqual(sorted(self.logged(since)), sorted(wanted))

    def logged(self, since):
        """The lines that say that something was wrong, without what differs each time."""
        lines = (line.split(" ", 2) for line in self.daemon.log.entries[since:])
        texts = [rest.strip() for _, level, rest in lines if level != "debug"]
        return [
            re.sub(r"peer=\S+", "peer=P", re.sub(r"connection=\d+", "connection=N", text))
            for text in texts
            if text.startswith(("http ", "refresh refused", "tls "))
        ]

    async def assert_unharmed(self):
        self.assertEqual((await self.refresh("romeo"))[1]["updated"], 1)
        await self.romeo.ping()
        self.assertEqual(self.romeo.order(self.mark), [])
        self.assertEqual(list(await self.romeo.ask_roster()), [FRIEND])
        self.mark = len(self.romeo.journal)

    async def assert_refused(self, data, status, why, line):
        since = len(self.daemon.log)
        raw = await self.open_raw_http()
        await raw.send(data)
        raw.half_close()
        head, _, body = (await raw.read_all()).partition("\r\n\r\n")
        self.assertEqual(head.split("\r\n")[0].split(" ")[:2], ["HTTP/1.1", str(status)])
        self.assertIn("\r\nContent-Type: application/json\r\n", head)
        self.assertEqual(json.loads(body), {"status": "error", "message": why})
        await self.assert_unharmed()
        await self.assert_logged(since, [line])
        return head

    def refused_line(self, status, why, what):
        method, path = what.split(" ")
        return (
            f"http request refused connection=N peer=P method={method} path={path}"
            f" status={status} why={quoted(why)} not_logged=0"
        )

    async def test_bad_http_is_refused_and_the_connection_closed(self):
        await self.start(refresh_body_max=2000)
        for name, (data, status, why, *what) in HEADS.items():
            what = what[0] if what else f"POST {PATH}"
            with self.subTest(name):
                line = self.refused_line(status, why, what)
                head = await self.assert_refused(data, status, why, line)
                self.assertIn("\r\nConnection: close", head)

    async def test_requests_for_what_is_not_there_are_refused(self):
        await self.start()
        for name, (data, status, why, what) in ROUTES.items():
            with self.subTest(name):
                line = self.refused_line(status, why, what)
                head = await self.assert_refused(data, status, why, line)
                self.assertNotIn("Connection:", head)
                self.assertEqual("\r\nAllow: " in head, status == 405)

    async def test_bodies_that_are_no_list_of_names_are_refused(self):
        await self.start(refresh_batch_max=50)
        for name, (data, status, why) in BODIES.items():
            with self.subTest(name):
                line = f"refresh refused connection=N peer=P why={quoted(why)} not_logged=0"
                await self.assert_refused(data, status, why, line)

    async def test_requests_that_trickle_are_ended(self):
        await self.start(http_request_head_timeout="2s", http_request_body_timeout="1s")
        head, body = "the request took too long", "the request's body took too long"
        cases = [
            ("POST /ros", head, '"" /ros'),
            (POST + "X: a", head, f"POST {PATH}"),
            (POST + "Content-Length: 9\r\n\r\n[", body, f"POST {PATH}"),
            (chunked("1\r\n[\r\n"), body, f"POST {PATH}"),
        ]
        since = len(self.daemon.log)
        answers = await asyncio.gather(*(self.send_raw_http(data) for data, _, _ in cases))
        for said, (data, why, _) in zip(answers, cases):
            with self.subTest(data):
                self.assertTrue(said.startswith("HTTP/1.1 408 Request Timeout\r\n"), said)
                self.assertIn(why, said)
        lines = [self.refused_line(408, why, what) for _, why, what in cases]
        await self.assert_logged(since, lines)
        await self.assert_unharmed()

    async def test_silent_connection_is_closed(self):
        await self.start(http_request_head_timeout="300ms")
        self.assertEqual(await (await self.open_raw_http()).read_all(), "")
        await self.assert_unharmed()

    async def test_connection_over_the_limit_costs_one_that_has_asked_for_nothing(self):
        await self.start(http_max_connections=2)
        first, second = await self.open_raw_http(), await self.open_raw_http()
        since = len(self.daemon.log)
        await self.open_raw_http()
        self.assertEqual(await first.read_all(), "")
        await self.daemon.child.wait_line("turned away", since)
        why = 'why="too many connections" limit=2 not_logged=0'
        line = f"http connection turned away connection=N peer=P {why}"
        await self.assert_logged(since, [line])
        second.half_close()
        await second.read_all()
        await self.assert_unharmed()

    async def test_what_is_no_tls_is_refused_by_the_https_port(self):
        port = free_port()
        await self.start(https_port=port)
        for name, (data, why) in TLS.items():
            with self.subTest(name):
                since = len(self.daemon.log)
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(data)
                await asyncio.wait_for(reader.read(), 20)
                writer.close()
                line = "tls connection failed connection=N peer=P"
                line += f" reason={quoted(why)} not_logged=0"
                await self.assert_logged(since, [line])
                await self.assert_unharmed()

    async def test_caller_who_does_not_trust_or_is_too_old_is_logged(self):
        port = free_port()
        await self.start(https_port=port)
        for arguments, why in (
            ([], "tlsv1 alert unknown ca"),
            (["-k", "--tls-max", "1.1"], "unsupported protocol"),
        ):
            with self.subTest(why):
                since = len(self.daemon.log)
                url = f"https://127.0.0.1:{port}{PATH}"
                status, _, _ = await run("curl", "-sS", "--max-time", "20", *arguments, url)
                self.assertNotEqual(status, 0)
                await self.daemon.child.wait_line(f'reason="{why}"', since)
                await self.assert_unharmed()


class BusyTest(EndToEndTest):
    """Requests that come when they cannot be served."""

    async def start(self, **options):
        """Romeo is online, and the next request for his roster is not answered."""
        await self.start_back_end()
        self.back_end.answers = {"/contacts/romeo": roster(FRIEND)}
        url = f"http://127.0.0.1:{self.back_end.port}/contacts/%s"
        self.make_daemon(http_roster_url=url, **options)
        await self.start_daemon("romeo")
        self.romeo = await self.log_in("romeo")
        self.silence = Silence(roster(FRIEND))
        self.back_end.answers = {"/contacts/romeo": self.silence}

    async def refused(self):
        return await self.send_raw_http(post('["romeo"]', "Connection: close"))

    async def test_refresh_over_the_limit_is_told_when_to_come_again(self):
        await self.start(refresh_batches_max=1)
        first = asyncio.create_task(self.refresh("romeo"))
        await self.back_end.asked("/contacts/romeo", 2)
        said = await self.refused()
        self.assertTrue(said.startswith("HTTP/1.1 503 Service Unavailable\r\n"), said)
        self.assertIn("\r\nRetry-After: 1\r\n", said)
        self.assertIn('{"status":"error","message":"too many refreshes at once"}', said)
        line = 'why="too many refreshes at once" not_logged=0'
        self.assertIn(" refresh refused ", await self.daemon.child.wait_line(line))
        self.silence.release()
        self.assertEqual((await first)[1]["updated"], 1)

    async def test_refresh_that_takes_too_long_is_answered(self):
        await self.start(refresh_deadline="300ms")
        said = await self.refresh("romeo")
        message = "roster update failed: " + OVERDUE
        wanted = {"status": "error", "message": message, "updated": 0, "errors": 1}
        self.assertEqual(said, (200, wanted))
        line = await self.daemon.child.wait_line("refresh done with errors")
        self.assertTrue(line.endswith(f" first_error={quoted(OVERDUE)}"), line)
        self.assertEqual(list(await self.romeo.ask_roster()), [FRIEND])

    async def test_caller_who_goes_away_gets_his_refresh_all_the_same(self):
        await self.start()
        raw = await self.open_raw_http()
        await raw.send(post('["romeo"]'))
        await self.back_end.asked("/contacts/romeo", 2)
        await raw.close()
        await self.romeo.ping()
        self.silence.data = roster(FRIEND, f"mercutio@{HOST}")
        self.silence.release()
        await self.romeo.sees("push", jid=f"mercutio@{HOST}")
        await self.daemon.child.wait_line(" refresh done users=1 updated=1 errors=0 ")


if __name__ == "__main__":
    unittest.main()
