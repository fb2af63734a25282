# SPDX-License-Identifier: MIT
"""The exchanges of man/rosterd-protocol.7, read from the page itself. test_manual.py describes the
format of their markers."""

import dataclasses
import pathlib
import re

PAGE = pathlib.Path(__file__).resolve().parents[3] / "man" / "rosterd-protocol.7"

MARKER = re.compile(
    r'\.\\" exchange ([\w-]+): (app asks|browser asks|client asks|program answers|rosterd asks'
    r"|shell asks)$"
)
SETTING = re.compile(r'\.\\"\s+([a-z ]+): (.*)$')
REQUEST_LINE = re.compile(r"[A-Z]+ \S+ HTTP/1\.1$")
STATUS_LINE = re.compile(r"HTTP/1\.1 \d{3} ")
SAID = re.compile(r"([CS]): (.*)$")
BYTES = re.compile(r"[0-9a-f]{2}( [0-9a-f]{2})*$")
SETTINGS = {"after", "file", "option", "online", "web app", "web app at login", "when", "then",
            "vary", "sign"}  # fmt: skip


class Fault(AssertionError):
    def __init__(self, line, text):
        super().__init__(f"{PAGE.name}:{line}: {text}")


@dataclasses.dataclass
class Exchange:
    """`asks` is "app", "browser" or "rosterd", and `request` and `answer` are lists of lines, roff
    undone; or "client", and `said` is such a list, or "program" or "shell". Other literal lines are
    its `texts`."""

    name: str
    asks: str
    line: int
    settings: list = dataclasses.field(default_factory=list)  # (key, value), in order
    request: list = dataclasses.field(default_factory=list)
    answer: list = dataclasses.field(default_factory=list)
    said: list = dataclasses.field(default_factory=list)  # (C or S, text): a stream's XML
    texts: list = dataclasses.field(default_factory=list)

    @property
    def complete(self):
        if self.asks in ("shell", "program"):
            return len(self.texts) >= (2 if self.asks == "program" else 1)
        if self.said and self.said[-1][0] != "S":
            return False
        return bool(self.said if self.asks == "client" else self.request and self.answer)

    def all(self, key):
        return [value for name, value in self.settings if name == key]

    def names(self, key):
        """Of a setting that is a list with commas."""
        return [name.strip() for value in self.all(key) for name in value.split(",")]

    @property
    def target(self):
        return self.request[0].split(" ")[1]


def undo_roff(line):
    if line.startswith(r"\&"):
        line = line[2:]
    for roff, text in ((r"\-", "-"), (r"\(aq", "'"), (r"\(ha", "^"), (r"\e", "\\")):
        line = line.replace(roff, text)
    return line


def read_page(path=PAGE):
    """All exchanges, by name and in order. Fails where an HTTP message belongs to none."""
    exchanges = {}
    current = None  # the exchange that still lacks a message
    block = None  # where the lines of the literal block go
    for number, line in enumerate(path.read_text().split("\n"), 1):
        if block is not None:
            if line == ".Ed":
                block = None
                if current and current.complete:
                    _check_lengths(current)
                    current = None
            else:
                block = _place(current, block, undo_roff(line), number)
        elif line.startswith(".Bd -literal"):
            block = current.texts if current else []
        elif mark := MARKER.match(line):
            if current:
                raise Fault(number, f"{current.name} has no answer yet")
            if mark[1] in exchanges:
                raise Fault(number, f"a second {mark[1]}")
            current = exchanges[mark[1]] = Exchange(mark[1], mark[2].split(" ")[0], number)
        elif current and not current.request and (setting := SETTING.match(line)):
            if setting[1] not in SETTINGS:
                raise Fault(number, f"no setting {setting[1]!r}")
            current.settings.append((setting[1], setting[2]))
    if current:
        raise Fault(current.line, f"{current.name} has no answer")
    return exchanges


def _place(current, block, line, number):
    """Adds a literal line to the message that it is a part of. Returns where the next one goes."""
    if REQUEST_LINE.match(line):
        if not current or current.request:
            raise Fault(number, "a request that belongs to no exchange")
        block = current.request
    elif STATUS_LINE.match(line):
        if not current or not current.request or current.answer:
            raise Fault(number, "an answer that belongs to no exchange")
        block = current.answer
    elif said := SAID.match(line):
        if not current or current.asks not in ("client", "rosterd"):
            raise Fault(number, "XML that belongs to no exchange")
        current.said.append(said.groups())
        return block
    block.append(line)
    return block


def _check_lengths(exchange):
    for message in filter(None, (exchange.request, exchange.answer)):
        head, _, body = to_bytes(message).decode().partition("\r\n\r\n")
        length = re.search(r"\nContent-Length: (\d+)", head)
        size = len(body.encode())
        if (int(length[1]) if length else 0) != size:
            raise Fault(exchange.line, f"{exchange.name}: a body of {size} bytes; {message[0]}")


def to_bytes(lines, replace=lambda head: head):
    """An HTTP message as it is on the wire: CRLF in the head, LF in the body, which ends with one
    where its length counts it. `replace` may change the head's text."""
    text = "\n".join(lines).rstrip("\n")
    head, _, body = text.partition("\n\n")
    head = replace(head)
    length = re.search(r"^Content-Length: (\d+)$", head, re.MULTILINE)
    if length and len(body.encode()) + 1 == int(length[1]):
        body += "\n"
    return (head.replace("\n", "\r\n") + "\r\n\r\n" + body).encode()


def to_piped(line):
    """Bytes on a program's pipe: "00 1c  text", in which either may be missing; or, where there is
    text alone, a line."""
    parts = line.split("  ")
    if not BYTES.match(parts[0]):
        return line.encode() + b"\n"
    return b"".join(
        bytes.fromhex(part) if BYTES.match(part) else part.encode() for part in parts
    )


# What a text that varies may become, by its shape.
SHAPES = [
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z"),
    (r"\d+(\.\d+)?", r"\d+(?:\.\d+)?"),
    (r"[0-9a-f]+", r"[0-9a-f]+"),
    (r".*", r"[\w.+/=-]+"),
]
DATE = r"Date: (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT"


def to_pattern(message, varying):
    """A pattern that matches the bytes of `message`, in which its Date and the texts of `varying`
    are free within their shape. "Content-Length" in `varying` is that field's value."""
    free = {}  # literal text -> pattern
    for text in varying:
        shape = next(wild for shape, wild in SHAPES if re.fullmatch(shape, text))
        free[text] = shape
    text = message.decode()
    for line in text.partition("\r\n\r\n")[0].split("\r\n"):
        if line.startswith("Date: "):
            free[line] = DATE
        if line.startswith("Content-Length: ") and free.pop("Content-Length", None):
            free[line] = r"Content-Length: \d+"
    longest_first = sorted(free, key=len, reverse=True)
    parts = re.split("(" + "|".join(map(re.escape, longest_first)) + ")", text) if free else [text]
    return re.compile("".join(free.get(part) or re.escape(part) for part in parts).encode())
