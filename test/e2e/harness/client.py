# SPDX-License-Identifier: MIT
"""Client: a real client (slixmpp) that notes each stanza in the order of the wire."""

import asyncio
import logging
import pathlib

# Before the import, which complains about the speed of its stringprep.
logging.getLogger("slixmpp").setLevel(logging.CRITICAL)

import slixmpp  # noqa: E402

from .journal import PATIENCE, Journal  # noqa: E402


class Event(dict):
    """What a client saw: kind (presence, push, roster, message, error, iq) and its details."""

    def matches(self, wanted):
        return all(self.get(key) == value for key, value in wanted.items())


def event_of(stanza):
    """The part of an incoming stanza that tests look at; None for what none of them does."""
    sender = {"sender": stanza["from"].bare, "address": str(stanza["from"])}
    if stanza.name == "presence":
        kind = stanza.xml.get("type", "available")
        show, text = stanza["show"] if kind == "available" else "", stanza["status"]
        return Event(kind="presence", type=kind, show=show, status=text, **sender)
    if stanza.name == "message":
        return Event(
            kind="message",
            type=stanza["type"],
            body=stanza["body"],
            error=stanza["error"]["condition"] if stanza["type"] == "error" else "",
            **sender,
        )
    if stanza.name == "iq" and stanza.xml.find("{jabber:iq:roster}query") is not None:
        items = [item_of(item) for item in stanza.xml.iter("{jabber:iq:roster}item")]
        if stanza["type"] == "set":
            assert len(items) == 1, f"a roster push has one item: {stanza}"
            return Event(kind="push", **items[0])
        if stanza["type"] == "result":
            return Event(kind="roster", items={item.pop("jid"): item for item in items})
    return None


def item_of(item):
    groups = [group.text or "" for group in item.iter("{jabber:iq:roster}group")]
    return {
        "jid": item.get("jid"),
        "name": item.get("name"),
        "subscription": item.get("subscription"),
        "groups": sorted(groups),
    }


class LoginFailed(AssertionError):
    pass


class Client(slixmpp.ClientXMPP):
    """`address` is (IP, port), `trust` the certificate to believe in. `mechanism` None leaves the
    choice to slixmpp."""

    def __init__(self, jid, password, address, trust, *, direct_tls=False, mechanism=None):
        super().__init__(jid, password, sasl_mech=mechanism)
        self._where = address
        self._direct_tls = direct_tls
        self.ca_certs = pathlib.Path(trust)
        self.certificate = None  # PEM, what the server showed
        self.journal = Journal(f"{jid} saw")
        self.roster_before_presence = True
        self.auto_authorize = None
        self.auto_subscribe = False
        self.end_session_on_disconnect = True
        self.register_plugin("xep_0030")
        self.register_plugin("xep_0199")
        if direct_tls:
            self.ssl_context.set_alpn_protocols(["xmpp-client"])
        self.add_filter("in", self._note)
        self.add_event_handler("stream_error", self._note_stream_error)
        self.add_event_handler("disconnected", lambda _: self.journal.end())
        self.add_event_handler("ssl_cert", self._note_certificate)
        # Otherwise slixmpp goes on to connect for ever.
        self.add_event_handler("connection_failed", self._note_failure)
        self.add_event_handler("ssl_invalid_chain", self._note_failure)

    async def _pick_dns_answer(self, *_):
        """No look-up. slixmpp expects the name it connects to in the certificate and in SNI; it
        connects to an IP address here, so it would expect, and ask for, none."""
        self.default_domain = self.requested_jid.host

    # --- notes -----------------------------------------------------------------------------------

    def _note(self, stanza):
        event = event_of(stanza) if stanza.name in ("presence", "message", "iq") else None
        if event is not None:
            self.journal.add(event)
        return stanza

    def _note_stream_error(self, error):
        self.journal.add(Event(kind="stream error", condition=error["condition"]))

    def _note_certificate(self, pem):
        self.certificate = pem

    def _note_failure(self, error):
        self.cancel_connection_attempt()
        self.journal.add(Event(kind="no connection", text=str(error)))

    # --- doing -----------------------------------------------------------------------------------

    async def open(self):
        """Connects and logs in as far as a bound session: no roster, no presence."""
        outcome = asyncio.get_running_loop().create_future()

        def settle(value):
            if not outcome.done():
                outcome.set_result(value)

        self.add_event_handler("session_start", lambda _: settle(None))
        self.add_event_handler("failed_all_auth", lambda _: settle("not authorised"))
        for event in ("disconnected", "connection_failed", "ssl_invalid_chain"):
            self.add_event_handler(event, lambda what, e=event: settle(f"{e}: {what}"))
        self.connect(self._where, use_ssl=self._direct_tls, force_starttls=not self._direct_tls)
        failure = await asyncio.wait_for(outcome, PATIENCE)
        if failure is not None:
            await self.close()
            raise LoginFailed(f"{self.requested_jid}: {failure}")
        return self

    async def log_in(self):
        """open(), then what every client does: asks for the roster and says that it is there."""
        await self.open()
        await asyncio.wait_for(self.get_roster(), PATIENCE)
        self.send_presence()
        await self.ping()
        return self

    async def ask_roster(self):
        """Contact -> name, subscription, groups; all of it, whatever version slixmpp has."""
        iq = self.make_iq_get()
        iq.enable("roster")
        await asyncio.wait_for(iq.send(), PATIENCE)
        return self.saw("roster")[-1]["items"]

    async def ping(self, to=None):
        """A round trip. Whatever the server sent to this client before the answer has been noted
        when it returns, so what is not in the journal then was not sent."""
        await self["xep_0199"].send_ping(to or self.boundjid.host, timeout=PATIENCE)

    async def close(self):
        self.cancel_connection_attempt()
        if self.transport is not None:
            await asyncio.wait_for(self.disconnect(wait=2.0, ignore_send_queue=True), PATIENCE)

    # --- seeing ----------------------------------------------------------------------------------

    async def sees(self, kind, since=0, **wanted):
        """Waits for such an event."""
        wanted = {"kind": kind, **wanted}
        return await self.journal.wait(lambda event: event.matches(wanted), str(wanted), since)

    def saw(self, kind, since=0, **wanted):
        wanted = {"kind": kind, **wanted}
        return [event for event in self.journal.entries[since:] if event.matches(wanted)]

    def order(self, since=0):
        """The kinds of what it saw, in order: "presence unavailable", "push remove", …"""
        return [
            f"{e['kind']} {e.get('type') or e.get('subscription') or ''}".rstrip()
            for e in self.journal.entries[since:]
        ]
