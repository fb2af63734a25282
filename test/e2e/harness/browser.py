# SPDX-License-Identifier: MIT
"""Browser: Chromium with one page, driven by lines; see ../node/browser.mjs."""

import json
import subprocess

from .journal import PATIENCE
from .process import Child
from .xmppjs import FOLDER


class Browser:
    """Whatever is awaited here waits for the page, PATIENCE seconds at most. `frame` is the name of
    a frame, or "" for the page itself; selectors are Playwright's."""

    def __init__(self):
        self._child = Child("browser")
        self._answers = 0

    @property
    def log(self):
        return self._child.log

    async def start(self, width=1440, height=900, certificate=None):
        """`certificate`: a file, believed as if an authority had signed it."""
        program = FOLDER / "browser.mjs"
        arguments = [PATIENCE * 1000, width, height]
        arguments += [certificate] if certificate else []
        await self._child.start("node", program, *arguments, stdin=subprocess.PIPE)
        return self

    async def _do(self, *words):
        mark = self._answers
        await self._child.write(json.dumps(words))
        answer = await self.log.wait(
            lambda line: line.startswith(("done ", "failed ")), words, mark, PATIENCE * 2
        )
        self._answers = self.log.entries.index(answer, mark) + 1
        assert answer.startswith("done "), answer
        return json.loads(answer.removeprefix("done "))

    async def open(self, url):
        """Returns the HTTP status."""
        return await self._do("open", url)

    async def sees(self, frame, selector):
        await self._do("sees", frame, selector)

    async def misses(self, frame, selector):
        """Until it is not there."""
        await self._do("misses", frame, selector)

    async def click(self, frame, selector):
        await self._do("click", frame, selector)

    async def fill(self, frame, selector, text):
        await self._do("fill", frame, selector, text)

    async def press(self, frame, selector, key):
        await self._do("press", frame, selector, key)

    async def widths(self, selector):
        """In pixels, of all such elements of the page."""
        return await self._do("widths", selector)

    async def asked(self):
        """The origins that the page and its frames wanted anything from."""
        return await self._do("asked")

    async def faults(self):
        """Uncaught errors, and what the Content-Security-Policy has blocked."""
        return await self._do("faults")

    async def picture(self, path):
        await self._do("picture", str(path))

    async def close(self):
        if self._child.running:
            self._child.close_input()
            await self._child.wait_exit()
