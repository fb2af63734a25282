#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What the administrator does: start, check, reload, stop, accounts."""

import shutil
import signal
import unittest

from harness.case import HOST, EndToEndTest, password_of
from harness.certificate import make_certificate
from harness.client import LoginFailed


class CommandLineTest(EndToEndTest):
    def write(self, text):
        path = self.folder / "test.toml"
        path.write_text(text)
        return path

    async def test_version_and_help_go_to_standard_output(self):
        daemon = self.make_daemon()
        for option, part in (("-V", "rosterd "), ("-h", "usage: rosterd"), ("--help", "usage:")):
            with self.subTest(option):
                status, out, err = await daemon.run(option)
                self.assertEqual((status, err), (0, ""))
                self.assertIn(part, out)

    async def test_wrong_usage_ends_with_2(self):
        daemon = self.make_daemon()
        for arguments in (["--nonsense"], ["extra"], ["-t", "-p"], ["-c"], ["passwd"]):
            with self.subTest(arguments):
                status, out, err = await daemon.run(*arguments)
                self.assertEqual((status, out), (2, ""))
                self.assertIn("usage:", err)

    async def test_t_accepts_a_good_file_and_p_prints_it_in_a_form_that_t_accepts(self):
        daemon = self.make_daemon(http_roster_url="http://127.0.0.1:1/contacts/%s")
        daemon.write_config()
        self.assertEqual((await daemon.run("-t", "-c", daemon.config_file))[0], 0)
        status, printed, _ = await daemon.run("-p", "-c", daemon.config_file)
        self.assertEqual(status, 0)
        self.assertIn(f"c2s_port = {daemon.c2s_port}", printed)
        status, _, err = await daemon.run("-t", "-c", self.write(printed))
        self.assertEqual(status, 0, err)

    async def test_faults_of_a_file_are_named_with_line_and_nearest_option(self):
        daemon = self.make_daemon()
        status, _, err = await daemon.run("-t", "-c", self.write("\nc2s_prot = 5222\n"))
        self.assertEqual(status, 2)
        self.assertIn("test.toml:2:", err)
        self.assertIn("c2s_port", err)
        for text in ("c2s_port = 'x'", "c2s_port = 70000", "c2s_port", "log_level = 'loud'"):
            with self.subTest(text):
                status, _, err = await daemon.run("-t", "-c", self.write(text + "\n"))
                self.assertEqual(status, 2)
                self.assertIn("test.toml:1:", err)

    async def test_secrets_in_a_file_that_everybody_may_read_are_a_warning(self):
        daemon = self.make_daemon(admin_auth=["bearer:a-long-token"])
        daemon.write_config()
        daemon.config_file.chmod(0o640)
        command = ("-t", "-c", daemon.config_file)
        self.assertEqual((await daemon.run(*command))[::2], (0, ""))
        daemon.config_file.chmod(0o644)
        status, _, err = await daemon.run(*command)
        self.assertEqual(status, 0)
        self.assertIn("everybody may read it", err)
        self.assertNotIn("a-long-token", err)
        await self.start_daemon()
        await daemon.child.wait_line("configuration holds secrets, and everybody may read it")

    async def test_missing_file_is_named(self):
        status, _, err = await self.make_daemon().run("-t", "-c", self.folder / "nowhere.toml")
        self.assertEqual(status, 2)
        self.assertIn("nowhere.toml", err)

    async def test_taken_port_ends_with_1_and_is_named(self):
        await self.start_scene("romeo")
        status, _, err = await self.daemon.run("-c", self.daemon.config_file)
        self.assertEqual(status, 1)
        self.assertIn(str(self.daemon.c2s_port), err)


class AccountsTest(EndToEndTest):
    async def passwd(self, *arguments, input=""):
        command = ["passwd", "-c", self.daemon.config_file, *arguments]
        return await self.daemon.run(*command, input=input)

    async def test_accounts_are_set_listed_and_deleted(self):
        self.make_daemon().write_config()
        for user in ("romeo", "Juliet"):
            status, _, err = await self.passwd(f"{user}@{HOST}", input="wherefore\n")
            self.assertEqual((status, err), (0, ""))
        status, out, _ = await self.passwd("--list")
        self.assertEqual((status, out.split()), (0, [f"juliet@{HOST}", f"romeo@{HOST}"]))
        self.assertEqual((await self.passwd("--delete", f"romeo@{HOST}"))[0], 0)
        self.assertEqual((await self.passwd("--list"))[1].split(), [f"juliet@{HOST}"])
        self.assertEqual((await self.passwd("--delete", f"romeo@{HOST}"))[0], 1)

    async def test_file_holds_no_password_and_is_private(self):
        self.make_daemon().write_config()
        await self.passwd(f"romeo@{HOST}", input="wherefore\n")
        path = self.daemon.options["accounts_file"]
        self.assertNotIn("wherefore", path.read_text())
        self.assertEqual(path.stat().st_mode & 0o077, 0)

    async def test_bad_addresses_and_empty_passwords_are_refused(self):
        self.make_daemon().write_config()
        for jid, password in (("romeo", "x"), (f"a b@{HOST}", "x"), (f"romeo@{HOST}", "")):
            with self.subTest(jid=jid, password=password):
                status, _, err = await self.passwd(jid, input=password + "\n")
                self.assertNotEqual(status, 0)
                self.assertTrue(err)

    async def test_new_password_counts_after_a_reload(self):
        await self.start_scene("romeo")
        await self.daemon.add_account(f"romeo@{HOST}", "a new one")
        await self.daemon.reload()
        await self.daemon.log.wait(lambda line: "configuration reloaded" in line, "reload")
        await self.log_in("romeo", password="a new one")
        with self.assertRaises(LoginFailed):
            await self.log_in("romeo")


class ReloadTest(EndToEndTest):
    async def test_reload_changes_the_certificate_for_new_clients_and_keeps_the_old_ones(self):
        await self.start_scene("romeo")
        old = await self.log_in("romeo", "old")
        fresh = make_certificate(self.folder, HOST, stem="fresh")
        files = self.daemon.hosts[HOST]
        shutil.copy(fresh.key, files.key)
        shutil.copy(fresh.certificate, files.certificate)
        await self.daemon.reload()
        await self.daemon.wait_notice("RELOADING=1")
        await self.daemon.wait_notice("READY=1")
        new = await self.log_in("romeo", "new")
        self.assertNotEqual(old.certificate, new.certificate)
        await old.ping()

    async def test_service_manager_who_does_not_read_holds_nobody_up(self):
        await self.start_scene("romeo")
        romeo = await self.log_in("romeo")
        for _ in range(20):
            since = len(self.daemon.log)
            await self.daemon.reload()
            await self.daemon.child.wait_line("configuration reloaded", since)
        await romeo.ping()

    async def test_bad_file_keeps_the_old_configuration_and_says_why(self):
        await self.start_scene("romeo")
        romeo = await self.log_in("romeo")
        self.daemon.config_file.write_text("c2s_prot = 1\n")
        await self.daemon.reload()
        line = await self.daemon.log.wait(lambda line: "reload failed" in line, "refusal")
        self.assertIn("c2s_prot", line)
        await romeo.ping()
        await self.log_in("romeo", "second")

    async def test_certificate_that_does_not_fit_its_key_keeps_the_old_one(self):
        await self.start_scene("romeo")
        files = self.daemon.hosts[HOST]
        good = files.certificate.read_bytes()
        stranger = make_certificate(self.folder, HOST, stem="stranger")
        shutil.copy(stranger.certificate, files.certificate)
        await self.daemon.reload()
        await self.daemon.log.wait(lambda line: "reload failed" in line, "refusal")
        files.certificate.write_bytes(good)
        await self.log_in("romeo")


class StopTest(EndToEndTest):
    async def test_stop_tells_the_clients_and_the_service_manager_and_ends_with_0(self):
        await self.start_scene("romeo")
        romeo = await self.log_in("romeo")
        raw = await self.open_raw_xmpp(tls=True)
        await raw.log_in("romeo", password_of("romeo"))
        self.daemon.child.send_signal(signal.SIGTERM)
        await self.daemon.wait_notice("STOPPING=1")
        await romeo.sees("stream error", condition="system-shutdown")
        self.assertIn("</stream:stream>", await raw.read_all())
        self.assertEqual(await self.daemon.child.wait_exit(), 0)

    async def test_friends_of_nobody_and_clients_in_mid_login_do_not_delay_a_stop(self):
        await self.start_scene("romeo")
        raw = await self.open_raw_xmpp()
        await raw.features()
        self.daemon.child.send_signal(signal.SIGTERM)
        self.assertIn("system-shutdown", await raw.read_all())
        self.assertEqual(await self.daemon.child.wait_exit(), 0)

    async def test_client_that_does_not_read_cannot_hold_up_a_stop(self):
        await self.start_scene("romeo", "juliet", drain_timeout="1s")
        deaf = await self.open_raw_xmpp(tls=True, receive_buffer=4096)
        await deaf.log_in("romeo", password_of("romeo"))
        deaf.stop_reading()
        await deaf.send("<presence/>")
        juliet = await self.log_in("juliet")
        for _ in range(30):  # stays below the limit of an outbox
            juliet.send_message(f"romeo@{HOST}/raw", "x" * 60_000, mtype="chat")
        await juliet.ping()
        self.daemon.child.send_signal(signal.SIGTERM)
        self.assertEqual(await self.daemon.child.wait_exit(), 0)


if __name__ == "__main__":
    unittest.main()
