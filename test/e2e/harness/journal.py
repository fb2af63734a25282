# SPDX-License-Identifier: MIT
"""Journal: what happened, in order, and how to wait for it without sleeping."""

import asyncio

PATIENCE = 20  # seconds until something that should have happened counts as missing


class Missing(AssertionError):
    pass


class Journal:
    """`name` is for messages. Entries may be of any kind."""

    def __init__(self, name):
        self.name = name
        self.entries = []
        self.over = False
        self._changed = asyncio.Event()

    def __len__(self):
        return len(self.entries)

    def add(self, entry):
        self.entries.append(entry)
        self._changed.set()

    def end(self):
        """Nothing more will come: who still waits need not be patient."""
        self.over = True
        self._changed.set()

    def find(self, matches, since=0):
        return next((e for e in self.entries[since:] if matches(e)), None)

    async def wait(self, matches, what, since=0, patience=PATIENCE):
        """The first entry from `since` on for which matches(entry) holds."""
        deadline = asyncio.get_running_loop().time() + patience
        while True:
            found = self.find(matches, since)
            if found is not None:
                return found
            if self.over:
                raise Missing(f"{self.name}: ended without {what}\n{self}")
            self._changed.clear()
            left = deadline - asyncio.get_running_loop().time()
            try:
                await asyncio.wait_for(self._changed.wait(), max(left, 0.001))
            except asyncio.TimeoutError:
                raise Missing(f"{self.name}: no {what} in {patience} s\n{self}") from None

    def __str__(self):
        lines = "\n".join(f"  | {entry}" for entry in self.entries) or "  | (nothing)"
        return f"--- {self.name}\n{lines}"
