# SPDX-License-Identifier: MIT
"""Contact lists for rosterd, http_roster_url = "http://127.0.0.1:8080/contacts/%s":
FRIENDS=../friends.json python3 fetch.py"""

import hashlib
import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

from signature import SECRET, is_signed


class Contacts(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps rosterd's connections open

    def do_GET(self):
        if SECRET and not is_signed(self.headers.get("Rosterd-Signature", ""), "GET", self.path):
            return self.answer(403, b'{"error": "not signed by rosterd"}')
        with open(os.environ["FRIENDS"], encoding="utf-8") as friends:
            roster = json.load(friends).get(unquote(self.path.removeprefix("/contacts/")))
        if roster is None:
            return self.answer(404, b'{"error": "no such user"}')
        body = json.dumps(roster).encode()
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        same = self.headers.get("If-None-Match") == tag
        self.answer(304 if same else 200, b"" if same else body, tag)

    def answer(self, status, body, tag=None):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        if tag:
            self.send_header("ETag", tag)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8080"))), Contacts)
print("contact lists on port", server.server_port, flush=True)
server.serve_forever()
