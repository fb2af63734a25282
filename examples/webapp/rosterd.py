# SPDX-License-Identifier: MIT
"""All that an application needs to work with rosterd: the roster it serves, and the refresh it
asks for. This is the file to copy the idea from."""

import collections
import http.client
import json
import threading
import time
import urllib.error
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
    """Asks rosterd to refresh users, and remembers what it said. An empty URL asks nobody."""

    def __init__(self, refresh_url, timeout=10):
        self.refresh_url = refresh_url
        self._timeout = timeout
        self._lock = threading.Lock()
        self._history = collections.deque(maxlen=HISTORY)

    def refresh(self, users):
        """Tells rosterd whose rosters have changed. Returns what it said, for people and programs:
        {"users", "status", "answer"}, or {"users", "error"} when it could not be asked. The change
        stands either way: rosterd reads the roster at the user's next log-in at the latest."""
        answer = self._post(users) if self.refresh_url else {"error": "not asked"}
        said = {"users": users, **answer}
        with self._lock:
            self._history.appendleft({"at": time.strftime("%H:%M:%S"), **said})
        return said

    def history(self):
        with self._lock:
            return list(self._history)

    def _post(self, users):
        request = urllib.request.Request(
            self.refresh_url,
            data=json.dumps(users).encode(),
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
