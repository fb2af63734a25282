# SPDX-License-Identifier: MIT
"""FetchFaultTest: a roster is in force, then the web application fails, in the way of a test."""

import json
import re

from .case import HOST, EndToEndTest

ROMEO = f"romeo@{HOST}"
FRIEND = f"juliet@{HOST}"
PATH = "/contacts/romeo"
GOOD = json.dumps({FRIEND: {}})


def quoted(text):
    """As the log has it."""
    return '"' + text.replace('"', '\\"') + '"' if re.search('[ "]', text) else text


class FetchFaultTest(EndToEndTest):
    async def log_romeo_in(self, origin, *others, **options):
        """The web app at `origin` must give out GOOD meanwhile. At level debug each failure is
        logged; the timeout leaves time for a second attempt, not for a third. `others` have
        accounts, too."""
        options = {"roster_fetch_timeout": "800ms", **options}
        self.make_daemon(http_roster_url=origin + "/contacts/%s", log_level="debug", **options)
        await self.start_daemon("romeo", *others)
        self.romeo = await self.log_in("romeo")
        self.assertEqual(list(await self.romeo.ask_roster()), [FRIEND])
        self.mark = len(self.romeo.journal)

    def logged(self, since):
        """What the log says of bad rosters and refreshes, without what differs each time."""
        lines = (line.split(" ", 2) for line in self.daemon.log.entries[since:])
        return [
            level + " " + re.sub(r" (ms|request|connection|peer)=\S+", "", rest.strip())
            for _, level, rest in lines
            if level in ("warn", "error") and rest.strip().startswith(("roster ", "refresh "))
        ]

    async def recover(self):
        """By a good answer, so that the faults of many cases do not add up."""
        self.assertEqual((await self.refresh("romeo"))[1]["updated"], 1)

    async def assert_failure(self, kind, why):
        """Of a refresh: what its caller is told, and both lines of the log."""
        since = len(self.daemon.log)
        said = await self.refresh("romeo")
        message = f"roster update failed: {ROMEO}: {why}"
        wanted = {"status": "error", "message": message, "updated": 0, "errors": 1}
        self.assertEqual(said, (200, wanted))
        await self.daemon.child.wait_line("refresh done with errors", since)
        level = "error" if kind == "denied" else "warn"
        fetch = f"user={ROMEO} kind={kind} why={quoted(why)} not_logged=0"
        refresh = f"users=1 updated=0 errors=1 first_error={quoted(f'{ROMEO}: {why}')}"
        lines = [f"{level} roster fetch failed {fetch}", f"warn refresh done with errors {refresh}"]
        self.assertEqual(self.logged(since), lines)

    async def assert_unharmed(self):
        """Nothing has reached the client since the last time."""
        await self.romeo.ping()
        self.assertEqual(self.romeo.order(self.mark), [])
        self.assertEqual(list(await self.romeo.ask_roster()), [FRIEND])
        self.mark = len(self.romeo.journal)
