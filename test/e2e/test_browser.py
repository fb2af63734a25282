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

BUILT = ROOT / "build/check/test/e2e"
CONVERSE = os.environ.get("CONVERSE", BUILT / "converse/node_modules/converse.js")
PICTURES = pathlib.Path(os.environ.get("PICTURES", BUILT / "pictures"))

PAIR = "article[aria-label='romeo and juliet']"
TEXT = "textarea.chat-textarea"


def contact(user, name="", online=None):
    """The row of a contact; `online`: what his dot says; None: whatever."""
    dot = "" if online is None else f":has([title='This contact is {online}'])"
    return f".open-chat[data-jid='{user}@{HOST}']{dot}:has-text('{name}')"


class BrowserTest(EndToEndTest):
    async def start_page_scene(self, converse=CONVERSE):
        """Web application and rosterd, with no accounts: who logs in has a token."""
        app = self.make_web_app()
        daemon = self.make_daemon(
            http_roster_url=app.roster_url,
            webhook_url=app.events_url,
            http_sasl_mechanisms=["PLAIN"],
            http_origins=[app.url],
        )
        await app.start(
            "romeo",
            "juliet",
            "mercutio",
            refresh_url=daemon.refresh_url,
            converse=converse,
            websocket_url=daemon.websocket_url,
        )
        self._journals.append(app.log)
        await self.start_daemon()

    async def start_browser(self, **size):
        self.browser = Browser()
        self._journals.append(self.browser.log)
        self.addAsyncCleanup(self.browser.close)
        return await self.browser.start(**size)

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

    async def open_page(self, **size):
        """With two friends, both online."""
        await self.start_page_scene()
        await self.web_app.befriend("romeo", "juliet")
        browser = await self.start_browser(**size)
        async with self.pictures():
            self.assertEqual(await browser.open(self.web_app.chat_url), 200)
            await self.both_see_each_other()
        return browser

    async def say(self, user, friend, text):
        await self.browser.click(user, contact(friend))
        await self.browser.fill(user, TEXT, text)
        await self.browser.press(user, TEXT, "Enter")

    async def test_open_chats_follow_the_table_between_them(self):
        browser = await self.open_page()
        async with self.pictures():
            await browser.click("", f"{PAIR} >> text=Unfriend")
            await browser.misses("romeo", contact("juliet"))
            await browser.misses("juliet", contact("romeo"))
            await browser.click("", f"{PAIR} >> text=Befriend")
            await self.both_see_each_other()
            await browser.fill("", f"{PAIR} [aria-label='romeo’s name for juliet']", "My lady")
            await browser.fill("", f"{PAIR} [aria-label='romeo’s groups for juliet']", "Verona")
            await browser.click("", f"{PAIR} form:has-text('romeo calls') >> text=Save")
            await browser.sees("romeo", contact("juliet", "My lady", online="online"))
            await browser.sees("romeo", ".roster-group:has-text('Verona')")
            await browser.sees("juliet", contact("romeo", "Romeo", online="online"))
            await browser.sees("", f"{PAIR} a:has-text('juliet'):has([title='online'])")

    async def test_they_chat_and_nothing_comes_from_elsewhere(self):
        browser = await self.open_page()
        async with self.pictures():
            await self.say("romeo", "juliet", "Wilt thou leave me so unsatisfied?")
            await browser.sees("juliet", f"{contact('romeo')} .msgs-indicator")
            await self.say("juliet", "romeo", "What satisfaction canst thou have to-night?")
            await browser.sees("juliet", ".chat-msg__text:has-text('unsatisfied')")
            await browser.sees("romeo", ".chat-msg__text:has-text('What satisfaction')")
            websocket = self.daemon.websocket_url.removesuffix("/xmpp-websocket")
            self.assertEqual(await browser.asked(), sorted([self.web_app.url, websocket]))
            self.assertEqual(await browser.faults(), [])

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


if __name__ == "__main__":
    unittest.main()
