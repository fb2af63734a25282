# SPDX-License-Identifier: MIT
"""HTTP: one table of routes, one handler per route. After each change the handler tells rosterd
whose rosters changed."""

import http.server
import json
import re
import urllib.parse

import pages
from friends import Refused, prepare_name
from rosterd import roster_of

BODY_LIMIT = 1024 * 1024  # 200 events of the longest kind fit
NAME = "([^/]+)"  # in a route's path


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address, friends, rosterd, events, chat_host):
        super().__init__(address, Handler)
        self.friends = friends
        self.rosterd = rosterd
        self.events = events
        self.chat_host = chat_host


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "friends/1.0"
    wbufsize = 64 * 1024  # head and body leave in one write
    timeout = 120  # of an idle connection

    # --- what people see -------------------------------------------------------------------------

    def get_home(self):
        self._send_page(
            pages.home_page(self._friends.users(), self._online, self._rosterd.history())
        )

    def get_user(self, user):
        friends = self._friends.friends_of(user)
        roster = roster_of(friends, self.server.chat_host)
        history = self._rosterd.history()
        users = self._friends.users()
        self._send_page(pages.user_page(user, users, self._online, friends, history, roster))

    def post_user(self):
        self._redirect(pages.user_path(self._friends.add_user(self._form("name"))))

    def post_befriend(self, user):
        self._befriend(user, self._form("friend"))
        self._redirect(pages.user_path(user))

    def post_change(self, user, friend):
        self._friends.change(
            user,
            friend,
            name=self._form("name"),
            groups=self._form("groups").split(","),
            subscription=self._form("subscription"),
        )
        self._rosterd.refresh([user])
        self._redirect(pages.user_path(user))

    def post_unfriend(self, user, friend):
        self._unfriend(user, friend)
        self._redirect(pages.user_path(user))

    # --- what programs use -----------------------------------------------------------------------

    def api_users(self):
        self._send_json(200, self._friends.users())

    def api_add_user(self):
        self._send_json(201, {"user": self._friends.add_user(self._json("name", str))})

    def api_friends(self, user):
        self._send_json(200, self._friends.friends_of(user))

    def api_befriend(self, user, friend):
        self._send_json(200, {"refresh": self._befriend(user, friend)})

    def api_change(self, user, friend):
        self._friends.change(
            user,
            friend,
            name=self._json("name", str, None),
            groups=self._json("groups", list, None),
            subscription=self._json("subscription", str, None),
        )
        self._send_json(200, {"refresh": self._rosterd.refresh([user])})

    def api_unfriend(self, user, friend):
        self._send_json(200, {"refresh": self._unfriend(user, friend)})

    def api_online(self):
        self._send_json(200, self._online)

    # --- what rosterd reads ----------------------------------------------------------------------

    def get_contacts(self, user):
        self._send_json(200, roster_of(self._friends.friends_of(user), self.server.chat_host))

    # --- what rosterd tells ----------------------------------------------------------------------

    def post_events(self):
        signature = self.headers.get("Rosterd-Signature", "")
        if not self.server.events.is_signed(signature, self.path, self._body):
            raise Refused("that was not signed by rosterd", 403)
        try:
            self.server.events.take(json.loads(self._body))
        except (ValueError, TypeError, LookupError) as error:
            raise Refused(f"that is no batch of events: {error!r}") from None
        self._send_json(200, {"taken": True})

    # --- routes ----------------------------------------------------------------------------------

    ROUTES = [
        (method, re.compile(path.replace("NAME", NAME)), handler)
        for method, path, handler in [
            ("GET", "/", get_home),
            ("POST", "/users", post_user),
            ("GET", "/users/NAME", get_user),
            ("POST", "/users/NAME/friends", post_befriend),
            ("POST", "/users/NAME/friends/NAME", post_change),
            ("POST", "/users/NAME/friends/NAME/unfriend", post_unfriend),
            ("GET", "/api/users", api_users),
            ("POST", "/api/users", api_add_user),
            ("GET", "/api/friends/NAME", api_friends),
            ("PUT", "/api/friends/NAME/NAME", api_befriend),
            ("PATCH", "/api/friends/NAME/NAME", api_change),
            ("DELETE", "/api/friends/NAME/NAME", api_unfriend),
            ("GET", "/api/online", api_online),
            ("GET", "/contacts/NAME", get_contacts),
            ("POST", "/chat/events", post_events),
        ]
    ]

    def _dispatch(self):
        path = urllib.parse.urlsplit(self.path).path
        self._body = None
        try:
            self._read_body()
            self._refuse_other_sites()
            handler, names = self._find_route(path)
            handler(self, *[_prepare_known(urllib.parse.unquote(name)) for name in names])
        except Refused as refused:
            self._send_refusal(path, refused)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _dispatch

    def _find_route(self, path):
        matches = [(m, r.fullmatch(path), f) for m, r, f in self.ROUTES if r.fullmatch(path)]
        if not matches:
            raise Refused("there is no such page", 404)
        for method, match, handler in matches:
            if method == self.command:
                return handler, match.groups()
        raise Refused(f"{self.command} is not for this address", 405)

    # --- changes ---------------------------------------------------------------------------------

    def _befriend(self, user, friend):
        friend = prepare_name(friend)
        self._friends.befriend(user, friend)
        return self._rosterd.refresh([user, friend])

    def _unfriend(self, user, friend):
        self._friends.unfriend(user, friend)
        return self._rosterd.refresh([user, friend])

    # --- requests --------------------------------------------------------------------------------

    @property
    def _friends(self):
        return self.server.friends

    @property
    def _online(self):
        return self.server.events.online()

    @property
    def _rosterd(self):
        return self.server.rosterd

    def _read_body(self):
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdigit():
            self.close_connection = True
            raise Refused("a body needs a Content-Length", 411)
        if int(length) > BODY_LIMIT:
            self.close_connection = True
            raise Refused("that is too much", 413)
        self._body = self.rfile.read(int(length))

    def _refuse_other_sites(self):
        """A page of another site must not press our buttons in the visitor's browser."""
        origin = self.headers.get("Origin")
        if self.command != "GET" and origin is not None:
            if urllib.parse.urlsplit(origin).netloc != self.headers.get("Host"):
                raise Refused("that came from another site", 403)

    def _form(self, name):
        text = self._body.decode("utf-8", "replace")
        fields = urllib.parse.parse_qs(text, keep_blank_values=True)
        if name not in fields:
            raise Refused(f"the field {name} is missing")
        return fields[name][0]

    def _json(self, name, kind, *default):
        try:
            value = json.loads(self._body)
        except ValueError:
            raise Refused("the body is not JSON") from None
        if not isinstance(value, dict):
            raise Refused("the body is not a JSON object")
        if name not in value and default:
            return default[0]
        if not isinstance(value.get(name), kind):
            raise Refused(f"{name} is missing or of the wrong kind")
        return value[name]

    # --- answers ---------------------------------------------------------------------------------

    def _send(self, status, kind, body, *fields):
        body = body.encode("utf-8")
        self.send_response(status)
        self.send_header("Content-Type", kind + "; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in fields:
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def _send_page(self, text, status=200):
        policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"
        self._send(status, "text/html", text, ("Content-Security-Policy", policy))

    def _send_json(self, status, value):
        self._send(status, "application/json", json.dumps(value, ensure_ascii=False) + "\n")

    def _send_refusal(self, path, refused):
        if path.startswith(("/api/", "/contacts/", "/chat/")):
            self._send_json(refused.status, {"error": str(refused)})
        else:
            self._send_page(pages.error_page(str(refused)), refused.status)

    def _redirect(self, path):
        self._send(303, "text/plain", "", ("Location", path))

    def log_message(self, format, *args):
        if self.server.verbose:
            super().log_message(format, *args)


def _prepare_known(name):
    """A name in an address that nobody can have is a page that is not there."""
    try:
        return prepare_name(name)
    except Refused as refused:
        raise Refused(str(refused), 404) from None
