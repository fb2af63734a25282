#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The chat page of the example in a real browser: converse.js, logged in by tokens, follows the web
application. The pictures are for the eye: build/check/test/e2e/pictures."""

import contextlib
import os
import pathlib
import unittest

from harness.browser import Browser
from harness.case import HOST, ROOT, EndToEndTest
from harness.certificate import make_certificate
from harness.proxies import Nginx

BUILT = ROOT / "build/check/test/e2e"
CONVERSE = os.environ.get("CONVERSE", BUILT / "converse/node_modules/converse.js")
PICTURES = pathlib.Path(os.environ.get("PICTURES", BUILT / "pictures"))

PAIR = "article[aria-label='romeo and juliet']"
TEXT = "textarea.chat-textarea"
PROXY = "127.0.0.2"


def contact(user, name="", online=None):
    """The row of a contact; `online`: what his dot says; None: whatever."""
    dot = "" if online is None else f":has([title='This contact is {online}'])"
    return f".open-chat[data-jid='{user}@{HOST}']{dot}:has-text('{name}')"


class PageTest(EndToEndTest):
    async def start_page_scene(self, converse=CONVERSE, **options):
        """Web application and rosterd, with no accounts: who logs in has a token."""
        app = self.make_web_app()
        daemon = self.make_daemon(
            http_roster_url=app.roster_url,
            webhook_url=app.events_url,
            http_sasl_mechanisms=["PLAIN"],
            http_origins=[app.url],
            **options,
        )
        self.websocket_url = await self.open_way()
        await app.start(
            "romeo",
            "juliet",
            "mercutio",
            refresh_url=daemon.refresh_url,
            converse=converse,
            websocket_url=self.websocket_url,
        )
        self._journals.append(app.log)
        await self.start_daemon()

    async def open_way(self):
        """From the page to rosterd. Returns what the page is told of it."""
        return self.daemon.websocket_url

    async def start_browser(self, **more):
        self.browser = Browser()
        self._journals.append(self.browser.log)
        self.addAsyncCleanup(self.browser.close)
        return await self.browser.start(**more)

    @contextlib.asynccontextmanager
    async def pictures(self):
        """One at the end; when that is a failure, of what it came to."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        name = self.id().rpartition(".")[2].removeprefix("test_")
        picture, failure = PICTURES / f"{name}.png", PICTURES / f"{name}.failed.png"
        failure.unlink(missing_ok=True)
        try:
            yield
        except AssertionError:
            with contextlib.suppress(AssertionError, OSError):  # the browser may be what failed
                await self.browser.picture(failure)
            raise
        await self.browser.picture(picture)

    async def both_see_each_other(self):
        await self.browser.sees("romeo", contact("juliet", online="online"))
        await self.browser.sees("juliet", contact("romeo", online="online"))

    async def open_page(self, options=None, **more):
        """With two friends, both online. `options`: more of rosterd's; the others are the
        browser's."""
        await self.start_page_scene(**(options or {}))
        await self.web_app.befriend("romeo", "juliet")
        browser = await self.start_browser(**more)
        async with self.pictures():
            self.assertEqual(await browser.open(self.web_app.chat_url), 200)
            await self.both_see_each_other()
        return browser

    async def say(self, user, friend, text):
        await self.browser.click(user, contact(friend))
        await self.browser.fill(user, TEXT, text)
        await self.browser.press(user, TEXT, "Enter")

    async def chat(self):
        """Both ways, in a page that holds nothing from elsewhere."""
        await self.say("romeo", "juliet", "Wilt thou leave me so unsatisfied?")
        await self.browser.sees("juliet", f"{contact('romeo')} .msgs-indicator")
        await self.say("juliet", "romeo", "What satisfaction canst thou have to-night?")
        await self.browser.sees("juliet", ".chat-msg__text:has-text('unsatisfied')")
        await self.browser.sees("romeo", ".chat-msg__text:has-text('What satisfaction')")
        websocket = self.websocket_url.removesuffix("/xmpp-websocket")
        self.assertEqual(await self.browser.asked(), sorted([self.web_app.url, websocket]))
        self.assertEqual(await self.browser.faults(), [])

    async def part_and_meet_again(self):
        """By the buttons of the table."""
        await self.browser.click("", f"{PAIR} >> text=Unfriend")
        await self.browser.misses("romeo", contact("juliet"))
        await self.browser.misses("juliet", contact("romeo"))
        await self.browser.click("", f"{PAIR} >> text=Befriend")
        await self.both_see_each_other()


class BrowserTest(PageTest):
    async def test_open_chats_follow_the_table_between_them(self):
        browser = await self.open_page()
        async with self.pictures():
            await self.part_and_meet_again()
            await browser.fill("", f"{PAIR} [aria-label='romeo’s name for juliet']", "My lady")
            await browser.fill("", f"{PAIR} [aria-label='romeo’s groups for juliet']", "Verona")
            await browser.click("", f"{PAIR} form:has-text('romeo calls') >> text=Save")
            await browser.sees("romeo", contact("juliet", "My lady", online="online"))
            await browser.sees("romeo", ".roster-group:has-text('Verona')")
            await browser.sees("juliet", contact("romeo", "Romeo", online="online"))
            await browser.sees("", f"{PAIR} a:has-text('juliet'):has([title='online'])")

    async def test_they_chat_and_nothing_comes_from_elsewhere(self):
        await self.open_page()
        async with self.pictures():
            await self.chat()

    async def test_open_chats_come_back_with_new_tokens_after_a_restart_of_rosterd(self):
        browser = await self.open_page()
        async with self.pictures():
            await self.daemon.stop()
            await self.web_app.change("romeo", "juliet", name="My lady")
            await self.daemon.start()
            self._journals.append(self.daemon.log)
            for user in ("romeo", "juliet"):
                line = f"login token given user={user}@{HOST}"
                await self.daemon.log.wait(lambda text: line in text, line, patience=60)
                line = f"user={user}@{HOST} mechanism=PLAIN"
                await self.daemon.log.wait(lambda text: line in text, line, patience=60)
            await self.both_see_each_other()
            await browser.sees("romeo", contact("juliet", "My lady"))
            await self.say("romeo", "juliet", "Let me stand here till thou remember it.")
            await browser.sees("juliet", f"{contact('romeo')} .msgs-indicator")

    async def test_a_narrow_screen_has_all_of_it_one_below_the_other(self):
        browser = await self.open_page(width=420, height=800)
        async with self.pictures():
            wide = [*await browser.widths("figure"), *await browser.widths("#friends")]
            self.assertEqual(len(set(wide)), 1, wide)
            self.assertGreater(wide[0], 350)
            self.assertLessEqual((await browser.widths("html"))[0], 420)

    async def test_without_converse_the_page_says_what_to_do(self):
        await self.start_page_scene(converse="")
        browser = await self.start_browser()
        async with self.pictures():
            self.assertEqual(await browser.open(self.web_app.chat_url), 200)
            await browser.sees("", "text=The chat needs converse.js")


class BrowserBehindNginxTest(PageTest):
    """The panes reach rosterd by TLS, through nginx with the example of conf/; it speaks to rosterd
    from PROXY, so that an address in the log is either its or the browser's."""

    async def open_way(self):
        nginx = Nginx(self.folder)
        self._journals.append(nginx.log)
        self.addAsyncCleanup(nginx.stop)
        speaks_from = ("proxy_http_version 1.1;", f"proxy_http_version 1.1; proxy_bind {PROXY};")
        await nginx.start(self.daemon, self.certificate, [speaks_from])
        return f"wss://127.0.0.1:{nginx.port}/xmpp-websocket"

    async def test_they_chat_part_and_meet_again_through_nginx(self):
        self.certificate = make_certificate(self.folder, HOST, stem="nginx", address="127.0.0.1")
        await self.open_page({"http_proxies": [PROXY]}, certificate=self.certificate.certificate)
        async with self.pictures():
            await self.chat()
            await self.part_and_meet_again()
        for user in ("romeo", "juliet"):
            parts = (" authenticated ", "peer=127.0.0.1:", f"user={user}@{HOST}")
            await self.daemon.log.wait(
                lambda line: all(part in line for part in parts), f"line with {parts}"
            )


if __name__ == "__main__":
    unittest.main()
