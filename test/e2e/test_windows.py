#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The windows into rosterd: who is online, kicking, health and metrics, as curl, promtool and real
clients see them."""

import asyncio
import json
import signal
import unittest

from harness.backend import answer
from harness.bosh import Bosh
from harness.case import HOST, EndToEndTest, password_of
from harness.process import run
from prometheus_client.openmetrics.parser import text_string_to_metric_families

OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PLAIN = "text/plain; version=0.0.4; charset=utf-8"


class WindowTest(EndToEndTest):
    async def curl(self, path, *arguments):
        """Status, content type and body of curl's answer."""
        status, out, err = await run(
            *("curl", "-s", "-S", "--max-time", "20", "-w", "\n%{http_code} %{content_type}"),
            *arguments,
            f"http://127.0.0.1:{self.daemon.http_port}{path}",
        )
        self.assertEqual(status, 0, err)
        body, _, rest = out.rpartition("\n")
        code, _, content_type = rest.partition(" ")
        return int(code), content_type, body

    async def ask(self, path, *arguments, status=200):
        """JSON of an answer with that status."""
        code, content_type, body = await self.curl(path, *arguments)
        self.assertEqual((code, content_type), (status, "application/json"), body)
        return json.loads(body)


class OnlineTest(WindowTest):
    async def test_pages_follow_real_clients(self):
        await self.start_scene("romeo", "juliet", "nurse")
        self.assertEqual(await self.ask("/roster_admin/online"), {"users": []})
        romeo = await self.log_in("romeo", "orchard")
        await self.log_in("juliet", "balcony")
        romeo.send_presence(pshow="dnd", pstatus="Zürich", ppriority=3)
        await romeo.ping()
        first = await self.ask("/roster_admin/online?limit=1")
        rest = await self.ask(f"/roster_admin/online?limit=1&after={first['next']}")
        self.assertNotIn("next", rest)
        users = {user["user"]: user for page in (first, rest) for user in page["users"]}
        self.assertEqual(set(users), {"romeo", "juliet"})
        session = users["romeo"]["sessions"][0]
        self.assertRegex(session.pop("since"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        wanted = {"resource": "orchard", "available": True, "show": "dnd", "status": "Zürich",
                  "priority": 3}  # fmt: skip
        self.assertEqual(session, wanted)
        named = await self.ask("/roster_admin/online", "-d", '["romeo", "nurse"]')
        self.assertEqual(
            named,
            {"romeo": {"online": True, "available": True, "show": "dnd", "sessions": 1},
             "nurse": {"online": False}},
        )  # fmt: skip
        await romeo.close()
        named = await self.ask("/roster_admin/online", "-d", '["romeo"]')
        self.assertEqual(named["romeo"]["online"], False)
        self.assertIn("last", named["romeo"])

    async def test_one_user_is_described_whatever_his_name(self):
        await self.start_scene("r2+d2#%")
        await self.log_in("r2+d2#%", "x")
        user = await self.ask("/roster_admin/users/r2%2Bd2%23%25")
        self.assertEqual((user["user"], user["online"]), ("r2+d2#%", True))
        self.assertEqual((user["roster"]["state"], user["roster"]["contacts"]), ("current", 0))
        self.assertIsNone((await self.ask("/roster_admin/users/nobody"))["roster"])

    async def test_requests_that_make_no_sense_are_refused(self):
        await self.start_scene(admin_users_max=2)
        for path, arguments, status in (
            ("/roster_admin/online?limit=x", [], 400),
            ("/roster_admin/online?after=-1", [], 400),
            ("/roster_admin/online?lim=1", [], 400),
            ("/roster_admin/online", ["-d", "{}"], 400),
            ("/roster_admin/online", ["-d", ""], 400),
            ("/roster_admin/online", ["-d", '["a","b","c"]'], 413),
            ("/roster_admin/online", ["-X", "PUT"], 405),
            ("/roster_admin/users/", [], 400),
            ("/roster_admin/users/a%", [], 400),
            ("/roster_admin/users/a@elsewhere.test", [], 400),
            ("/roster_admin/users/a", ["-d", "x"], 405),
            ("/roster_admin/kick", [], 405),
            ("/roster_admin/kick", ["-d", '["a"]'], 400),
            ("/roster_admin/kick", ["-d", '{"users":["a"],"resource":7}'], 400),
            ("/roster_admin/kick", ["-d", '{"users":["a","b","c"]}'], 413),
            ("/metrics", ["-d", "x"], 405),
        ):
            with self.subTest(path=path, arguments=arguments):
                refusal = await self.ask(path, *arguments, status=status)
                self.assertEqual(refusal["status"], "error")
                self.assertTrue(refusal["message"])

    async def test_head_has_no_body(self):
        await self.start_scene()
        for path in ("/roster_admin/online", "/roster_admin/users/a", "/healthz", "/metrics"):
            with self.subTest(path):
                raw = await self.send_raw_http(
                    f"HEAD {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                )
                head, _, body = raw.partition("\r\n\r\n")
                self.assertTrue(head.startswith("HTTP/1.1 200 OK\r\n"), head)
                self.assertEqual(body, "")


class KickTest(WindowTest):
    async def kick(self, **order):
        return await self.ask("/roster_admin/kick", "-d", json.dumps(order))

    async def test_all_sessions_end_and_contacts_know_before_the_answer(self):
        await self.start_scene("romeo", "juliet", friends=[("romeo", "juliet")])
        juliet = await self.log_in("juliet", "balcony")
        one = await self.log_in("romeo", "orchard")
        two = await self.log_in("romeo", "phone")
        answered = await self.kick(users=["romeo"], resource=None, reason="logged out", revoke=True)
        self.assertEqual(answered, {"status": "ok", "kicked": 2})
        await juliet.ping()
        gone = juliet.saw("presence", type="unavailable")
        addresses = {event["address"] for event in gone}
        self.assertEqual(addresses, {f"romeo@{HOST}/orchard", f"romeo@{HOST}/phone"})
        for client in (one, two):
            await client.sees("stream error", condition="not-authorized")
        self.assertEqual((await self.kick(users=["romeo"]))["kicked"], 0)

    async def test_the_reason_is_the_text_of_the_stream_error(self):
        await self.start_scene("romeo")
        raw = await self.open_raw_xmpp(tls=True)
        await raw.log_in("romeo", "secret of romeo", "orchard")
        await self.kick(users=["romeo"], resource="orchard", reason="<late> & ö")
        received = await raw.read_all()
        self.assertIn("<not-authorized ", received)
        self.assertIn("&lt;late> &amp; ö</text>", received.replace("&gt;", ">"))


class HealthTest(WindowTest):
    async def test_a_healthy_server_says_so(self):
        await self.start_scene()
        self.assertEqual(await self.ask("/healthz"), {"status": "ok"})
        self.assertEqual(await self.ask("/readyz"), {"status": "ok"})

    async def test_a_server_that_waits_for_its_last_clients_is_not_ready(self):
        await self.start_scene(drain_timeout="20s")
        raw = await self.open_raw_xmpp()  # never closes its side
        await raw.send("<?xml version='1.0'?>")
        await self.ask("/healthz")
        self.daemon.child.send_signal(signal.SIGTERM)
        await self.daemon.wait_notice("STOPPING=1")
        self.assertEqual(await self.ask("/readyz", status=503), {"status": "stopping"})
        refused = await self.ask("/roster_admin/refresh", "-d", "[]", status=503)
        self.assertEqual(refused["status"], "error")
        await raw.close()
        self.assertEqual(await self.daemon.child.wait_exit(), 0)


class MetricsTest(WindowTest):
    async def scrape(self):
        """Sample name and labels -> value, by the reference parser of OpenMetrics."""
        _, content_type, page = await self.curl("/metrics")
        self.assertEqual(content_type, OPENMETRICS)
        samples = {}
        for family in text_string_to_metric_families(page):
            for sample in family.samples:
                samples[(sample.name, *sorted(sample.labels.values()))] = sample.value
        return samples

    async def test_promtool_has_nothing_to_say(self):
        await self.start_scene("romeo")
        await self.log_in("romeo", "orchard")
        await self.refresh("romeo")
        _, content_type, page = await self.curl("/metrics", "-H", "Accept: text/plain")
        self.assertEqual(content_type, PLAIN)
        status, out, err = await run("/usr/bin/promtool", "check", "metrics", input=page)
        self.assertEqual((status, out, err), (0, "", ""), page)

    async def test_what_waits_for_a_client_is_seen(self):
        """romeo is on BOSH, and does not ask for what juliet sends."""
        await self.start_scene("romeo", "juliet", friends=[("romeo", "juliet")])
        juliet = await self.log_in("juliet", "balcony")
        bosh = Bosh(self.daemon.http_port, HOST)
        self.addAsyncCleanup(bosh.close)
        romeo = await bosh.log_in("romeo", password_of("romeo"))
        juliet.send_message(romeo.jid, "x" * 60_000, mtype="chat")
        await juliet.ping()
        self.assertGreater((await self.scrape())[("rosterd_unsent_bytes",)], 60_000)
        await romeo.ask()
        self.assertEqual((await self.scrape())[("rosterd_unsent_bytes",)], 0)

    async def test_figures_count_what_happened(self):
        await self.start_scene("romeo", "juliet", friends=[("romeo", "juliet")])
        romeo = await self.log_in("romeo", "orchard")
        await self.log_in("juliet", "balcony")
        romeo.send_message(mto=f"juliet@{HOST}", mbody="Hi")
        await romeo.ping()
        await self.refresh("romeo", "nobody")
        await self.ask("/roster_admin/online?limit=x", status=400)
        samples = await self.scrape()
        for wanted, value in {
            ("rosterd_sessions",): 2,
            ("rosterd_users_online",): 2,
            ("rosterd_streams",): 2,
            ("rosterd_logins_total",): 2,
            ("rosterd_login_failures_total",): 0,
            ("rosterd_stanzas_received_total", "message"): 1,
            ("rosterd_stanzas_sent_total", "message"): 1,
            ("rosterd_rosters",): 2,
            ("rosterd_contacts",): 2,
            ("rosterd_refresh_users_total", "updated"): 4,  # two of them by befriending
            ("rosterd_refresh_users_total", "error"): 0,
            ("rosterd_refresh_seconds_count",): 2,
            ("rosterd_http_requests_total", "/roster_admin/refresh", "200"): 2,
            ("rosterd_http_requests_total", "/roster_admin/online", "400"): 1,
            ("rosterd_refreshes_running",): 0,
        }.items():
            name, *labels = wanted
            self.assertEqual(samples.get((name, *sorted(labels))), value, wanted)
        self.assertGreater(samples[("process_resident_memory_bytes",)], 1_000_000)
        self.assertGreater(samples[("rosterd_turn_seconds_count",)], 0)
        later = await self.scrape()
        self.assertGreater(later[("rosterd_turn_seconds_count",)],
                           samples[("rosterd_turn_seconds_count",)])  # fmt: skip

    async def test_failed_logins_are_counted(self):
        await self.start_scene("romeo")
        with self.assertRaises(AssertionError):
            await self.make_client("romeo", password="wrong", mechanism="PLAIN").log_in()
        self.assertGreater((await self.scrape())[("rosterd_login_failures_total",)], 0)


if __name__ == "__main__":
    unittest.main()
