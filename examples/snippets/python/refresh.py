# SPDX-License-Identifier: MIT
"""Tells rosterd whose contact lists have changed: python3 refresh.py john aaron"""

import json
import os
import secrets
import sys
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from signature import SECRET, sign

URL = os.environ.get("ROSTERD_URL", "http://127.0.0.1:5280/roster_admin/refresh")


def refresh(users):
    """rosterd's summary. By the time it returns, all open clients have been told."""
    body = json.dumps(users).encode()
    fields = {"Content-Type": "application/json"}
    # A signature counts once. The query makes this request unlike another of the same second.
    query = f"?n={secrets.token_hex(8)}"
    if SECRET:
        fields["Rosterd-Signature"] = sign("POST", urlsplit(URL).path + query, body)
    try:
        # Longer than the 30 seconds that rosterd gives itself.
        with urlopen(Request(URL + query, body, fields), timeout=40) as answer:
            return json.load(answer)
    except HTTPError as error:
        return json.load(error)
    except URLError as error:  # it is down, and fetches the lists when its users log in
        return {"status": "error", "message": str(error.reason)}


if __name__ == "__main__":
    summary = refresh(sys.argv[1:])
    print(json.dumps(summary))
    sys.exit(summary["status"] != "ok" or summary["errors"] > 0)
