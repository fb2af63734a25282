#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Friends: a small web application whose friendships are the contact lists of rosterd."""

import argparse
import os
import signal
import sys

from accounts import Accounts
from chat import Assets
from events import Events
from friends import Friends
from rosterd import Rosterd
from server import Server


def parse_arguments():
    parser = argparse.ArgumentParser(prog="webapp", description=__doc__)

    def option(name, default, text, kind=str):
        variable = "FRIENDS_" + name.upper().replace("-", "_")
        parser.add_argument(
            "--" + name,
            default=os.environ.get(variable, default),
            type=kind,
            help=f"{text} (default: {default}; environment: {variable})",
        )

    option("bind", "127.0.0.1", "address to listen on")
    option("port", "8080", "port to listen on; 0 takes a free one", int)
    option("database", "friends.sqlite3", "SQLite file; made if it is not there")
    option("chat-host", "localhost", "the host part of everybody's chat address")
    option(
        "refresh-url",
        "http://127.0.0.1:5280/roster_admin/refresh",
        "where rosterd is told about changes; empty tells nobody",
    )
    option("secret", "", "of rosterd's app_auth = [\"hmac:KEYID:SECRET\"], for events")
    option("converse", "", "folder of converse.js, as npm installs it, for the chat page")
    option("websocket-url", "", "where browsers reach rosterd: ws://127.0.0.1:5280/xmpp-websocket")
    option("jwt-secret", "", "signs the tokens with which pages log in; empty: rosterd gives them")
    parser.add_argument("--user", action="append", default=[], help="add this user; repeatable")
    parser.add_argument(
        "--password", action="append", default=[], help="set USER:PASSWORD; repeatable"
    )
    parser.add_argument("--verbose", action="store_true", help="print each request")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    friends = Friends(arguments.database)
    for user in arguments.user:
        if not friends.has_user(user):
            friends.add_user(user)
    accounts = Accounts(arguments.database, arguments.chat_host, arguments.jwt_secret)
    for password in arguments.password:
        accounts.set_password(*password.split(":", 1))
    rosterd = Rosterd(arguments.refresh_url)
    events = Events(arguments.database, arguments.secret)
    address = (arguments.bind, arguments.port)
    try:
        server = Server(
            address,
            friends,
            accounts,
            rosterd,
            events,
            Assets(arguments.converse),
            chat_host=arguments.chat_host,
            websocket_url=arguments.websocket_url,
        )
    except OSError as error:
        sys.exit(f"webapp: cannot listen on {arguments.bind} port {arguments.port}: {error}")
    server.verbose = arguments.verbose
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f"friends ready on http://{arguments.bind}:{server.server_port}/", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
