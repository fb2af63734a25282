# SPDX-License-Identifier: MIT
"""Rosterd-Signature by the book (rosterd-protocol(7)), for tests to compare with."""

import hashlib
import hmac
import re
import time

FIELD = re.compile(rb"t=(\d+)(,k=[\w.~-]+)?,v1=([0-9a-f]{64})")


def mac(made, method, target, body, secret):
    """`body` is bytes. Returns hexadecimal digits."""
    text = f"{made}.{method}.{target}.".encode() + body
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


def mac_of(message, made, secret):
    """The same, of an HTTP request as bytes."""
    head, _, body = message.partition(b"\r\n\r\n")
    method, target = head.decode().split(" ")[:2]
    return mac(made, method, target, body, secret)


def assert_signed(message, secret):
    """That the request has a signature, and a right one, whatever its age."""
    field = FIELD.search(message)
    assert field, f"no signature in {message!r}"
    wanted = mac_of(message, field[1].decode(), secret)
    assert field[3].decode() == wanted, f"v1 should be {wanted} in {message!r}"


def sign_anew(message, secret):
    """With the time of now in the place of the signature's own."""
    now = int(time.time())
    field = FIELD.search(message)
    fresh = b"t=%d%s,v1=%s" % (now, field[2] or b"", mac_of(message, now, secret).encode())
    return message.replace(field[0], fresh)
