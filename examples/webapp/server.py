# SPDX-License-Identifier: MIT
"""HTTP: one table of routes, one handler per route. After each change the handler tells rosterd
whose rosters changed."""

import base64
import binascii
import http.server
import ipaddress
import json
import re
import urllib.parse

import chat
import pages
from friends import Refused, prepare_name
from rosterd import roster_of

BODY_LIMIT = 1024 * 1024  # 200 events of the longest kind fit
NAME = "([^/]+)"  # in a route's path
FILE = "(?:.+)"
LOOPBACK = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d+)?")
POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, address, friends, accounts, rosterd, events, assets, *, chat_host, websocket_url
    ):
        super().__init__(address, Handler)
        self.friends = friends
        self.accounts = accounts
        self.rosterd = rosterd
        self.events = events
        self.assets = assets
        self.chat_host = chat_host
        self.websocket_url = websocket_url


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

    # --- the chat page ---------------------------------------------------------------------------

    def get_chat(self):
        cast = self._cast()
        if not self.server.assets.has_converse or not self.server.websocket_url:
            self._send_page(chat.missing_page())
        elif len(cast) < 2:
            raise Refused("a chat needs two users", 404)
        else:
            self._send_page(chat.chat_page(cast, self._table(cast)), policy=chat.stage_policy())

    def get_table(self):
        self._send(200, "text/html", self._table(self._cast()))

    def get_pane(self, user):
        if not self._friends.has_user(user):
            raise Refused(f"there is no user {user}", 404)
        url = self.server.websocket_url
        self._send_page(chat.pane_page(user, url), policy=chat.pane_policy(url))

    def get_login(self, user):
        """Who asks is let into the chat as `user`. A real application asks its own session here who
        that is; this one has none, so it believes those who sit before the same machine."""
        self._refuse_other_machines()
        if not self._friends.has_user(user):
            raise Refused(f"there is no user {user}", 404)
        accounts = self.server.accounts
        if accounts.has_tokens:
            login = {"jid": accounts.address_of(user), "password": accounts.make_token(user)}
            return self._send_json(200, login, ("Cache-Control", "no-store"))
        said = self._rosterd.login_token(user)
        if said.get("status") != 200:
            raise Refused(f"rosterd gave no token: {said.get('error') or said['answer']}", 503)
        login = {"jid": said["answer"]["user"], "password": said["answer"]["token"]}
        self._send_json(200, login, ("Cache-Control", "no-store"))

    def get_asset(self):
        found = self.server.assets.find(urllib.parse.urlsplit(self.path).path)
        if found is None:
            raise Refused("there is no such file", 404)
        self._send(200, *found)

    def _cast(self):
        return self._friends.first_users(chat.CAST)

    def _table(self, cast):
        history = self._rosterd.history()
        return chat.friends_table(cast, self._online, self._friends.friends_of, history)

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

    def get_auth(self):
        """auth = "http-basic": any 2xx lets the user in."""
        kind, _, encoded = self.headers.get("Authorization", "").partition(" ")
        try:
            user, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            colon = ""
        if kind != "Basic" or not colon or not self._may_log_in(user, password):
            raise Refused("wrong user name or password", 401)
        self._send_json(200, {"user": user})

    def post_auth(self):
        """auth = "http-json": `true` lets the user in."""
        user, password = self._json("username", str), self._json("password", str)
        self._send_json(200, self._may_log_in(user, password))

    def _may_log_in(self, user, password):
        return self._friends.has_user(user) and self.server.accounts.is_right(user, password)

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
        (method, re.compile(path.replace("NAME", NAME).replace("FILE", FILE)), handler)
        for method, path, handler in [
            ("GET", "/", get_home),
            ("POST", "/users", post_user),
            ("GET", "/users/NAME", get_user),
            ("POST", "/users/NAME/friends", post_befriend),
            ("POST", "/users/NAME/friends/NAME", post_change),
            ("POST", "/users/NAME/friends/NAME/unfriend", post_unfriend),
            ("GET", "/chat", get_chat),
            ("GET", "/chat/table", get_table),
            ("GET", "/chat/NAME", get_pane),
            ("GET", "/chat/NAME/login", get_login),
            ("GET", "/assets/FILE", get_asset),
            ("GET", "/converse/FILE", get_asset),
            ("GET", "/api/users", api_users),
            ("POST", "/api/users", api_add_user),
            ("GET", "/api/friends/NAME", api_friends),
            ("PUT", "/api/friends/NAME/NAME", api_befriend),
            ("PATCH", "/api/friends/NAME/NAME", api_change),
            ("DELETE", "/api/friends/NAME/NAME", api_unfriend),
            ("GET", "/api/online", api_online),
            ("GET", "/contacts/NAME", get_contacts),
            ("GET", "/auth", get_auth),
            ("POST", "/auth", post_auth),
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

    def _refuse_other_machines(self):
        """Nor pages that are here under another name, or another site's."""
        host = LOOPBACK.fullmatch(self.headers.get("Host", ""))
        peer = ipaddress.ip_address(self.client_address[0])
        site = self.headers.get("Sec-Fetch-Site", "same-origin")
        if not peer.is_loopback or not host or site != "same-origin":
            raise Refused("the example has no log-in of its own: only pages of loopback may", 403)

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
        if isinstance(body, str):
            kind, body = kind + "; charset=utf-8", body.encode("utf-8")
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in fields:
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def _send_page(self, text, status=200, policy=POLICY):
        self._send(status, "text/html", text, ("Content-Security-Policy", policy))

    def _send_json(self, status, value, *fields):
        text = json.dumps(value, ensure_ascii=False) + "\n"
        self._send(status, "application/json", text, *fields)

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
