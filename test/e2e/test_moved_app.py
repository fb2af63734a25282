#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A web application that moves to another address, with the system's own resolver. The daemon runs
in a mount namespace in which /etc/hosts is a file of the test: that takes root."""

import asyncio
import unittest

from harness.backend import BackEnd, roster
from harness.case import HOST, EndToEndTest
from harness.journal import PATIENCE
from harness.process import free_port

JULIET = f"juliet@{HOST}"
PATH = "/contacts/romeo"
OLD, NEW = "127.0.0.2", "127.0.0.3"

# The files are mounted over those of the system for the daemon alone; it asks no name server.
LAUNCH = """
set -e
mount --bind "$1/hosts" /etc/hosts
mount --bind "$1/nsswitch.conf" /etc/nsswitch.conf
shift
exec "$@"
"""


class MovedAppTest(EndToEndTest):
    async def start(self):
        """Daemon, and a back end at each of the two addresses; the name leads to the old one."""
        port = free_port()
        self.old = await self.start_back_end_at(OLD, port)
        self.new = await self.start_back_end_at(NEW, port)
        (self.folder / "nsswitch.conf").write_text("hosts: files\n")
        self.lead_to(OLD)
        url = f"http://app.test:{port}/contacts/%s"
        daemon = self.make_daemon(http_roster_url=url, http_dns_ttl="0s")
        unshare = ["unshare", "--mount", "--propagation", "private"]
        daemon.launcher = [*unshare, "sh", "-c", LAUNCH, "launch", self.folder]
        await self.start_daemon("romeo")
        await self.log_in("romeo")  # only then is there something to refresh

    async def start_back_end_at(self, address, port):
        back_end = await BackEnd().start(port, address=address)
        back_end.answers = {PATH: roster(JULIET)}
        back_end.requests.name = f"back end at {address} was asked for"
        self._journals.append(back_end.requests)
        self.addAsyncCleanup(back_end.stop)
        return back_end

    def lead_to(self, address):
        (self.folder / "hosts").write_text(f"{address} app.test\n")

    async def refresh_well(self):
        self.assertEqual((await self.refresh("romeo"))[1]["errors"], 0)

    async def refresh_until(self, is_so):
        """How many look-ups of the old answer are still on their way is up to the threads."""
        async with asyncio.timeout(PATIENCE):
            while not is_so():
                await self.refresh_well()

    async def test_refreshes_follow_the_name_although_the_old_address_still_answers(self):
        await self.start()
        await self.refresh_well()
        self.assertEqual((self.old.connections, len(self.new.requests)), (1, 0))
        self.lead_to(NEW)
        await self.refresh_until(lambda: len(self.new.requests) > 0)
        await self.old.ended.wait(lambda _: True, "end of the connection to the old address")
        asked = len(self.old.requests)
        for _ in range(5):
            await self.refresh_well()
        self.assertEqual((len(self.old.requests), self.old.connections), (asked, 1))
        self.assertEqual(self.new.connections, 1)

    async def test_broken_hosts_file_keeps_the_address_in_use(self):
        await self.start()
        await self.refresh_well()
        (self.folder / "hosts").write_bytes(b"\xff\0 no hosts at all")
        failure = "dns look-up failed, old addresses stay in use host=app.test"
        await self.refresh_until(lambda: self.daemon.log.find(lambda line: failure in line))
        self.assertEqual(self.old.connections, 1)
        # Also for a connection that has to be made anew.
        closing = roster(JULIET).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)
        self.old.answers[PATH] = [closing, roster(JULIET)]
        for _ in range(3):
            await self.refresh_well()
        self.assertEqual((self.old.connections, len(self.new.requests)), (2, 0))
        self.lead_to(NEW)
        await self.refresh_until(lambda: len(self.new.requests) > 0)
        lines = [line for line in self.daemon.log.entries if " dns " in line]
        self.assertEqual(len(lines), 2, lines)
        self.assertIn("dns look-up works again host=app.test", lines[1])


if __name__ == "__main__":
    unittest.main()
