#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The exchanges of man/rosterd-protocol.7 are what the program does, byte for byte.

This script has no exchange in it: whoever adds one writes it into the page, as literal text under a
marker. In roff's comments, right before the literal block:

    .\\" exchange NAME: app asks           or: rosterd asks, and others: see below
    .\\"   KEY: VALUE                      any number of them
    .Bd -literal -offset indent
    GET /path HTTP/1.1                    the whole request, head and body
    Host: chat.example.com:5280

    HTTP/1.1 200 OK                       the whole answer, in the same block or in the next one
    Date: Mon, 23 Nov 2026 13:40:00 GMT
    Content-Length: 2

    {}
    .Ed

Lines of a head end with CRLF on the wire, those of a body with LF. A body ends with LF if its
Content-Length counts it. A backslash is written \\e, a period at the beginning of a line \\&. .

"app asks": the request is sent as it stands, the answer must be the one of the page.
"rosterd asks": the request that the test's web app receives must be the one of the page, and it
answers with the page's answer; app.example.org in their heads and in options is its address.

    option: NAME = VALUE          of rosterd.toml(5); http_roster_url is set
    file: NAME CONTENT            is there, beside rosterd's configuration
    online: john, marie/phone     who is logged in when it begins; everybody has an account
    web app at login: PATH BODY   what it answered while they logged in; {} unless it says so
    web app: PATH BODY            what it answers afterwards; or PATH STATUS
    when: john logs in            what makes rosterd ask; or: john logs in with PASSWORD (that is
                                  not in the accounts file), john connects (no roster awaited),
                                  john leaves, john writes to aaron, refresh john marie
    after: NAME, NAME             exchanges that are replayed first, in the same scene
    then: john has a@b both, c@d to           john's roster afterwards; or: john has nobody
    then: john sees push jid=a@b              harness/client.py has the kinds of event
    then: john is gone                        his connection has ended
    vary: 5f3a, 2026-11-23T13:40:00.123Z      texts of the page that may be others of their kind
                                              (numbers, hex, times, words), or Content-Length;
                                              the Date field always is
    sign: SECRET                  makes the page's Rosterd-Signature, which must be right, and the
                                  one that is sent instead, with the time of now

"browser asks": as "app asks"; the WebSocket that is open afterwards is the client's in exchanges
that follow "after" it.

"client asks": what a client and the server say on a stream, a line each that begins with "C: " or
"S: ". The stream has its features already. Literal lines before that are a JSON Web Token: header,
claims, the token, signed with the file of "file", and the SASL message, with TOKEN for it and ^A
for the separator. Lines of C and S may stand in "rosterd asks" too, around the messages of HTTP:
the client says it, and so makes rosterd ask.

"program answers": what rosterd writes to the program of auth_program, and below it what that
answers; bytes in hex, two spaces, and text; or a line of text.

"shell asks" stands before commands for the shell. They are run, and all that they print must be
JSON that tells of no error; 127.0.0.1:5280 is rosterd's address.

A page with an HTTP message that belongs to no exchange fails.
"""

import pathlib
import tempfile
import unittest

from harness.exchange import ReplayTest
from harness.manual import Fault, read_page

EXCHANGES = read_page()


class ManualTest(ReplayTest):
    pass


def add_test(exchange):
    async def test(self):
        if exchange.asks == "shell":
            await self.run_shell(exchange)
        else:
            await self.replay(exchange, EXCHANGES)

    name = f"test_exchange_{exchange.name.replace('-', '_')}_is_what_the_program_does"
    setattr(ManualTest, name, test)


for each in EXCHANGES.values():
    add_test(each)

class PageTest(unittest.TestCase):
    """A page that would not be tested as it seems to be."""

    def assert_fault(self, *lines):
        with tempfile.NamedTemporaryFile("w") as page:
            page.write("\n".join(lines))
            page.flush()
            with self.assertRaises(Fault):
                read_page(pathlib.Path(page.name))

    def test_message_that_belongs_to_no_exchange_is_a_fault(self):
        begin, end = ".Bd -literal -offset indent", ".Ed"
        marker, request, response = '.\\" exchange x: app asks', "GET / HTTP/1.1", "HTTP/1.1 200 OK"
        self.assert_fault(begin, request, end)
        self.assert_fault(begin, response, end)
        self.assert_fault(marker, begin, request, end)
        self.assert_fault(marker, begin, request, "", response, end, begin, request, end)
        self.assert_fault(marker, begin, request, "", response, "", response, end)
        self.assert_fault(begin, "C: <auth/>", "S: <success/>", end)
        self.assert_fault('.\\" exchange x: client asks', begin, "C: <auth/>", end)

    def test_wrong_length_and_unknown_setting_are_faults(self):
        begin, end, marker = ".Bd -literal", ".Ed", '.\\" exchange x: app asks'
        answer = ["", "HTTP/1.1 200 OK", end]
        self.assert_fault(marker, begin, "GET / HTTP/1.1", "Content-Length: 3", "", "[", *answer)
        self.assert_fault(marker, '.\\"   wen: john logs in', begin, "GET / HTTP/1.1", *answer)


if __name__ == "__main__":
    unittest.main()
