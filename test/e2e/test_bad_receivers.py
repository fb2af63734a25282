#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Whatever a receiver of events can answer wrongly: what the log says of it. The events stay in the
queue until he takes them, and clients notice nothing."""

import gzip
import unittest

from harness.backend import Silence, answer, redirect
from harness.case import HOST, EndToEndTest
from harness.fetch_fault import quoted
from harness.receiver import PATH, Receiver

OK = b"HTTP/1.1 200 OK\r\n"
CUT_OFF = "the server closed in the middle of its answer"

# level -> status codes that are logged so: what the administrator must mend, and what may pass.
CODES = {
    "error": [300, 301, 304, 399, 401, 403, 404, 405, 407, 410],
    "warn": [400, 402, 408, 409, 413, 422, 425, 429, 499, 500, 501, 503, 599],
}

# Answers by which nothing is taken: (bytes, level, why).
ANSWERS = {
    "redirect": (redirect("/elsewhere"), "error", "status 302"),
    "redirect away": (redirect("http://192.0.2.1/"), "error", "status 302"),
    "redirect to nowhere": (answer("", "308 So"), "error", "status 308"),
    "nothing": (b"", "warn", "the server closed"),
    "half a head": (OK + b"Content-Le", "warn", CUT_OFF),
    "body cut off": (answer("x", length=4000), "warn", CUT_OFF),
    "no last chunk": (OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n", "warn", CUT_OFF),
    "SSH": (b"SSH-2.0-OpenSSH_9.2\r\n", "warn", "bad answer: it is no HTTP"),
    "HTML without a head": (b"<html>Oops</html>", "warn", "bad answer: it is no HTTP"),
    "TLS alert": (b"\x15\3\3\0\2\2\x16", "warn", "bad answer: it is TLS"),
    "status 99": (answer("", "99 So"), "warn", "bad answer: bad status code"),
    "status 101": (answer("", "101 So"), "warn", "bad answer: switches protocols unasked"),
    "interim only": (b"HTTP/1.1 102 Wait\r\n\r\n", "warn", CUT_OFF),
    "two lengths": (
        *(OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nok", "warn"),
        "bad answer: Duplicate Content-Length",
    ),
    "bare line feeds": (
        *(b"HTTP/1.1 200 OK\nContent-Length: 0\n\n", "warn"),
        "bad answer: bare line feed",
    ),
    "head too long": (
        *(OK + b"X: " + b"a" * 70_000 + b"\r\n\r\n", "warn"),
        "bad answer: fields too long",
    ),
    "body too long": (answer("", length=99_000_000), "warn", "bad answer: body too large"),
    "gzip unasked": (
        *(answer(gzip.compress(b"ok"), "200 OK", "Content-Encoding: gzip"), "warn"),
        "bad answer: a content coding that was not asked for",
    ),
    "silence": (None, "warn", "first byte: no answer in time"),
}

# Answers by which a batch is taken, whatever their bodies say.
TAKEN = [
    answer("<html>Internal error</html>"),
    answer('{"status":"error"}', "200 OK", "Content-Type: application/json"),
    answer(b"\xff\xfe\0", "201 Created"),
    answer("", "202 Accepted"),
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n\r\nwithout a length",
]


class BadReceiverTest(EndToEndTest):
    async def start(self):
        """Romeo's presence is what is told. At level debug each failure is logged."""
        self.receiver = await Receiver().start()
        self._journals.append(self.receiver.taken)
        self.addAsyncCleanup(self.receiver.stop)
        self.good = self.receiver.answers[PATH]
        await self.start_scene(
            *("romeo", "juliet"),
            friends=[("romeo", "juliet")],
            webhook_url=self.receiver.url,
            http_first_byte_timeout="300ms",
            log_level="debug",
        )
        self.romeo = await self.log_in("romeo")
        await self.receiver.takes("presence", user="romeo")
        self.mark = len(self.romeo.journal)

    def tell(self, status):
        self.romeo.send_presence(pshow="away", pstatus=status)

    def logged(self, since):
        lines = (line.split(" ", 2) for line in self.daemon.log.entries[since:])
        texts = [(level, rest.strip()) for _, level, rest in lines]
        return [f"{level} {text}" for level, text in texts if text.startswith("events ")]

    async def try_again_now(self):
        """Instead of after a second: the configuration may have mended it."""
        await self.daemon.reload()

    async def assert_not_taken(self, name, bad, level, why):
        since = len(self.daemon.log)
        self.receiver.answers[PATH] = bad
        self.tell(name)
        await self.daemon.child.wait_line("events not taken", since)
        self.receiver.answers[PATH] = self.good
        await self.try_again_now()
        await self.daemon.child.wait_line("events delivered again", since)
        to = f"http://127.0.0.1:{self.receiver.port}"
        line = f"{level} events not taken host={HOST} to={to} why={quoted(why)} queued=1"
        again = f"info events delivered again host={HOST} failures=1"
        self.assertEqual(self.logged(since), [line + " not_logged=0", again])
        await self.receiver.takes("presence", user="romeo", status=name)

    async def assert_unharmed(self):
        await self.romeo.ping()
        self.assertEqual(list(await self.romeo.ask_roster()), [f"juliet@{HOST}"])
        self.assertEqual(self.receiver.faults, [])
        self.assertNotIn("/elsewhere", self.receiver.requests.entries)

    async def test_status_other_than_2xx_is_not_taken(self):
        await self.start()
        for level, codes in CODES.items():
            for code in codes:
                with self.subTest(code):
                    bad = answer("{}", f"{code} So")
                    await self.assert_not_taken(f"after {code}", bad, level, f"status {code}")
        await self.assert_unharmed()

    async def test_bad_answer_is_not_taken(self):
        await self.start()
        for name, (bad, level, why) in ANSWERS.items():
            with self.subTest(name):
                await self.assert_not_taken(name, Silence() if bad is None else bad, level, why)
        await self.assert_unharmed()

    async def test_body_of_an_answer_does_not_matter(self):
        await self.start()
        since = len(self.daemon.log)
        for number, good in enumerate(TAKEN):
            with self.subTest(good):
                self.receiver.answers[PATH] = good
                self.tell(str(number))
                await self.receiver.takes("presence", user="romeo", status=str(number))
        self.receiver.answers[PATH] = self.good
        self.tell("last")
        await self.receiver.takes("presence", user="romeo", status="last")
        self.assertEqual(self.logged(since), [])
        await self.assert_unharmed()

    async def test_receiver_who_is_not_there_is_tried_again(self):
        await self.start()
        port = self.receiver.port
        since = len(self.daemon.log)
        await self.receiver.stop()
        self.tell("knock knock")
        line = await self.daemon.child.wait_line("events not taken", since)
        why = quoted(f"connect: connection refused (connect to 127.0.0.1 port {port})")
        self.assertIn(f" to=http://127.0.0.1:{port} why={why} queued=1 not_logged=0", line)
        await self.receiver.restart()
        await self.try_again_now()
        await self.receiver.takes("presence", user="romeo", status="knock knock")
        await self.assert_unharmed()

    async def test_batch_that_is_refused_five_times_is_lost_and_told_of(self):
        await self.start()
        since = len(self.daemon.log)
        self.receiver.answers[PATH] = answer("{}", "422 So")
        self.tell("not welcome")
        for _ in range(4):
            tried = len(self.daemon.log)
            await self.daemon.child.wait_line("events not taken", since)
            since = tried
            await self.try_again_now()
        line = await self.daemon.child.wait_line("events lost")
        why = quoted("refused again and again: status 422")
        self.assertTrue(line.endswith(f" events lost host={HOST} events=1 why={why}"), line)
        self.receiver.answers[PATH] = self.good
        self.tell("welcome")
        await self.receiver.takes("gap", lost=1)
        await self.receiver.takes("presence", user="romeo", status="welcome")
        # It has refused a number, which does not come again.
        self.assertEqual(len(self.receiver.faults), 1, self.receiver.faults)
        self.receiver.faults.clear()
        await self.assert_unharmed()


if __name__ == "__main__":
    unittest.main()
