#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A program that knows accounts, for test_external.py: external_accounts.py PROTOCOL FOLDER. Users
have the password "secret of NAME"; some passwords make it misbehave. Notes in FOLDER that it has
been started."""

import os
import pathlib
import sys
import time


def misbehave(password):
    if password == "hang":
        time.sleep(1000)
    if password == "die":
        sys.exit(f"no more, after {password}:pa55word")
    if password == "cry":
        sys.exit("Traceback: cannot split auth:romeo:example.test:cry")
    if password == "garbage":
        os.write(1, b"Content-Type: text/html\n\n<b>Warning</b>")
        time.sleep(1000)


def is_right(question):
    operation, user, host, *password = question.split(":", 3)
    if operation == "isuser":
        return host == "example.test" and user in ("romeo", "juliet")
    misbehave(password[0])
    known = operation == "auth" and host == "example.test"
    return known and password[0] in (f"secret of {user}", "a:b:c")


def serve_ejabberd():
    while len(size := os.read(0, 2)) == 2:
        question = os.read(0, int.from_bytes(size, "big")).decode()
        os.write(1, b"\0\2\0\1" if is_right(question) else b"\0\2\0\0")


def serve_generic():
    for line in sys.stdin:
        print("1" if is_right(line.removesuffix("\n")) else "0", flush=True)


def main():
    protocol, folder = sys.argv[1:]
    (pathlib.Path(folder) / f"started-{os.getpid()}").touch()
    {"ejabberd": serve_ejabberd, "generic": serve_generic}[protocol]()


main()
