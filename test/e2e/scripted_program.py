#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A program on pipes that expects one question, for the exchanges of the manual page:
scripted_program.py FILE QUESTION ANSWER, both in hex. Keeps all that it reads in FILE."""

import os
import pathlib
import sys


def main():
    kept = pathlib.Path(sys.argv[1])
    question, answer = map(bytes.fromhex, sys.argv[2:])
    asked = b""
    while more := os.read(0, 4096):
        asked += more
        kept.write_bytes(asked)
        if asked == question:
            os.write(1, answer)


main()
