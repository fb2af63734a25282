#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""make demo: rosterd, a web application and three accounts on loopback, until Ctrl-C."""

import argparse
import os
import sys

from scene import HOST, LOGINS, USERS, open_scene, password_of, run_until_signal

HERE = os.path.dirname(os.path.relpath(__file__))

TEXT = """
rosterd is running.

  chat page         {chat}
                    romeo and juliet side by side, and their friendship between them
  web application   {web}
                    befriend, unfriend, rename, regroup; open clients follow at once;
                    a dot tells who is online
  log in as         {accounts}
  XMPP              127.0.0.1 port {c2s_port} (STARTTLS), port {c2s_tls_port} (direct TLS)
  certificate       {certificate} (self-signed)

In another terminal:

  # watch romeo's contact list change
  /usr/bin/python3 {here}/watch.py romeo@{host} {password} 127.0.0.1:{c2s_port} {certificate}

  # or chat; then type the line below in profanity
  profanity
  /connect juliet@{host} server 127.0.0.1 port {c2s_port} tls trust

  # tell rosterd that two contact lists may have changed
  curl -d '["romeo","juliet"]' {refresh}
  {{"status":"ok","message":"roster update complete","updated":2,"errors":0}}

Ctrl-C ends it. What rosterd logs:
"""


def password_hint(scene, user):
    if scene.login == "jwt":
        return f"a token for a minute: curl {scene.web_app.url}/chat/{user}/login"
    return f"password {password_of(user)}"


def explain(scene):
    daemon = scene.daemon
    accounts = [f"{f'{user}@{HOST}':20} {password_hint(scene, user)}" for user in USERS]
    return TEXT.format(
        chat=scene.web_app.chat_url if scene.has_page else "none: it needs npm and its registry",
        web=scene.web_app.url + "/",
        accounts=("\n" + " " * 20).join(accounts),
        c2s_port=daemon.c2s_port,
        c2s_tls_port=daemon.c2s_tls_port,
        certificate=os.path.relpath(scene.certificate),
        here=HERE,
        host=HOST,
        password="TOKEN" if scene.login == "jwt" else password_of("romeo"),
        refresh=daemon.refresh_url,
    )


async def main(program, login):
    ready = False
    early = []

    def echo(line):
        if ready:
            print(line, flush=True)
        else:
            early.append(line)

    async with open_scene(program, default_ports=True, login=login, echo=echo) as scene:
        print(explain(scene), flush=True)
        ready = True
        print(*early, sep="\n", flush=True)
        await scene.wait_end_of_rosterd()
        print("rosterd ended by itself", file=sys.stderr)
        return 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rosterd", required=True, help="the built program")
    parser.add_argument("--login", choices=LOGINS, default=LOGINS[0], help="how users log in")
    options = parser.parse_args()
    try:
        sys.exit(run_until_signal(main(options.rosterd, options.login)))
    except AssertionError as error:
        sys.exit(f"demo: {error}")
