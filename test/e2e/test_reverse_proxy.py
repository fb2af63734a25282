#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""rosterd behind Debian's nginx and Apache, each with the example of conf/ and TLS."""

import json
import unittest

from harness.bosh import Bosh
from harness.case import HOST, EndToEndTest, password_of
from harness.certificate import make_certificate
from harness.process import run
from harness.proxies import Apache, Nginx
from harness.raw import trusting

TOKEN = "t0ken-that-nobody-guesses"
OTHER = "127.0.0.3"  # an address of loopback that the examples do not let in to /roster_admin/


class ReverseProxyScene:
    make_proxy = None

    async def start_proxy(self, *users, changes=(), **more):
        www = self.folder / "www"
        www.mkdir()
        (www / "app.js").write_text("let chat;")
        certificate = make_certificate(self.folder, HOST, address="127.0.0.1")
        await self.start_scene(
            *users, hosts={HOST: certificate}, tell_rosterd=False, http_proxies=["127.0.0.1"],
            http_files=www, admin_auth=[f"bearer:{TOKEN}"], **more,
        )  # fmt: skip
        self.proxy = self.make_proxy(self.folder)
        self._journals.append(self.proxy.log)
        self.addAsyncCleanup(self.proxy.stop)
        await self.proxy.start(self.daemon, certificate, changes)

    async def curl(self, path, *arguments):
        """Status and body, by HTTPS."""
        status, out, err = await run(
            *("curl", "-s", "-S", "--max-time", "20", "-w", "\n%{http_code}"),
            *("--cacert", self.daemon.hosts[HOST].certificate),
            *("--resolve", f"{HOST}:{self.proxy.port}:127.0.0.1"),
            *(*arguments, f"https://{HOST}:{self.proxy.port}{path}"),
        )
        self.assertEqual(status, 0, err)
        body, _, code = out.rpartition("\n")
        return int(code), body

    def refresh_through_proxy(self, *arguments, token=TOKEN):
        return self.curl(
            "/roster_admin/refresh", "-d", '["romeo"]', "-H", f"Authorization: Bearer {token}",
            *arguments,
        )  # fmt: skip

    async def test_links_lead_through_the_proxy(self):
        await self.start_proxy("romeo")
        status, body = await self.curl("/.well-known/host-meta.json")
        self.assertEqual(status, 200)
        links = {link["rel"]: link["href"] for link in json.loads(body)["links"]}
        base = f"{HOST}:{self.proxy.port}"
        self.assertEqual(
            links,
            {
                "urn:xmpp:alt-connections:websocket": f"wss://{base}/xmpp-websocket",
                "urn:xmpp:alt-connections:xbosh": f"https://{base}/http-bind",
            },
        )
        status, body = await self.curl("/.well-known/host-meta")
        self.assertEqual(status, 200)
        self.assertIn(f"wss://{base}/xmpp-websocket", body)
        self.assertIn(f"https://{base}/http-bind", body)

    async def test_files_are_served(self):
        await self.start_proxy("romeo")
        self.assertEqual(await self.curl("/app.js"), (200, "let chat;"))
        self.assertEqual(await self.curl("/app.js", "-r", "4-7"), (206, "chat"))
        self.assertEqual((await self.curl("/none.js"))[0], 404)

    async def test_web_app_refreshes_and_nobody_else(self):
        await self.start_proxy("romeo")
        status, body = await self.refresh_through_proxy()
        self.assertEqual((status, json.loads(body)["status"]), (200, "ok"))
        self.assertEqual((await self.refresh_through_proxy("--interface", OTHER))[0], 403)
        self.assertEqual((await self.refresh_through_proxy(token="guess"))[0], 401)
        for path in ("/healthz", "/readyz", "/metrics"):
            self.assertEqual((await self.curl(path))[0], 403)

    async def test_rosterd_knows_the_client(self):
        await self.start_proxy("romeo", changes=[self.everybody], admin_allow=[OTHER])
        status, _ = await self.refresh_through_proxy("--interface", OTHER)
        self.assertEqual(status, 200)
        for liar in ("X-Forwarded-For", "Forwarded"):
            value = OTHER if liar == "X-Forwarded-For" else f"for={OTHER}"
            status, _ = await self.refresh_through_proxy("-H", f"{liar}: {value}")
            self.assertEqual(status, 403)
        await self.daemon.child.wait_line("client=127.0.0.1 status=403")

    async def test_client_chats_over_websocket(self):
        await self.start_proxy("romeo", "juliet")
        await self.web_app.befriend("romeo", "juliet")
        juliet = await self.log_in("juliet", "balcony")
        service = f"wss://127.0.0.1:{self.proxy.port}/xmpp-websocket"
        romeo = await self.make_xmppjs("romeo", service=service).log_in()
        await romeo.sees(f"presence juliet@{HOST}/balcony available")
        await romeo.say(f"juliet@{HOST}", "through the garden wall")
        await juliet.sees("message", body="through the garden wall")
        await romeo.close()
        await juliet.sees("presence", type="unavailable", sender=f"romeo@{HOST}")

    async def test_client_chats_over_bosh(self):
        await self.start_proxy("romeo", "juliet")
        await self.web_app.befriend("romeo", "juliet")
        juliet = await self.log_in("juliet", "balcony")
        tls = trusting(self.daemon.hosts[HOST].certificate)
        romeo = Bosh(self.proxy.port, HOST, tls)
        self.addAsyncCleanup(romeo.close)
        await romeo.log_in("romeo", password_of("romeo"))
        answer = await romeo.ask("<presence xmlns='jabber:client'/>")
        self.assertIn(f"from='juliet@{HOST}/balcony'", answer.text)
        held = await romeo.send()
        juliet.send_message(romeo.jid, "how camest thou hither", mtype="chat")
        self.assertIn("how camest thou hither", (await romeo.read(held)).text)


class NginxTest(ReverseProxyScene, EndToEndTest):
    make_proxy = Nginx
    everybody = ("allow 127.0.0.1;", "allow 127.0.0.0/8;")


class ApacheTest(ReverseProxyScene, EndToEndTest):
    make_proxy = Apache
    everybody = ("Require ip 127.0.0.1", "Require ip 127.0.0.0/8")


if __name__ == "__main__":
    unittest.main()
