# SPDX-License-Identifier: MIT
"""All that an application needs to work with rosterd: the roster it serves, the refresh it asks
for and, for a chat in its pages, a login token. This is the file to copy the idea from."""

import collections
import http.client
import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

HISTORY = 8


def roster_of(friends, chat_host):
    """The answer to GET /contacts/USER: contact address -> name, groups, subscription."""
    return {
        f"{friend['friend']}@{chat_host}": {
            "name": friend["name"],
            "groups": friend["groups"],
            "subscription": friend["subscription"],
        }
        for friend in friends
    }


class Rosterd:
    """Asks rosterd, and remembers what it said to refreshes. An empty URL asks nobody."""

    def __init__(self, refresh_url, timeout=10):
        self.refresh_url = refresh_url
        self._timeout = timeout
        self._lock = threading.Lock()
        self._history = collections.deque(maxlen=HISTORY)

    def refresh(self, users):
        """Tells rosterd whose rosters have changed. Returns what it said, for people and programs:
        {"users", "status", "answer"}, or {"users", "error"} when it could not be asked. The change
        stands either way: rosterd reads the roster at the user's next log-in at the latest."""
        said = {"users": users, **self._post(self.refresh_url, users)}
        with self._lock:
            self._history.appendleft({"at": time.strftime("%H:%M:%S"), **said})
        return said

    def login_token(self, user):
        """A password for one login of `user` within a minute, so that his browser needs no other
        one. Whoever holds it is that user: give it to nobody but him. Returns {"status",
        "answer": {"user": his address, "token", "expires_in"}}, or an error as refresh() does."""
        url = self.refresh_url and urllib.parse.urljoin(self.refresh_url, "login_token")
        return self._post(url, {"user": user})

    def history(self):
        with self._lock:
            return list(self._history)

    def _post(self, url, body):
        if not url:
            return {"error": "not asked"}
        request = urllib.request.Request(
            url,
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            method="POST",
        )
        try:
            with urllib.request.urlopen(request, timeout=self._timeout) as reply:
                return {"status": reply.status, "answer": json.load(reply)}
        except urllib.error.HTTPError as error:
            return {"status": error.code, "answer": _json_or_text(error.read())}
        except (OSError, ValueError, http.client.HTTPException) as error:
            return {"error": f"rosterd cannot be reached: {getattr(error, 'reason', error)}"}


def _json_or_text(body):
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")
