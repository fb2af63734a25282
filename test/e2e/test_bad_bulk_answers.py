#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Whatever a web application can answer wrongly when it is asked for many rosters at once."""

import gzip
import json
import unittest

from harness.backend import Silence, answer, chunked, redirect
from harness.case import HOST
from harness.fetch_fault import FRIEND, GOOD, FetchFaultTest, quoted

BULK = "/bulk"
# The one place is taken for romeo; by the time it is free, the others wait, and go together.
USERS = ("romeo", "benvolio", "mercutio")
ROSTER = {FRIEND: {}}
CUT_OFF = "the server closed in the middle of its answer"
NO_OBJECT = "a bulk answer must be an object"


def status(code):
    return answer("{}", f"{code} So")


def in_json(fault, byte):
    return f"JSON, byte {byte}: {fault}"


# Answers after which each user is asked for alone: (answer, why).
REFUSALS = {
    **{f"status {code}": (status(code), f"HTTP status {code}") for code in (201, 204, 304, 400)},
    **{f"status {code}": (status(code), f"HTTP status {code}") for code in (401, 403, 404, 405)},
    **{f"status {code}": (status(code), f"HTTP status {code}") for code in (413, 415, 422, 501)},
    "redirect": (redirect("/elsewhere"), "HTTP status 302"),
    "no HTTP": (b"<html>Oops</html>", "bad answer: it is no HTTP"),
    "two lengths": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        "bad answer: Duplicate Content-Length",
    ),
    "too long": (answer("", length=90_000_000), "bad answer: body too large"),
    "gzip unasked": (
        answer(gzip.compress(b"{}"), "200 OK", "Content-Encoding: gzip"),
        "bad answer: a content coding that was not asked for",
    ),
    "empty": (answer(""), "no JSON: there is nothing"),
    "HTML": (answer("<!DOCTYPE html><p>Please log in"), "no JSON: it is HTML or XML"),
    "gzip, unsaid": (answer(gzip.compress(b"{}")), "no JSON: it is compressed"),
    "UTF-16": (answer("{}".encode("utf-16")), "no JSON: it must be in UTF-8"),
    "Latin-1": (
        answer('{"benvolio":{"a@b":{"name":"é"}}}'.encode("latin-1")),
        in_json("lexical error: invalid bytes in UTF8 string.", 30),
    ),
    "null": (answer("null"), in_json(NO_OBJECT, 4)),
    "string": (answer('"x"'), in_json(NO_OBJECT, 3)),
    "array of nothing": (answer("[]"), in_json(NO_OBJECT, 1)),
    "array of rosters": (answer("[{},{}]"), in_json(NO_OBJECT, 1)),
    "cut JSON": (answer('{"benvolio":{}'), in_json("parse error: premature EOF", 14)),
    "two texts": (answer("{}{}"), in_json("parse error: trailing garbage", 3)),
    "deep": (answer('{"benvolio":' + "[" * 1000), in_json("nested too deeply", 20)),
}

# Faults that pass: (answer, kind, why). None is silence, which belongs to its test.
PASSING = {
    "408": (status(408), "unavailable", "HTTP status 408"),
    "429": (status(429), "unavailable", "HTTP status 429"),
    "500": (status(500), "unavailable", "HTTP status 500"),
    "503": (status(503), "unavailable", "HTTP status 503"),
    "nothing": (b"", "unavailable", "the server closed"),
    "half a head": (b"HTTP/1.1 200 OK\r\nContent-Le", "unavailable", CUT_OFF),
    "cut off": (answer('{"benvolio":{}', length=4000), "unavailable", CUT_OFF),
    "silence": (None, "timeout", "first byte: no answer in time"),
}

NO_ROSTER = "a roster must be an object"
NOT_EMPTY = "an array with something in it is not a roster"
# What stands for a user in an answer that is good for the others: (value, kind, why).
VALUES = {
    "null": (None, "not-found", "null in the bulk answer"),
    "true": (True, "invalid", NO_ROSTER),
    "number": (7, "invalid", NO_ROSTER),
    "string": ("no such user", "invalid", NO_ROSTER),
    "names": ([FRIEND], "invalid", NOT_EMPTY),
    "objects": ([{"jid": FRIEND}], "invalid", NOT_EMPTY),
    "a page of another kind": ({"$meta": {"next": 2}}, "invalid", "the next page is no URL"),
    "crowd": (
        {f"user{i}@{HOST}": {} for i in range(51)},
        *("too-large", "more than 50 contacts"),
    ),
}


class BadBulkAnswerTest(FetchFaultTest):
    async def start(self):
        await self.start_back_end()
        self.back_end.answers = {f"/contacts/{user}": answer(GOOD) for user in USERS}
        origin = f"http://127.0.0.1:{self.back_end.port}"
        await self.log_romeo_in(
            origin,
            *USERS[1:],
            http_roster_bulk_url=origin + BULK,
            http_first_byte_timeout="200ms",
            roster_fetch_parallel=1,
            roster_contacts_max=50,
        )
        self.clients = [self.romeo, *[await self.log_in(user) for user in USERS[1:]]]
        self.marks = [len(client.journal) for client in self.clients]

    def count(self, path):
        return self.back_end.requests.entries.count(path)

    async def forget_refusals(self):
        """They make bulk requests pause, until the configuration may have mended it."""
        since = len(self.daemon.log)
        await self.daemon.reload()
        await self.daemon.child.wait_line("configuration reloaded", since)

    async def assert_good(self, lines, singles):
        """A refresh of all succeeds, by one bulk request and that many single ones."""
        since, before = len(self.daemon.log), self.count(BULK)
        asked = len(self.back_end.requests)
        done = {"status": "ok", "message": "roster update complete", "updated": 3, "errors": 0}
        self.assertEqual(await self.refresh(*USERS), (200, done))
        await self.daemon.child.wait_line("refresh done", since)
        self.assertEqual(self.logged(since), lines)
        self.assertEqual(self.count(BULK), before + 1)
        self.assertEqual(len(self.back_end.requests), asked + 1 + singles)

    async def assert_failed(self, users, kind, why):
        """A refresh of all fails for some: what its caller is told, and the log."""
        since = len(self.daemon.log)
        code, said = await self.refresh(*USERS)
        counts = {"updated": 3 - len(users), "errors": len(users)}
        wanted = {"status": "ok", "message": "roster update complete", **counts}
        self.assertEqual((code, said), (200, wanted))
        await self.daemon.child.wait_line("refresh done with errors", since)
        lines = self.logged(since)
        jids = [f"{user}@{HOST}" for user in users]
        text = "warn roster fetch failed user={} kind={} why={} not_logged=0"
        failures = [text.format(jid, kind, quoted(why)) for jid in jids]
        self.assertEqual(sorted(lines[:-1]), failures)
        done = f"users=3 updated={3 - len(users)} errors={len(users)} first_error="
        firsts = [f"warn refresh done with errors {done}{quoted(f'{jid}: {why}')}" for jid in jids]
        self.assertIn(lines[-1], firsts)

    async def assert_all_unharmed(self):
        for client, mark in zip(self.clients, self.marks):
            await client.ping()
            self.assertEqual(client.order(mark), [])
            self.assertEqual(list(await client.ask_roster()), [FRIEND])

    async def test_bad_answer_to_all_makes_single_requests(self):
        await self.start()
        for name, (data, why) in REFUSALS.items():
            with self.subTest(name):
                self.back_end.answers[BULK] = data
                await self.forget_refusals()
                text = "warn roster bulk requests are refused, asking one by one host={} why={}"
                await self.assert_good([text.format(HOST, quoted(why))], singles=3)
        await self.assert_all_unharmed()

    async def test_fault_that_passes_is_retried_without_a_word(self):
        await self.start()
        for name, (data, _, _) in PASSING.items():
            with self.subTest(name):
                data = Silence() if data is None else data
                good = answer(json.dumps({user: ROSTER for user in USERS[1:]}))
                self.back_end.answers[BULK] = [data, good]
                since = len(self.daemon.log)
                self.assertEqual((await self.refresh(*USERS))[1]["updated"], 3)
                await self.daemon.child.wait_line("refresh done", since)
                self.assertEqual(self.logged(since), [])
        await self.assert_all_unharmed()

    async def test_fault_that_stays_is_a_failure_of_each_user(self):
        await self.start()
        for name, (data, kind, why) in PASSING.items():
            with self.subTest(name):
                data = Silence() if data is None else data
                for user in USERS[1:]:
                    self.back_end.answers[f"/contacts/{user}"] = data
                self.back_end.answers[BULK] = data
                await self.assert_failed(USERS[1:], kind, why)
                for user in USERS[1:]:
                    self.back_end.answers[f"/contacts/{user}"] = answer(GOOD)
                await self.recover()
        await self.assert_all_unharmed()

    async def test_bad_value_is_a_failure_of_its_user_alone(self):
        await self.start()
        for name, (value, kind, why) in VALUES.items():
            with self.subTest(name):
                both = {"benvolio": value, "mercutio": ROSTER}
                self.back_end.answers[BULK] = answer(json.dumps(both))
                await self.assert_failed(["benvolio"], kind, why)
        self.back_end.answers[BULK] = chunked(json.dumps({"mercutio": ROSTER, "tybalt": {}}))
        await self.assert_failed(["benvolio"], "invalid", "the bulk answer does not name the user")
        self.back_end.answers[BULK] = answer("{}")
        await self.assert_failed(USERS[1:], "invalid", "the bulk answer does not name the user")
        await self.assert_all_unharmed()

    async def test_user_with_pages_is_asked_for_alone(self):
        await self.start()
        page = {"$meta": {"next": "/contacts/benvolio?page=2"}}
        both = {"benvolio": page, "mercutio": ROSTER}
        self.back_end.answers[BULK] = answer(json.dumps(both))
        self.back_end.answers["/contacts/benvolio"] = answer(json.dumps(page))
        self.back_end.answers["/contacts/benvolio?page=2"] = answer(GOOD)
        await self.assert_good([], singles=3)
        await self.assert_all_unharmed()

    async def test_of_a_user_who_is_named_twice_the_last_counts(self):
        await self.start()
        good = json.dumps(ROSTER)
        bulk = f'{{"benvolio":7,"mercutio":{good},"benvolio":{good}}}'
        self.back_end.answers[BULK] = answer(bulk)
        await self.assert_good([], singles=1)
        await self.assert_all_unharmed()

    async def test_what_cannot_be_used_is_skipped_and_logged(self):
        await self.start()
        odd = {FRIEND: {"name": "\ud83d"}, "a@": {}, "$meta": {"etag": "a b"}}
        self.back_end.answers[BULK] = answer(json.dumps({"benvolio": odd, "mercutio": ROSTER}))
        first = quoted(f"{FRIEND}: name has a character that XML forbids")
        line = f"user=benvolio@{HOST} contacts=1 texts=2 first={first} not_logged=0"
        await self.assert_good(["warn roster what cannot be used is skipped " + line], singles=1)
        await self.assert_all_unharmed()


if __name__ == "__main__":
    unittest.main()
