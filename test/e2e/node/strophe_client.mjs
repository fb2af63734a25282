// SPDX-License-Identifier: MIT
// A client made with strophe.js, driven by lines: node strophe_client.mjs URL JID [SID RID]
// The URL is of BOSH or of a WebSocket; the password stands in the environment as PASSWORD. With
// SID and RID it goes on with a BOSH session that another has opened. Lines are those of
// xmpp_client.mjs, and "break", which breaks the connections that are in use.
import http from "node:http";
import https from "node:https";
import readline from "node:readline";
import { webcrypto } from "node:crypto";
import WebSocket from "ws";
import XMLHttpRequest from "xhr2";

globalThis.crypto ??= webcrypto; // Debian's node has none of these
globalThis.WebSocket ??= WebSocket;
globalThis.XMLHttpRequest = class extends XMLHttpRequest {
  get responseXML() {
    const text = this.responseText;
    return text ? new DOMParser().parseFromString(text, "text/xml") : null;
  }
  set responseXML(_) {}
};
const { Strophe, $msg, $pres, $iq } = await import("strophe.js");

const [service, address, sid, rid] = process.argv.slice(2);
const agent = new (service.startsWith("https:") ? https : http).Agent({ keepAlive: true });
XMLHttpRequest.nodejsSet({ httpAgent: agent, httpsAgent: agent });

const say = (...words) => console.log(words.join(" "));
const tell = (what, query) => {
  for (const item of query.getElementsByTagName("item"))
    say(what, ...["jid", "subscription", "name"].map((name) => item.getAttribute(name) ?? ""));
};
Strophe.setLogLevel(Strophe.LogLevel.WARN);
const connection = new Strophe.Connection(service);

connection.addHandler((stanza) => {
  const text = stanza.getElementsByTagName("body")[0]?.textContent;
  say("message", stanza.getAttribute("from"), text);
  return true;
}, null, "message");
connection.addHandler((stanza) => {
  say("presence", stanza.getAttribute("from"), stanza.getAttribute("type") ?? "available");
  return true;
}, null, "presence");
connection.addHandler((stanza) => {
  tell("push", stanza);
  connection.send($iq({ type: "result", id: stanza.getAttribute("id") }));
  return true;
}, null, "iq", "set"); // no other kind comes

const begin = () =>
  connection.sendIQ($iq({ type: "get" }).c("query", { xmlns: Strophe.NS.ROSTER }), (result) => {
    tell("contact", result);
    connection.send($pres());
    say("online", connection.jid);
  });

const follow = (status, condition) => {
  if (status === Strophe.Status.CONNECTED || status === Strophe.Status.ATTACHED) begin();
  if (status === Strophe.Status.AUTHFAIL) say("refused", condition);
  if (status === Strophe.Status.CONNFAIL) say("error", condition);
  if (status !== Strophe.Status.DISCONNECTED) return;
  say("offline");
  process.exit(0);
};
if (sid) connection.attach(address, sid, Number(rid), follow);
else connection.connect(address, process.env.PASSWORD, follow);

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const [command, to, ...text] = line.split(" ");
  if (command === "message") {
    connection.send($msg({ to, type: "chat" }).c("body").t(text.join(" ")));
  } else if (command === "break") {
    for (const sockets of Object.values(agent.sockets)) for (const one of sockets) one.destroy();
  } else if (command === "quit") {
    connection.disconnect("quit");
  }
});
