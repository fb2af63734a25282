#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The harness itself: a run that is killed leaves nothing behind."""

import os
import select
import signal
import sys
import unittest

from harness.journal import PATIENCE
from harness.process import Child

# A run that starts a process, tells which one, and stays.
RUN = """
import asyncio
from harness.process import Child

async def main():
    child = Child("left alone")
    await child.start("sleep", "1000")
    print(child.pid, flush=True)
    await child.wait_exit(1000)

asyncio.run(main())
"""


class KilledRunTest(unittest.IsolatedAsyncioTestCase):
    async def test_what_a_killed_run_has_started_dies_with_it(self):
        run = Child("run")
        env = {**os.environ, "PYTHONPATH": sys.path[0]}
        await run.start(sys.executable, "-B", "-c", RUN, env=env)
        self.addAsyncCleanup(run.stop)
        left = os.pidfd_open(int(await run.log.wait(str.isdigit, "the process's id")))
        self.addCleanup(os.close, left)
        run.send_signal(signal.SIGKILL)
        await run.wait_exit()
        self.assertEqual(select.select([left], [], [], PATIENCE)[0], [left])


if __name__ == "__main__":
    unittest.main()
