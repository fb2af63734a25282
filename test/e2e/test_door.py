#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Who may ask for a refresh: curl, openssl and attackers at the door of /roster_admin/."""

import asyncio
import hashlib
import hmac
import json
import ssl
import subprocess
import time
import unittest

from harness.case import HOST, EndToEndTest
from harness.certificate import make_certificate
from harness.manual import PAGE
from harness.process import free_port, run

TOKEN = "t0ken-that-nobody-guesses"
BASIC = "basic:shop:pa:ss word"
BODY = '["romeo"]'


def bearer(token=TOKEN):
    return ["-H", f"Authorization: Bearer {token}"]


def sign(secret, method, target, body, key_id="k1", when=None):
    when = int(time.time()) if when is None else when
    text = f"{when}.{method}.{target}.{body}".encode()
    mac = hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
    return ["-H", f"Rosterd-Signature: t={when},k={key_id},v1={mac}"]


class DoorScene(EndToEndTest):
    async def curl(self, *arguments, path="", url=None):
        """Status, header fields in lower case, and JSON of curl's answer."""
        status, out, err = await run(
            *("curl", "-s", "-S", "--max-time", "20", "-D", "-"), *arguments,
            url or self.daemon.refresh_url + path,
        )  # fmt: skip
        self.assertEqual(status, 0, err)
        head, _, body = out.replace("\r", "").rpartition("\n\n")
        lines = head.rpartition("HTTP/1.1 ")[2].split("\n")
        fields = [tuple(line.split(": ", 1)) for line in lines[1:]]
        return int(lines[0][:3]), [(n.lower(), v) for n, v in fields], json.loads(body or "null")

    async def status(self, *arguments, **where):
        return (await self.curl(*arguments, **where))[0]

    async def post(self, *arguments, **where):
        return await self.status("-d", BODY, *arguments, **where)

    async def start_door(self, *admin_auth, **options):
        await self.start_scene("romeo", tell_rosterd=False, admin_auth=list(admin_auth), **options)

    async def reload(self, **options):
        self.daemon.options.update(options)
        self.daemon.write_config()
        await self.obey_reload()

    async def obey_reload(self):
        since = len(self.daemon.log)
        await self.daemon.reload()
        await self.daemon.log.wait(
            lambda line: "configuration reloaded" in line, "reload", since=since
        )


class DoorTest(DoorScene):
    async def test_user_and_password_are_asked_for_whether_none_or_wrong_ones_come(self):
        await self.start_door(BASIC)
        for arguments in ([], ["-u", "shop:wrong"], ["-u", "who:pa:ss word"], bearer()):
            with self.subTest(arguments):
                status, fields, answer = await self.curl("-d", BODY, *arguments)
                self.assertEqual(status, 401)
                self.assertIn(("www-authenticate", 'Basic realm="rosterd"'), fields)
                self.assertEqual(answer["status"], "error")
        self.assertEqual(await self.post("-u", "shop:pa:ss word"), 200)
        # curl asks without them first, and again because of the challenge.
        self.assertEqual(await self.post("--anyauth", "-u", "shop:pa:ss word"), 200)
        line = await self.daemon.log.wait(lambda line: "door request refused" in line, "refusal")
        self.assertIn("peer=127.0.0.1:", line)
        self.assertNotIn("pa:ss", str(self.daemon.log))

    async def test_every_path_below_roster_admin_is_behind_the_door(self):
        await self.start_door(f"bearer:{TOKEN}")
        base = self.daemon.refresh_url.removesuffix("/refresh")
        for path, arguments in (
            ("/refresh", ["-d", BODY]),
            ("/refresh/romeo", []),
            ("/online", []),
            ("/online", ["-d", BODY]),
            ("/users/romeo", []),
            ("/kick", ["-d", '{"users":["romeo"]}']),
        ):
            with self.subTest(path):
                self.assertEqual(await self.status(*arguments, url=base + path), 401)
                self.assertEqual(await self.status(*arguments, *bearer(), url=base + path), 200)

    async def test_tokens_and_their_change_by_reload(self):
        await self.start_door(f"bearer:{TOKEN}")
        self.assertEqual(await self.post(*bearer()), 200)
        _, fields, _ = await self.curl("-d", BODY)
        self.assertIn(("www-authenticate", 'Bearer realm="rosterd"'), fields)
        await self.reload(admin_auth=[f"bearer:{TOKEN}", "bearer:next"])
        self.assertEqual(await self.post(*bearer()), 200)
        self.assertEqual(await self.post(*bearer("next")), 200)
        await self.reload(admin_auth=["bearer:next"])
        self.assertEqual(await self.post(*bearer()), 401)
        self.assertEqual(await self.post(*bearer("next")), 200)

    async def test_signed_request_counts_once_and_for_what_was_signed(self):
        await self.start_door("hmac:k1:s3cret")
        target = "/roster_admin/refresh"
        signature = sign("s3cret", "POST", target, BODY)
        self.assertEqual(await self.post(*signature), 200)
        status, _, answer = await self.curl("-d", BODY, *signature)
        self.assertEqual(status, 401)
        self.assertIn("used before", answer["message"])
        again = sign("s3cret", "POST", target + "?n=2", BODY)
        self.assertEqual(await self.post(*again, path="?n=2"), 200)
        self.assertEqual(await self.status("-d", "[]", *sign("s3cret", "POST", target, BODY)), 401)
        self.assertEqual(await self.post(*sign("other", "POST", target, BODY)), 401)
        self.assertEqual(await self.post(*sign("s3cret", "POST", target, BODY, "k2")), 401)
        old = sign("s3cret", "POST", target, BODY, when=int(time.time()) - 400)
        status, _, answer = await self.curl("-d", BODY, *old)
        self.assertEqual(status, 401)
        self.assertIn("in the past", answer["message"])
        path = "/romeo"
        self.assertEqual(
            await self.status(*sign("s3cret", "GET", target + path, ""), path=path), 200
        )

    async def test_signed_refresh_of_the_manual_works_in_a_shell(self):
        await self.start_door("hmac:k1:s3cret")
        page = PAGE.read_text()
        script = page[page.index("body='[") :].partition("\n.Ed")[0].replace("\\e", "\\")
        script = script.replace(":5280", f":{self.daemon.http_port}")
        status, out, err = await run("bash", "-euc", script)
        self.assertEqual((status, json.loads(out)["updated"]), (0, 2), err)

    async def test_refused_head_is_not_waited_for(self):
        await self.start_door(f"bearer:{TOKEN}")
        reader, writer = await asyncio.open_connection("127.0.0.1", self.daemon.http_port)
        writer.write(
            b"POST /roster_admin/refresh HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
        )
        answer = await asyncio.wait_for(reader.read(), 20)
        self.assertIn(b"HTTP/1.1 401 ", answer)
        self.assertIn(b"Connection: close", answer)
        writer.close()

    async def test_web_pages_are_refused(self):
        await self.start_scene("romeo", tell_rosterd=False)
        self.assertEqual(await self.post("-H", "Origin: http://evil.example"), 403)
        self.assertEqual(await self.status("-H", "Sec-Fetch-Site: cross-site", path="/romeo"), 403)
        self.assertEqual(await self.post(), 200)

    async def test_addresses_and_proxies(self):
        await self.start_door(admin_allow=["192.0.2.0/24"])
        self.assertEqual(await self.post(), 403)
        self.assertEqual(await self.post("-H", "X-Forwarded-For: 192.0.2.1"), 403)
        await self.reload(http_proxies=["127.0.0.1"])
        self.assertEqual(await self.post("-H", "X-Forwarded-For: 192.0.2.1"), 200)
        self.assertEqual(await self.post("-H", "Forwarded: for=192.0.2.1;proto=https"), 200)
        self.assertEqual(await self.post("-H", "X-Forwarded-For: 192.0.2.1, 198.51.100.1"), 403)
        self.assertEqual(await self.post(), 403)

    async def test_guessing_address_has_to_wait(self):
        await self.start_door(f"bearer:{TOKEN}", admin_failures_max=3)
        for _ in range(3):
            self.assertEqual(await self.post(*bearer("guess")), 401)
        status, fields, answer = await self.curl("-d", BODY, *bearer())
        self.assertEqual((status, answer["status"]), (429, "error"))
        self.assertGreater(int(dict(fields)["retry-after"]), 0)

    async def test_host_of_its_own_credential_is_the_only_one(self):
        other = "other.test"
        hosts = {name: make_certificate(self.folder, name) for name in (HOST, other)}
        await self.start_door(f"bearer:{TOKEN}", hosts=hosts)
        with open(self.daemon.config_file, "a", encoding="utf-8") as file:
            file.write('admin_auth = ["bearer:others"]\n')
        await self.obey_reload()
        own, foreign = json.dumps([f"romeo@{other}"]), json.dumps([f"romeo@{HOST}"])
        self.assertEqual(await self.status("-d", own, *bearer("others")), 200)
        self.assertEqual(await self.status("-d", foreign, *bearer("others")), 403)
        self.assertEqual(await self.status("-d", own, *bearer()), 200)
        self.assertEqual(await self.status("-d", foreign, *bearer()), 200)

    async def test_public_address_needs_authentication(self):
        await self.start_scene("romeo", tell_rosterd=False)
        self.daemon.options.update(http_interfaces=["*"])
        self.daemon.write_config()
        status, _, err = await self.daemon.run("-t", "-c", self.daemon.config_file)
        self.assertEqual(status, 2)
        self.assertIn("set admin_auth", err)
        status, _, err = await self.daemon.run("-c", self.daemon.config_file)
        self.assertEqual(status, 2)
        self.daemon.options.update(admin_auth=[f"bearer:{TOKEN}"])
        self.daemon.write_config()
        status, out, err = await self.daemon.run("-t", "-c", self.daemon.config_file)
        self.assertEqual(status, 0, err)
        status, out, err = await self.daemon.run("-p", "-c", self.daemon.config_file)
        self.assertEqual(status, 0, err)
        self.assertIn('admin_auth = ["bearer:****"]', out)

    async def test_cleartext_on_a_public_address_is_warned_of(self):
        await self.start_door(f"bearer:{TOKEN}", http_interfaces=["*"])
        await self.daemon.log.wait(lambda line: "in the clear" in line, "warning")
        self.assertEqual(await self.post(), 401)
        self.assertEqual(await self.post(*bearer()), 200)


    async def test_reload_cannot_open_a_public_address_to_everybody(self):
        await self.start_door(f"bearer:{TOKEN}", http_interfaces=["*"])
        self.daemon.options.update(http_interfaces=["127.0.0.1"], admin_auth=[])
        self.daemon.write_config()
        await self.daemon.reload()
        line = await self.daemon.log.wait(lambda line: "reload failed" in line, "refusal")
        self.assertIn("which only a restart closes", line)
        self.assertEqual(await self.post(), 401)


class ClientCertificateTest(DoorScene):
    def make_client_certificate(self, ca, name):
        """A certificate that `ca` has issued, by openssl(1)."""
        key, request = self.folder / f"{name}.key", self.folder / f"{name}.csr"
        certificate = self.folder / f"{name}.crt"
        for command in (
            ("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-subj", f"/O=Shop/CN={name}", "-keyout", key, "-out", request),
            ("x509", "-req", "-in", request, "-CA", ca.certificate, "-CAkey", ca.key,
             "-CAcreateserial", "-days", "1", "-out", certificate),
        ):  # fmt: skip
            subprocess.run(["openssl", *command], check=True, capture_output=True, timeout=30)
        return ["--cert", certificate, "--key", key]

    async def start_tls_door(self, *admin_auth, **options):
        self.port = free_port()
        self.ca = make_certificate(self.folder, "ca.test", stem="ca")
        await self.start_door(
            *admin_auth, https_port=self.port, admin_ca_file=self.ca.certificate, **options
        )

    async def post_tls(self, *arguments):
        certificate = self.daemon.hosts[HOST].certificate
        return await self.post(
            *("--cacert", certificate, "--resolve", f"{HOST}:{self.port}:127.0.0.1", *arguments),
            url=f"https://{HOST}:{self.port}/roster_admin/refresh",
        )

    async def test_certificate_of_the_authority_opens_and_a_strangers_does_not(self):
        await self.start_tls_door()
        webapp = self.make_client_certificate(self.ca, "webapp")
        for version in (["--tls-max", "1.2"], ["--tlsv1.3"]):
            self.assertEqual(await self.post_tls(*webapp, *version), 200)
        self.assertEqual(await self.post_tls(), 403)
        self.assertEqual(await self.post(), 403)
        other = make_certificate(self.folder, "other.test", stem="other")
        with self.assertRaises(AssertionError):  # curl gets no answer
            await self.post_tls(*self.make_client_certificate(other, "stranger"))

    async def test_certificate_stands_beside_tokens_or_is_needed_with_them(self):
        await self.start_tls_door(f"bearer:{TOKEN}")
        webapp = self.make_client_certificate(self.ca, "webapp")
        self.assertEqual(await self.post_tls(*webapp), 200)
        self.assertEqual(await self.post_tls(*bearer()), 200)
        self.assertEqual(await self.post_tls(), 401)
        self.assertEqual(await self.post_tls(*webapp, *bearer("wrong")), 401)
        await self.reload(admin_certificate_required=True)
        self.assertEqual(await self.post_tls(*bearer()), 403)
        self.assertEqual(await self.post_tls(*webapp), 401)
        self.assertEqual(await self.post_tls(*webapp, *bearer()), 200)


    async def test_trust_that_ends_with_a_reload_ends_in_open_connections_too(self):
        await self.start_tls_door()
        _, certificate, _, key = self.make_client_certificate(self.ca, "webapp")
        context = ssl.create_default_context(cafile=self.daemon.hosts[HOST].certificate)
        context.load_cert_chain(certificate, key)
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.port, ssl=context, server_hostname=HOST
        )
        writer.write(b"GET /roster_admin/refresh/romeo HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertIn(b" 200 ", await asyncio.wait_for(reader.readline(), 20))
        other = make_certificate(self.folder, "other.test", stem="other")
        await self.reload(admin_ca_file=other.certificate)
        await asyncio.wait_for(reader.read(), 20)  # to its end
        writer.close()
        with self.assertRaises(AssertionError):  # curl gets no answer
            await self.post_tls("--cert", certificate, "--key", key)


if __name__ == "__main__":
    unittest.main()
