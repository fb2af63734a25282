#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Events on their way to web applications that are well, slow, down, wrong, and stopping."""

import re
import signal
import unittest

from harness.backend import Silence, answer, redirect
from harness.case import HOST, EndToEndTest
from harness.process import free_port
from harness.receiver import PATH, Receiver

# A session that ends before its presence has left for the web app never was there.
SHORT_LIFE = ["online romeo", "not there romeo/orchard", "closed romeo/orchard", "offline romeo"]
TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
WHOLE_LIFE = ["online romeo", "there romeo/orchard", "not there romeo/orchard",
              "closed romeo/orchard", "offline romeo"]  # fmt: skip
CUT_BY_STOP = ["not there romeo/orchard", "drain romeo/orchard", "offline romeo"]


class EventsTest(EndToEndTest):
    async def start_receiver(self, **more):
        self.receiver = await Receiver(**more).start()
        self._journals.append(self.receiver.taken)
        self.addAsyncCleanup(self.receiver.stop)
        return self.receiver

    async def open_scene(self, *users, friends=(), **options):
        receiver = await self.start_receiver()
        await self.start_scene(
            *users, friends=friends, webhook_url=receiver.url, node_name="n1", **options
        )
        return receiver

    def assert_whole(self):
        """Nothing is missing, and numbers and bytes of repetitions are those of the first time."""
        self.assertEqual(self.receiver.faults, [])
        first = {}
        for batch in self.receiver.batches:
            key = batch["boot"], batch["seq"]
            self.assertEqual(first.setdefault(key, batch), batch)

    def short_story(self, since=0):
        """Without what may have been coalesced with what followed."""
        return [what for what in self.receiver.story(since) if not what.startswith("there")]

    async def live(self, user="romeo", resource="orchard"):
        """Logs in and out."""
        await (await self.log_in(user, resource)).close()

    async def stop_daemon(self):
        self.daemon.child.send_signal(signal.SIGTERM)
        self.assertEqual(await self.daemon.child.wait_exit(), 0)

    # --- a receiver that is well -----------------------------------------------------------------

    async def test_life_of_a_session_is_told_in_order(self):
        receiver = await self.open_scene("romeo")
        romeo = await self.log_in("romeo", "orchard")
        await receiver.takes("presence", available=True)
        romeo.send_presence(pshow="dnd", pstatus="Busy <&> ☂", ppriority=7)
        busy = await receiver.takes("presence", show="dnd")
        await romeo.close()
        await receiver.takes("user.offline")
        self.assertEqual(receiver.story(), WHOLE_LIFE[:2] + ["dnd romeo/orchard"] + WHOLE_LIFE[2:])
        self.assertRegex(busy["at"], TIME)
        wanted = dict(type="presence", user="romeo", host=HOST, resource="orchard", available=True,
                      show="dnd", status="Busy <&> ☂", priority=7, at=busy["at"])  # fmt: skip
        self.assertEqual(busy, wanted)
        times = [event["at"] for event in receiver.taken.entries]
        self.assertEqual(times, sorted(times))
        self.assertEqual({(b["v"], b["node"]) for b in receiver.batches}, {(1, "n1")})
        self.assert_whole()

    async def test_new_start_is_another_boot_whose_numbers_begin_again(self):
        receiver = await self.open_scene("romeo")
        await self.live()
        await receiver.takes("user.offline")
        await self.daemon.stop()
        await self.daemon.start()
        self._journals.append(self.daemon.log)
        await self.live()
        await receiver.has_taken("user.offline", 2)
        self.assertEqual(self.short_story(), SHORT_LIFE * 2)
        self.assertEqual(len({batch["boot"] for batch in receiver.batches}), 2)
        self.assert_whole()

    async def test_session_that_is_replaced_is_no_logout(self):
        receiver = await self.open_scene("romeo")
        await self.log_in("romeo", "orchard")
        await receiver.takes("presence", available=True)
        await self.log_in("romeo", "orchard")
        await receiver.takes("presence", 3, available=True)
        wanted = WHOLE_LIFE[:3] + ["replaced romeo/orchard", "there romeo/orchard"]
        self.assertEqual(receiver.story(), wanted)

    async def test_every_batch_and_repetition_is_signed(self):
        receiver = await self.start_receiver(secret="s3cret")
        good = receiver.answers[PATH]
        receiver.answers[PATH] = [answer("", "503 Busy", "Retry-After: 1"), good]
        await self.start_scene(
            "romeo", webhook_url=receiver.url, app_auth=["bearer:t0ken", "hmac:k1:s3cret"]
        )
        await self.live()
        await receiver.takes("user.offline")
        self.assertIn("\r\nAuthorization: Bearer t0ken\r\n", receiver.heads[-1])
        signatures = {head.partition("v1=")[2] for head in receiver.heads}
        self.assertEqual(len(signatures), len(receiver.heads))  # a receiver may refuse old ones
        self.assert_whole()

    async def test_nothing_is_sent_unless_it_is_asked_for(self):
        await self.start_receiver()
        await self.start_scene("romeo")
        await self.live()
        await self.stop_daemon()
        self.assertEqual(self.receiver.connections, 0)

    async def test_mod_rest_gets_single_presences(self):
        receiver = await self.open_scene("romeo", webhook_format="mod_rest")
        receiver.answers[PATH] = answer("", "202 Accepted")
        await self.live()
        await receiver.asked(PATH)
        await self.stop_daemon()
        wanted = {"kind": "presence", "from": f"romeo@{HOST}/orchard"}
        told = receiver.batches[-1]
        self.assertEqual(told, {**wanted, "type": "unavailable"})
        self.assertLessEqual(len(receiver.batches), 2)  # the first may have been coalesced

    # --- a receiver that is not ------------------------------------------------------------------

    async def test_batch_is_repeated_unchanged_until_it_is_taken(self):
        receiver = await self.open_scene("romeo")
        cut = answer("gone", length=100)
        good = receiver.answers[PATH]
        receiver.answers[PATH] = [answer("", "500 Oops"), cut, good]
        await self.live()
        await receiver.asked(PATH, 3)
        await receiver.takes("user.offline")
        self.assertEqual(self.short_story(), SHORT_LIFE)
        self.assert_whole()
        await self.daemon.log.wait(lambda line: "events delivered again" in line, "all-clear")

    async def test_receiver_that_was_down_misses_nothing(self):
        receiver = await self.open_scene("romeo", "juliet")
        await self.log_in("juliet", "balcony")
        await receiver.takes("presence", user="juliet")
        await receiver.stop()
        for _ in range(2):
            await self.live()
        await self.daemon.log.wait(lambda line: "events not taken" in line, "failure")
        await receiver.restart()
        await self.live()
        await receiver.has_taken("user.offline", 3)
        self.assertEqual(self.short_story(2), SHORT_LIFE * 3)
        self.assert_whole()

    async def test_killed_web_application_misses_nothing(self):
        self.make_web_app()
        daemon = self.make_daemon(
            http_roster_url=self.web_app.roster_url,
            webhook_url=self.web_app.events_url,
            app_auth=["hmac:k1:s3cret"],
        )
        start = dict(refresh_url=daemon.refresh_url, secret="s3cret")
        await self.web_app.start("romeo", "juliet", **start)
        self._journals.append(self.web_app.log)
        await self.start_daemon("romeo", "juliet")
        juliet = await self.log_in("juliet")
        romeo = await self.log_in("romeo", "first")
        await self.web_app.wait_online(juliet="", romeo="")
        await self.web_app.kill()
        await juliet.close()
        romeo.send_presence(pshow="dnd")
        await romeo.ping()
        await self.daemon.log.wait(lambda line: "events not taken" in line, "failure")
        await self.web_app.start("romeo", "juliet", **start)
        self._journals.append(self.web_app.log)
        await self.web_app.wait_online(romeo="dnd")

    async def test_hanging_receiver_does_not_slow_logins_though_rosters_come_from_there(self):
        receiver = await self.start_receiver()
        for user in ("romeo", "juliet"):
            receiver.answers[f"/contacts/{user}"] = answer("{}")
        self.make_daemon(
            http_roster_url=f"http://127.0.0.1:{receiver.port}/contacts/%s",
            webhook_url=receiver.url,
            roster_fetch_parallel=1,
            http_first_byte_timeout="30s",  # longer than the test would wait
        )
        await self.start_daemon("romeo", "juliet")
        good = receiver.answers[PATH]
        receiver.answers[PATH] = [Silence(), good]
        await self.log_in("juliet", "balcony")
        await receiver.asked(PATH)
        romeo = await self.log_in("romeo")
        self.assertEqual(await romeo.ask_roster(), {})
        await receiver.stop()
        await receiver.restart()
        await receiver.takes("presence", user="romeo")
        self.assertEqual(receiver.taken.entries[0]["user"], "juliet")
        self.assert_whole()

    async def test_wrong_credentials_and_redirects_are_an_alarm_once(self):
        receiver = await self.open_scene("romeo")
        good = receiver.answers[PATH]
        elsewhere = f"http://127.0.0.1:{receiver.port}/elsewhere"
        for times, bad in enumerate((answer("", "401 Unauthorized"), redirect(elsewhere)), 1):
            mark = len(self.daemon.log)
            receiver.answers[PATH] = [bad, bad, good]
            await self.live()
            await receiver.has_taken("user.offline", times)
            lines = [line for line in self.daemon.log.entries[mark:] if "not taken" in line]
            self.assertEqual(len(lines), 1, lines)
            self.assertIn(bad.split(b" ")[1].decode(), lines[0])
        self.assertNotIn("/elsewhere", receiver.requests.entries)
        self.assertEqual(self.short_story(), SHORT_LIFE * 2)
        self.assert_whole()

    async def test_what_does_not_fit_into_the_queue_is_counted(self):
        receiver = await self.open_scene("romeo", webhook_queue_max=2)
        good = receiver.answers[PATH]
        receiver.answers[PATH] = Silence()
        await self.log_in("romeo", "first")
        await receiver.asked(PATH)
        await self.live(resource="second")
        await self.log_in("romeo", "last")
        await receiver.stop()  # the request that hangs fails
        receiver.answers[PATH] = good
        await receiver.restart()
        last = await receiver.takes("presence", resource="last")
        gap = receiver.taken.find(lambda event: event["type"] == "gap")
        self.assertEqual(gap["host"], HOST)
        after = receiver.taken.entries[receiver.taken.entries.index(gap) + 1 :]
        self.assertEqual(after[-1], last)
        self.assertLessEqual(len(after), 2)
        await self.daemon.log.wait(lambda line: "queue is full" in line, "warning")
        self.assert_whole()

    async def test_address_and_name_change_with_a_reload(self):
        receiver = await self.open_scene("romeo")
        nobody = f"http://127.0.0.1:{free_port()}{PATH}"
        self.daemon.options["webhook_url"] = nobody
        self.daemon.write_config()
        await self.daemon.reload()
        await self.daemon.log.wait(lambda line: "configuration reloaded" in line, "reload")
        await self.live()
        await self.daemon.log.wait(lambda line: "events not taken" in line, "failure")
        self.daemon.options.update(webhook_url=receiver.url, node_name="n2")
        self.daemon.write_config()
        await self.daemon.reload()
        await receiver.takes("user.offline")
        self.assertEqual(self.short_story(), SHORT_LIFE)
        self.assertEqual({batch["node"] for batch in receiver.batches}, {"n2"})
        self.assert_whole()

    # --- the end ---------------------------------------------------------------------------------

    async def test_stop_tells_of_the_logouts_that_it_makes(self):
        receiver = await self.open_scene("romeo")
        await self.log_in("romeo", "orchard")
        await receiver.takes("presence")
        await self.stop_daemon()
        self.assertEqual(receiver.story(2), CUT_BY_STOP)
        self.assert_whole()
        self.assertIsNone(self.daemon.log.find(lambda line: "events lost" in line))

    async def test_stop_with_a_dead_receiver_counts_what_is_lost(self):
        receiver = await self.open_scene("romeo")
        await self.log_in("romeo", "orchard")
        await receiver.takes("presence")
        await receiver.stop()
        await self.stop_daemon()
        line = self.daemon.log.find(lambda line: "events lost" in line)
        self.assertIn("events=3", line)

    async def test_hanging_receiver_cannot_hold_up_a_stop(self):
        receiver = await self.open_scene("romeo", drain_timeout="1s")
        await self.log_in("romeo", "orchard")
        await receiver.takes("presence")
        receiver.answers[PATH] = Silence()
        await self.stop_daemon()
        line = self.daemon.log.find(lambda line: "events lost" in line)
        self.assertIn("events=3", line)
        self.assertIn("drain_timeout", line)

    async def test_bad_address_is_a_fault_of_the_configuration(self):
        daemon = self.make_daemon(http_roster_url="http://127.0.0.1:1/%s")
        for url in ("ftp://app.example.org/", "nonsense", "http://app.example.org/#x"):
            daemon.options["webhook_url"] = url
            daemon.write_config()
            status, _, err = await daemon.run("-t", "-c", daemon.config_file)
            self.assertEqual(status, 2)
            self.assertIn("webhook_url", err)


if __name__ == "__main__":
    unittest.main()
