# SPDX-License-Identifier: MIT
"""Rosterd-Signature, both ways. Prints the one of a request that is sent now:
python3 signature.py POST /roster_admin/refresh '["john"]'"""

import hashlib
import hmac
import os
import re
import sys
import time

SECRET = os.environ.get("ROSTERD_SECRET", "")


def mac(made, method, target, body):
    text = f"{made}.{method}.{target}.".encode() + body
    return hmac.new(SECRET.encode(), text, hashlib.sha256).hexdigest()


def sign(method, target, body=b""):
    """`target` is path and query as they are sent, `body` bytes."""
    now = int(time.time())
    return f"t={now},v1={mac(now, method, target, body)}"


def is_signed(field, method, target, body=b""):
    """Whether `field` signs this request and is not older than five minutes."""
    made, given = re.search(r"\bt=(\d+)", field), re.search(r"\bv1=([0-9a-f]{64})", field)
    if not made or not given or abs(time.time() - int(made[1])) > 300:
        return False
    return hmac.compare_digest(given[1], mac(made[1], method, target, body))


if __name__ == "__main__":
    print(sign(sys.argv[1], sys.argv[2], "".join(sys.argv[3:]).encode()))
