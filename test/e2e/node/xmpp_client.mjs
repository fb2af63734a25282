// SPDX-License-Identifier: MIT
// A client made with @xmpp/client, driven by lines: node xmpp_client.mjs URL JID
// The password stands in the environment as PASSWORD. Lines in: "message JID TEXT", "again", which
// leaves and logs in with what the server gave for that, "quit". Lines out:
// "online JID", "contact JID SUBSCRIPTION NAME", "push JID SUBSCRIPTION", "presence JID TYPE",
// "message JID TEXT", "error CONDITION", "offline".
import { webcrypto } from "node:crypto";
import readline from "node:readline";
import WebSocket from "ws";
import { client, xml, jid } from "@xmpp/client";

globalThis.crypto ??= webcrypto; // Debian's node has neither
globalThis.WebSocket ??= WebSocket;

const [service, address] = process.argv.slice(2);
const own = jid(address);
const xmpp = client({
  service,
  domain: own.getDomain(),
  resource: own.getResource() || undefined,
  username: own.getLocal(),
  password: process.env.PASSWORD,
});
xmpp.reconnect.stop();

const say = (...words) => console.log(words.join(" "));
const tell = (what, query) => {
  for (const { attrs } of query.getChildren("item"))
    say(what, attrs.jid, attrs.subscription, attrs.name ?? "");
};

xmpp.on("error", (error) => say("error", error.condition ?? error.code ?? error.message));
xmpp.on("stanza", (stanza) => {
  const { from, type } = stanza.attrs;
  if (stanza.is("message")) say("message", from, stanza.getChildText("body"));
  if (stanza.is("presence")) say("presence", from, type ?? "available");
});
xmpp.iqCallee.set("jabber:iq:roster", "query", ({ element }) => {
  tell("push", element);
  return true;
});
xmpp.on("online", async (full) => {
  const roster = await xmpp.iqCaller.get(xml("query", { xmlns: "jabber:iq:roster" }));
  tell("contact", roster);
  await xmpp.send(xml("presence"));
  say("online", full);
});
let again = false;
xmpp.on("offline", () => {
  say("offline");
  if (!again) process.exit(0);
});
const start = () =>
  xmpp.start().catch((error) => {
    say("refused", error.condition ?? error.code ?? error.message);
    process.exit(1);
  });

readline.createInterface({ input: process.stdin }).on("line", async (line) => {
  const [command, to, ...text] = line.split(" ");
  if (command === "message") {
    await xmpp.send(xml("message", { to, type: "chat" }, xml("body", {}, text.join(" "))));
  } else if (command === "again") {
    again = true;
    await xmpp.stop();
    again = false;
    await start();
  } else if (command === "quit") {
    await xmpp.stop();
  }
});
start();
