# SPDX-License-Identifier: MIT
"""Receiver: what a web application has behind webhook_url, as rosterd-protocol(7) advises: it takes
each event once, and notices when one is missing."""

import hashlib
import hmac
import json
import re

from .backend import BackEnd, answer
from .journal import Journal

PATH = "/chat/events"


class Receiver(BackEnd):
    """`answers[PATH]` says how it behaves, see BackEnd; well unless it is set. With `secret` an
    unsigned batch is a fault."""

    def __init__(self, secret=None):
        super().__init__()
        self.answers[PATH] = answer("", "204 No Content")
        self.taken = Journal("receiver took")  # events, each once
        self.batches = []  # all that came, repetitions too
        self.faults = []
        self._secret = secret
        self._next = {}  # (node, boot): number of the next event

    async def start(self, port=0, tls=None):
        await super().start(port, tls)
        self.url = f"http://127.0.0.1:{self.port}{PATH}"
        self.fixed_port = self.port
        return self

    async def restart(self):
        return await self.start(self.fixed_port)

    def _next_answer(self, path):
        data = super()._next_answer(path)
        if path == PATH:
            head, _, body = self.messages[-1].partition(b"\r\n\r\n")
            batch = json.loads(body)
            self.batches.append(batch)
            self._check_signature(head.decode(), body)
            if isinstance(data, bytes) and data.startswith(b"HTTP/1.1 2") and "seq" in batch:
                self._take(batch)
        return data

    def _take(self, batch):
        stream = batch["node"], batch["boot"]
        wanted = self._next.get(stream, 1)
        if batch["seq"] > wanted:
            self.faults.append(f"batch {batch['seq']} came instead of {wanted}")
        for number, event in enumerate(batch["events"], batch["seq"]):
            if number >= wanted:
                self._next[stream] = number + 1
                self.taken.add(event)

    def _check_signature(self, head, body):
        if self._secret is None:
            return
        signature = re.search(r"\r\nRosterd-Signature: t=(\d+),(?:k=[^,]*,)?v1=([0-9a-f]+)", head)
        if not signature:
            self.faults.append(f"not signed: {head}")
            return
        signed = f"{signature[1]}.POST.{PATH}.".encode() + body
        mac = hmac.new(self._secret.encode(), signed, hashlib.sha256).hexdigest()
        if mac != signature[2]:
            self.faults.append(f"wrong signature: {head}")

    async def takes(self, type, since=0, **wanted):
        """Waits for an event."""
        wanted["type"] = type
        matches = lambda event: wanted.items() <= event.items()  # noqa: E731
        return await self.taken.wait(matches, f"event {wanted}", since)

    async def has_taken(self, type, times):
        """Waits until it has taken that many of a type."""
        count = lambda _: sum(e["type"] == type for e in self.taken.entries) >= times  # noqa: E731
        await self.taken.wait(count, f"{times} of {type}")

    def story(self, since=0):
        """Short: ["online romeo", "away romeo/orchard", …]."""
        return [tell(event) for event in self.taken.entries[since:]]


def tell(event):
    kind = event["type"]
    if kind == "gap":
        return f"gap {event['lost']}"
    who = event["user"] + ("/" + event["resource"] if "resource" in event else "")
    if kind == "presence":
        return (event.get("show", "there") if event["available"] else "not there") + " " + who
    if kind == "session.end":
        return f"{event['reason']} {who}"
    return f"{kind.removeprefix('user.')} {who}"
