# SPDX-License-Identifier: MIT
"""Replay: the exchanges of the manual page against the built daemon, byte for byte."""

import asyncio
import base64
import hmac
import json
import pathlib
import re
import tomllib

from .backend import answer
from .case import EndToEndTest
from .certificate import make_certificate
from .manual import to_bytes, to_pattern, to_piped
from .process import run
from .raw import RawConnection
from .signing import FIELD, assert_signed, sign_anew
from .websocket import RawWebSocket

HOST = "example.com"
APP = "app.example.org"  # in the page; the test's web app is on a port of loopback
PROGRAM = pathlib.Path(__file__).resolve().parents[1] / "scripted_program.py"
WITH = "logs in with "  # a password that the web app knows
TO = "writes to "
THEN = re.compile(r"(\S+) (has|sees|is gone)\b ?(.*)$")


class ReplayTest(EndToEndTest):
    """One scene for an exchange and those that came before it."""

    async def replay(self, exchange, page):
        """`page`: all exchanges by name."""
        chain = [page[name] for name in exchange.names("after")] + [exchange]
        self.clients = {}
        self.browser = None  # whose WebSocket is open
        await self.start_back_end()
        for user in users_of(chain):
            self.back_end.answers[f"/contacts/{user}"] = answer("{}")
        await self._start_rosterd(chain)
        for one in chain:
            await self._prepare(one)
            with self.subTest(one.name):
                await getattr(self, f"_{one.asks}_asks")(one)
                for statement in one.all("then"):
                    await self._check(statement)

    async def _start_rosterd(self, chain):
        url = f"http://{APP}/contacts/%s"
        self.make_daemon(
            {HOST: make_certificate(self.folder, HOST)}, http_roster_url=self._here(url)
        )
        for one in chain:
            for line in one.all("option"):
                self._set_option(line)
            for line in one.all("file"):
                name, _, content = line.partition(" ")
                (self.folder / name).write_text(content)
            if one.asks == "program":
                question, answer_to_it = (to_piped(text).hex() for text in one.texts)
                program = ["/usr/bin/python3", "-B", PROGRAM, self.folder / "asked"]
                self.daemon.options["auth_program"] = [*program, question, answer_to_it]
        await self.start_daemon(*users_of(chain))

    def _set_option(self, line):
        name, _, value = line.partition(" = ")
        self.daemon.options[name] = tomllib.loads(f"value = {self._here(value)}")["value"]

    def _here(self, text):
        return text.replace(APP, f"127.0.0.1:{self.back_end.port}")

    async def _prepare(self, exchange):
        self._give(exchange.all("web app at login"))
        for name in exchange.names("online"):
            if name not in self.clients:
                user, _, resource = name.partition("/")
                self.clients[name] = await self.log_in(user, resource)
        self._give(exchange.all("web app"))

    def _give(self, lines):
        """"PATH BODY" or "PATH STATUS": what the web app answers from now on."""
        for line in lines:
            path, _, body = line.partition(" ")
            status = re.fullmatch(r"\d{3}", body)
            self.back_end.answers[path] = answer("{}", body + " No") if status else answer(body)

    async def run_shell(self, shell):
        """The commands, which must end well and print nothing but JSON that tells of no error."""
        self.clients = {}
        await self.start_back_end()
        await self._start_rosterd([shell])
        script = "set -euo pipefail\n" + "\n".join(shell.texts)
        script = script.replace("127.0.0.1:5280", f"127.0.0.1:{self.daemon.http_port}")
        status, out, err = await run("bash", "-c", script.replace("curl ", "curl -sS "))
        self.assertEqual((status, err), (0, ""))
        while out.strip():
            said, end = json.JSONDecoder().raw_decode(out.strip())
            self.assertNotEqual(said.get("status"), "error", said)
            out = out.strip()[end:]

    # --- the web app asks ------------------------------------------------------------------------

    async def _app_asks(self, exchange):
        request = to_bytes(exchange.request)
        for secret in exchange.all("sign"):
            assert_signed(request, secret)
            request = sign_anew(request, secret)
        raw = await RawConnection.open(("127.0.0.1", self.daemon.http_port))
        self.addAsyncCleanup(raw.close)
        self.marks = {name: len(client.journal) for name, client in self.clients.items()}
        await raw.send(request)
        self._compare(await raw.read_message(), to_bytes(exchange.answer), exchange)

    # --- browsers and clients ask ----------------------------------------------------------------

    async def _browser_asks(self, exchange):
        self.browser = await RawWebSocket.open(("127.0.0.1", self.daemon.http_port))
        self.addAsyncCleanup(self.browser.close)
        self.browser.host = HOST
        await self.browser.send(to_bytes(exchange.request))
        self._compare(await self.browser.read_message(), to_bytes(exchange.answer), exchange)

    async def _client_asks(self, exchange):
        if exchange.texts:
            self._check_token(exchange)
        await self._talk(exchange)

    async def _talk(self, exchange):
        """What the client and the server say, on the browser's WebSocket or on a stream in TLS."""
        if self.browser:
            await self.browser.open_stream()
            for who, text in exchange.said:
                if who == "C":
                    await self.browser.send_text(text)
                else:
                    self.assertEqual(await self.browser.read_text(), text)
            return
        raw = await self.open_raw_xmpp(tls=True)
        await raw.features()
        for who, text in exchange.said:
            if who == "C":
                mark = len(raw.received)
                await raw.send(text)
            else:
                await raw.read_until(text, mark)
                self.assertEqual(raw.received[mark:], text)

    def _check_token(self, exchange):
        """The header and claims of a JSON Web Token, it, and the SASL message that it goes into, as
        the client says it in base64."""
        header, claims, token, message = exchange.texts
        secret = next(line.partition(" ")[2] for line in exchange.all("file"))
        signed = f"{to_base64url(header.encode())}.{to_base64url(claims.encode())}"
        signature = hmac.digest(secret.encode(), signed.encode(), "sha256")
        self.assertEqual(token, f"{signed}.{to_base64url(signature)}")
        message = message.replace("TOKEN", token).replace("^A", "\x01")
        self.assertIn(base64.b64encode(message.encode()).decode(), exchange.said[0][1])

    # --- rosterd asks ----------------------------------------------------------------------------

    async def _program_asks(self, exchange):
        """That is, rosterd asks it."""
        await asyncio.gather(*(self._do(what) for what in exchange.all("when")))
        self.assertEqual((self.folder / "asked").read_bytes(), to_piped(exchange.texts[0]))

    async def _rosterd_asks(self, exchange):
        self.back_end.answers[exchange.target] = to_bytes(exchange.answer, self._here)
        self.marks = {name: len(client.journal) for name, client in self.clients.items()}
        mark = len(self.back_end.messages)
        doing = [asyncio.create_task(self._do(what)) for what in exchange.all("when")]
        if exchange.said:
            doing.append(asyncio.create_task(self._talk(exchange)))
        await self.back_end.requests.wait(
            lambda _: self._request_for(exchange.target, mark), f"request for {exchange.target}"
        )
        await asyncio.gather(*doing)
        got, page = self._request_for(exchange.target, mark), to_bytes(exchange.request, self._here)
        for secret in exchange.all("sign"):
            assert_signed(page, secret)
            assert_signed(got, secret)
            page = page.replace(FIELD.search(page)[0], FIELD.search(got)[0])
        self._compare(got, page, exchange)

    def _request_for(self, target, mark):
        wanted = f" {target} HTTP/1.1\r\n".encode()
        return next((m for m in self.back_end.messages[mark:] if wanted in m), None)

    async def _do(self, what):
        subject, _, verb = what.partition(" ")
        if verb == "logs in":
            self.clients[subject] = await self.log_in(subject)
        elif verb.startswith(WITH):
            password = verb.removeprefix(WITH)
            self.clients[subject] = await self.log_in(subject, password=password)
        elif verb == "connects":  # for a roster that does not come
            self.clients[subject] = await self.make_client(subject).open()
        elif verb.startswith(TO):
            self.clients[subject].send_message(f"{verb.removeprefix(TO)}@{HOST}", "Hi")
        elif verb == "leaves":
            await self.clients.pop(subject).close()
        elif subject == "refresh":
            await self.refresh(*verb.split(" "))
        else:
            raise AssertionError(f"when: {what}?")

    # --- what came of it -------------------------------------------------------------------------

    def _compare(self, got, page, exchange):
        pattern = to_pattern(page, exchange.names("vary"))
        if not pattern.fullmatch(got):
            self.assertEqual(got.decode(), page.decode(), f"line {exchange.line} of the page")
            self.fail(f"{exchange.name}: not even of the page's shape")

    async def _check(self, statement):
        match = THEN.match(statement)
        self.assertTrue(match, f"then: {statement}?")
        client = self.clients[match[1]]
        if match[2] == "is gone":
            await client.journal.wait(lambda _: client.journal.over, "end")
        elif match[2] == "sees":
            kind, *details = match[3].split(" ")
            wanted = dict(detail.split("=") for detail in details)
            await client.sees(kind, self.marks.get(match[1], 0), **wanted)
        else:
            items = [item.split() for item in match[3].split(",") if item != "nobody"]
            roster = await client.ask_roster()
            self.assertEqual(
                {jid: item["subscription"] for jid, item in roster.items()}, dict(items)
            )


def to_base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def users_of(chain):
    """All who need an account."""
    users = [name.partition("/")[0] for one in chain for name in one.names("online")]
    for one in chain:
        for what in one.all("when"):
            if what.endswith((" logs in", " connects")) or WITH in what:
                users.append(what.split(" ")[0])
    return dict.fromkeys(users)
