#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Rosters in pages, of which the first is good: whatever can be wrong with where the next one is,
and with the next one itself. Nothing of such a roster is used."""

import json
import unittest

from harness.backend import Silence, answer, redirect, roster
from harness.case import HOST
from harness.fetch_fault import FRIEND, GOOD, PATH, FetchFaultTest

CUT_OFF = "the server closed in the middle of its answer"
OTHER = f"mercutio@{HOST}"
NO_SCHEME = "a next page at a bad URL: a scheme other than http and https"
SPACE = "a next page at a bad URL: control character or space"
TWO = "/contacts/romeo?page=2"


def page(next_page, *contacts):
    meta = {"$meta": {"next": next_page}}
    return answer(json.dumps({contact: {} for contact in contacts} | meta))


def linked(target):
    return answer(GOOD, "200 OK", f"Link: {target}; rel=next")


def elsewhere(origin):
    return "a next page at another origin: " + origin


# First pages: (answer, kind, why).
FIRST = {
    "host": (page("http://192.0.2.1/x", OTHER), "invalid", elsewhere("http://192.0.2.1")),
    "port": (page("//127.0.0.1:1/x", OTHER), "invalid", elsewhere("http://127.0.0.1:1")),
    "scheme": (page("https://127.0.0.1/x", OTHER), "invalid", elsewhere("https://127.0.0.1")),
    "file": (page("file:///etc/passwd", OTHER), "invalid", NO_SCHEME),
    "script": (page("javascript:alert(1)", OTHER), "invalid", NO_SCHEME),
    "no host": (page("http:/x", OTHER), "invalid", "a next page at a bad URL: no host"),
    "bad host": (page("http://[::", OTHER), "invalid", "a next page at a bad URL: bad host"),
    "space": (page("/a b", OTHER), "invalid", SPACE),
    "line break": (page("/a\r\nX: y", OTHER), "invalid", SPACE),
    "half a surrogate pair": (page("/\ud83d", OTHER), "invalid", SPACE),
    "number": (page(2, OTHER), "invalid", "JSON, byte 49: the next page is no URL"),
    "true": (page(True, OTHER), "invalid", "JSON, byte 52: the next page is no URL"),
    "object": (page({"href": TWO}, OTHER), "invalid", "JSON, byte 49: the next page is no URL"),
    "array": (page([TWO], OTHER), "invalid", "JSON, byte 49: the next page is no URL"),
    "linked host": (linked("<//192.0.2.1/x>"), "invalid", elsewhere("http://192.0.2.1")),
    "linked file": (linked("<file:///x>"), "invalid", NO_SCHEME),
    "linked space": (linked("</a b>"), "invalid", SPACE),
    "itself": (page(PATH, OTHER), "too-large", "more than 3 pages"),
    "chain": (page("/1", OTHER), "too-large", "more than 3 pages"),
}

# Next pages: (answer, kind, why).
NEXT = {
    "201": (answer("{}", "201 So"), "invalid", "HTTP status 201"),
    "304": (answer("{}", "304 So"), "invalid", "HTTP status 304"),
    "400": (answer("{}", "400 So"), "invalid", "HTTP status 400"),
    "401": (answer("{}", "401 So"), "denied", "HTTP status 401"),
    "404": (answer("{}", "404 So"), "not-found", "HTTP status 404"),
    "408": (answer("{}", "408 So"), "unavailable", "HTTP status 408"),
    "503": (answer("{}", "503 So"), "unavailable", "HTTP status 503"),
    "no HTTP": (b"<html>", "invalid", "bad answer: it is no HTTP"),
    "nothing": (b"", "unavailable", "the server closed"),
    "cut off": (answer(GOOD, length=4000), "unavailable", CUT_OFF),
    "silence": (Silence(), "timeout", "first byte: no answer in time"),
    "too long": (answer("", length=9000), "too-large", "bad answer: body too large"),
    "empty": (answer(""), "invalid", "no JSON: there is nothing"),
    "HTML": (answer("<p>Log in"), "invalid", "no JSON: it is HTML or XML"),
    "UTF-16": (answer("{}".encode("utf-16")), "invalid", "no JSON: it must be in UTF-8"),
    "null": (answer("null"), "invalid", "JSON, byte 4: a roster must be an object"),
    "cut JSON": (answer(GOOD[:-1]), "invalid", "JSON, byte 26: parse error: premature EOF"),
    "one too many": (
        *(roster(*(f"user{i}@{HOST}" for i in range(50))), "too-large"),
        "more than 50 contacts in all pages",
    ),
    "redirect": (
        *(redirect("//192.0.2.1"), "invalid"),
        "a redirect to another origin: http://192.0.2.1",
    ),
    "redirect to itself": (redirect(TWO), "invalid", "too many redirects"),
    "next elsewhere": (page("//192.0.2.1"), "invalid", elsewhere("http://192.0.2.1")),
    "next is no URL": (page(7), "invalid", "JSON, byte 20: the next page is no URL"),
    "next is the first": (page(PATH), "too-large", "more than 3 pages"),
}


class BadPageTest(FetchFaultTest):
    async def start(self):
        await self.start_back_end()
        self.back_end.answers = {PATH: answer(GOOD)}
        self.back_end.answers |= {f"/{i}": page(f"/{i + 1}") for i in range(1, 6)}
        options = {"roster_pages_max": 3, "roster_body_max": 5000, "roster_contacts_max": 50}
        origin = f"http://127.0.0.1:{self.back_end.port}"
        await self.log_romeo_in(origin, http_first_byte_timeout="500ms", **options)

    async def assert_bad(self, first, kind, why):
        self.back_end.answers[PATH] = answer(GOOD)
        await self.recover()
        self.back_end.answers[PATH] = first
        await self.assert_failure(kind, why)

    async def test_address_of_a_next_page_that_may_not_be_followed_is_a_failure(self):
        await self.start()
        for name, (first, kind, why) in FIRST.items():
            with self.subTest(name):
                await self.assert_bad(first, kind, why)
        await self.assert_unharmed()

    async def test_bad_next_page_is_a_failure_of_the_whole(self):
        await self.start()
        for name, (second, kind, why) in NEXT.items():
            with self.subTest(name):
                self.back_end.answers[TWO] = second
                await self.assert_bad(page(TWO, OTHER), kind, why)
        await self.assert_unharmed()

    async def test_after_all_of_it_good_pages_are_applied_as_one(self):
        await self.start()
        self.back_end.answers[PATH] = [page("?page=2", FRIEND)] * 2
        self.back_end.answers[TWO] = [answer("oops"), roster(OTHER)]
        why = "JSON, byte 1: lexical error: invalid char in json text."
        await self.assert_failure("invalid", why)
        await self.assert_unharmed()
        self.assertEqual((await self.refresh("romeo"))[1]["updated"], 1)
        await self.romeo.sees("push", self.mark, jid=OTHER)
        self.assertEqual(set(await self.romeo.ask_roster()), {FRIEND, OTHER})


if __name__ == "__main__":
    unittest.main()
