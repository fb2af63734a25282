#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Rosters, patches, conditions and edges that a caller sends wrongly: what he is told, and what the
log says. Whatever good stands beside them, nothing of a refused request is applied."""

import json
import unittest

from harness.backend import answer, roster
from harness.case import HOST
from harness.fetch_fault import FRIEND, GOOD, PATH, ROMEO, FetchFaultTest, quoted

REFRESH = "/roster_admin/refresh"
EDGES = "/roster_admin/edges"
OTHER = f"mercutio@{HOST}"
HALF = "\ud83d"  # of a surrogate pair, which json.dumps writes as an escape

FORBIDDEN = "node holds a forbidden character"
NOT_SERVED = '"a@b.test" is not on a host served here'
NEITHER = 'either "roster" or "patch" must be there'
NO_ROSTER = "a roster must be an object"
NOT_EMPTY = "an array with something in it is not a roster"
NO_PAGE = "a next page cannot be asked for here"
MANY = {f"user{i}@{HOST}": {} for i in range(51)}
NEXT = {"$meta": {"next": "/contacts/romeo?page=2"}}


def whole(value, **more):
    return {"user": "romeo", "roster": value, **more}


def patch(value, **more):
    return {"user": "romeo", "patch": value, **more}


def edge(**members):
    return {"a": "romeo", "b": "mercutio", **members}


# Elements of a refresh: (element, status, why).
ELEMENTS = {
    "nothing": ({}, 400, '"user" is missing'),
    "no user": ({"roster": {}}, 400, '"user" is missing'),
    "number as user": ({"user": 1, "roster": {}}, 400, '"user" must be a string'),
    "null as user": ({"user": None, "roster": {}}, 400, '"user" must be a string'),
    "list as user": ({"user": ["romeo"], "roster": {}}, 400, '"user" must be a string'),
    "empty user": ({"user": "", "roster": {}}, 400, "an empty username"),
    "user with a space": (
        *({"user": "a b", "roster": {}}, 400),
        f'"a b" is not a username: {FORBIDDEN}',
    ),
    "user of half a character": (
        *({"user": HALF, "roster": {}}, 400),
        f'"\uffff" is not a username: {FORBIDDEN}',
    ),
    "user elsewhere": ({"user": "a@b.test", "roster": {}}, 400, NOT_SERVED),
    "user alone": ({"user": "romeo"}, 400, NEITHER),
    "roster and patch": (whole({}, patch={}), 400, NEITHER),
    "misspelt roster": ({"user": "romeo", "Roster": {}}, 400, NEITHER),
    "null as roster": (whole(None), 400, NO_ROSTER),
    "true as roster": (whole(True), 400, NO_ROSTER),
    "number as roster": (whole(7), 400, NO_ROSTER),
    "text as roster": (whole("{}"), 400, NO_ROSTER),
    "names as roster": (whole([FRIEND]), 400, NOT_EMPTY),
    "page as roster": (whole({FRIEND: {}, **NEXT}), 400, NO_PAGE),
    "crowd as roster": (whole(MANY), 413, "more than 50 contacts"),
    "null as patch": (patch(None), 400, NO_ROSTER),
    "number as patch": (patch(7), 400, NO_ROSTER),
    "text as patch": (patch("remove"), 400, NO_ROSTER),
    "operations as patch": (patch([{"op": "add"}]), 400, NOT_EMPTY),
    "page as patch": (patch(NEXT), 400, NO_PAGE),
    "crowd as patch": (patch(MANY), 413, "more than 50 contacts"),
    **{
        f"{value!r} as {name}": (patch({}, **{name: value}), 400, f'"{name}" must be a string')
        for name in ("if", "etag")
        for value in (None, 7, True, ["v1"], {"v": 1})
    },
    **{
        f"{what} as {name}": (whole({}, **{name: value}), 400, f'"{name}" is not an entity tag')
        for name in ("if", "etag")
        for what, value in (
            *(("nothing", ""), ("a space", "a b"), ("a line break", '"a"\r\nX: y')),
            *(("beyond ASCII", '"é"'), ("half a character", HALF), ("a book", "x" * 257)),
        )
    },
}

# Elements of a list of edges: (element, status, why).
BAD_EDGES = {
    "name": ("romeo", 400, "a string is not an edge"),
    "number": (7, 400, "a number is not an edge"),
    "null": (None, 400, "null is not an edge"),
    "nothing": ({}, 400, '"a" is missing'),
    "one end": ({"a": "romeo"}, 400, '"b" is missing'),
    "the other end": ({"b": "romeo"}, 400, '"a" is missing'),
    "number as a": (edge(a=1), 400, '"a" must be a string'),
    "null as b": (edge(b=None), 400, '"b" must be a string'),
    "empty a": (edge(a=""), 400, "an empty username"),
    "empty b": (edge(b=""), 400, "an empty username"),
    "a elsewhere": (edge(a="a@b.test"), 400, NOT_SERVED),
    "a with a space": (edge(a="a b"), 400, f'"a b" is not a username: {FORBIDDEN}'),
    "b with a space": (edge(b="a b"), 400, f'"a b" is not a username: {FORBIDDEN}'),
    "b without a name": (edge(b="@b.test"), 400, '"@b.test" is not a JID: node is empty'),
    "himself": (edge(b="romeo"), 400, '"a" and "b" are the same user'),
    "himself in full": (edge(b=ROMEO + "/x"), 400, '"a" and "b" are the same user'),
    "unknown subscription": (edge(subscription="all"), 400, 'unknown "subscription"'),
    "empty subscription": (edge(subscription=""), 400, 'unknown "subscription"'),
    "half a subscription": (edge(subscription="to" + HALF), 400, 'unknown "subscription"'),
    "null as subscription": (edge(subscription=None), 400, '"subscription" must be a string'),
    "true as subscription": (edge(subscription=True), 400, '"subscription" must be a string'),
}

FORBIDS = "has a character that XML forbids"
# What is passed over in a request that is taken: (path, element, contacts, texts, first).
SKIPPED = {
    "address": (REFRESH, whole({FRIEND: {}, "a@": {}}), 1, 0, "a@: domain is empty"),
    "number as contact": (
        *(REFRESH, whole({FRIEND: {}, OTHER: 7}), 1, 0),
        f"{OTHER}: neither an object nor a name",
    ),
    "unknown subscription": (
        *(REFRESH, whole({FRIEND: {}, OTHER: {"subscription": "all"}}), 1, 0),
        f"{OTHER}: unknown subscription",
    ),
    "cut emoji": (REFRESH, whole({FRIEND: {"name": HALF}}), 0, 1, f"{FRIEND}: name {FORBIDS}"),
    "number as name": (
        *(REFRESH, whole({FRIEND: {"name": 1, "groups": 2}}), 0, 2),
        f"{FRIEND}: name is not a string",
    ),
    "groups": (
        *(REFRESH, whole({FRIEND: {"groups": [1, HALF]}}), 0, 2),
        f"{FRIEND}: group is not a string",
    ),
    "tag": (
        *(REFRESH, whole({FRIEND: {}, "$meta": {"etag": 7}}), 0, 1),
        "$meta: etag is not an entity tag",
    ),
    "patch of an address": (REFRESH, patch({"b@": {}}), 1, 0, "b@: domain is empty"),
    "patch of a number": (
        *(REFRESH, patch({OTHER: 7}), 1, 0),
        f"{OTHER}: neither an object nor a name",
    ),
    "name on an edge": (
        *(EDGES, {"a": "romeo", "b": "juliet", "b_name": HALF, "groups": 7}, 0, 3),
        f"{FRIEND}: name {FORBIDS}",
    ),
}


class BadElementTest(FetchFaultTest):
    async def start(self):
        await self.start_back_end()
        self.back_end.answers = {PATH: answer(GOOD)}
        origin = f"http://127.0.0.1:{self.back_end.port}"
        await self.log_romeo_in(origin, roster_contacts_max=50)

    async def post(self, path, elements, *fields):
        """Status and JSON of the answer, what the log says, and how long the body was."""
        since = len(self.daemon.log)
        body = json.dumps(elements)
        lines = [f"POST {path} HTTP/1.1", "Host: x", "Connection: close", *fields]
        head = "\r\n".join([*lines, f"Content-Length: {len(body)}"])
        head, _, said = (await self.send_raw_http(f"{head}\r\n\r\n{body}")).partition("\r\n\r\n")
        await self.daemon.child.wait_line(" refresh ", since)  # what came of it
        return int(head.split(" ")[1]), json.loads(said), self.logged(since), len(body)

    async def assert_refused(self, path, good, bad, status, why):
        code, said, lines, size = await self.post(path, [good, bad])
        # The fault is found when the whole element has been read.
        why = f"JSON, byte {size - 1}: element [1]: {why}"
        self.assertEqual((code, said), (status, {"status": "error", "message": why}))
        self.assertEqual(lines, [f"warn refresh refused why={quoted(why)} not_logged=0"])
        await self.assert_unharmed()

    async def test_bad_element_of_a_refresh_spoils_all_of_it(self):
        await self.start()
        good = patch({OTHER: {}})
        for name, (bad, status, why) in ELEMENTS.items():
            with self.subTest(name):
                await self.assert_refused(REFRESH, good, bad, status, why)

    async def test_bad_edge_spoils_all_of_them(self):
        await self.start()
        for name, (bad, status, why) in BAD_EDGES.items():
            with self.subTest(name):
                await self.assert_refused(EDGES, edge(), bad, status, why)

    async def test_what_is_no_list_is_refused(self):
        await self.start()
        for path, what in ((REFRESH, "usernames"), (EDGES, "edges")):
            for body, byte in ((whole({}), 1), ("x", 3), (7, 1), (None, 4)):
                with self.subTest((path, body)):
                    why = f"JSON, byte {byte}: expected an array of {what}"
                    code, said, lines, _ = await self.post(path, body)
                    self.assertEqual((code, said), (400, {"status": "error", "message": why}))
                    line = f"warn refresh refused why={quoted(why)} not_logged=0"
                    self.assertEqual(lines, [line])
        await self.assert_unharmed()

    async def test_what_cannot_be_used_is_skipped_and_logged(self):
        await self.start()
        for name, (path, element, contacts, texts, first) in SKIPPED.items():
            with self.subTest(name):
                code, said, lines, _ = await self.post(path, [element])
                self.assertEqual((code, said["status"], said["updated"]), (200, "ok", 1))
                counts = f"user={ROMEO} contacts={contacts} texts={texts}"
                line = f"{counts} first={quoted(first)} not_logged=0"
                skipped = "warn refresh what cannot be used is skipped " + line
                self.assertEqual(lines, [skipped])
                await self.assert_unharmed()

    async def test_condition_that_does_not_hold_makes_a_fetch_which_may_fail(self):
        await self.start()
        delta = patch({OTHER: {}}, **{"if": '"v9"'})
        code, said, lines, _ = await self.post(REFRESH, [delta])
        self.assertEqual((code, said["updated"], lines), (200, 1, []))
        await self.assert_unharmed()
        self.back_end.answers[PATH] = answer("no")
        code, said, lines, _ = await self.post(REFRESH, [delta])
        why = "JSON, byte 1: lexical error: invalid string in json text."
        counts = {"updated": 0, "errors": 1}
        message = f"roster update failed: {ROMEO}: {why}"
        self.assertEqual((code, said), (200, {"status": "error", "message": message, **counts}))
        fetch = f"user={ROMEO} kind=invalid why={quoted(why)} not_logged=0"
        done = f"users=1 updated=0 errors=1 first_error={quoted(f'{ROMEO}: {why}')}"
        wanted = [f"warn roster fetch failed {fetch}", f"warn refresh done with errors {done}"]
        self.assertEqual(lines, wanted)
        await self.assert_unharmed()

    async def test_patch_that_would_make_a_crowd_makes_a_fetch(self):
        await self.start()
        crowd = patch({f"user{i}@{HOST}": {} for i in range(50)})
        code, said, lines, _ = await self.post(REFRESH, [crowd])
        self.assertEqual((code, said["updated"], lines), (200, 1, []))
        self.assertEqual(self.back_end.requests.entries.count(PATH), 2)
        await self.assert_unharmed()

    async def test_unknown_demand_is_refused(self):
        await self.start()
        for path, element in ((REFRESH, patch({OTHER: {}})), (EDGES, edge())):
            with self.subTest(path):
                why = 'Rosterd-Atomic can be "all" only'
                code, said, lines, _ = await self.post(path, [element], "Rosterd-Atomic: most")
                self.assertEqual((code, said), (400, {"status": "error", "message": why}))
                line = f"warn refresh refused why={quoted(why)} not_logged=0"
                self.assertEqual(lines, [line])
        await self.assert_unharmed()

    async def test_after_all_of_it_good_elements_are_applied(self):
        await self.start()
        await self.assert_refused(REFRESH, patch({OTHER: {}}), {}, 400, '"user" is missing')
        code, said, lines, _ = await self.post(REFRESH, [patch({OTHER: {}})])
        self.assertEqual((code, said["updated"], lines), (200, 1, []))
        await self.romeo.sees("push", self.mark, jid=OTHER)
        self.back_end.answers[PATH] = roster(FRIEND, OTHER)
        self.assertEqual(set(await self.romeo.ask_roster()), {FRIEND, OTHER})


if __name__ == "__main__":
    unittest.main()
