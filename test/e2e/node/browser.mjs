// SPDX-License-Identifier: MIT
// Debian's Chromium with one page, driven by lines:
//   node browser.mjs TIMEOUT_MS WIDTH HEIGHT [CERTIFICATE]
// CERTIFICATE is a file: who has its key is believed. A line in is JSON: [what, ...words] as in the
// table below. Each gets a line out, in order: "done JSON" or "failed MESSAGE". Nothing but
// 127.0.0.1 can be reached.
import { createHash, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import readline from "node:readline";
import { chromium } from "playwright-core";

const [timeout, width, height] = process.argv.slice(2, 5).map(Number);
const certificate = process.argv[5];

// Chromium takes no file of its own, but the key's digest (RFC 7469, section 2.4).
function trust(file) {
  const { publicKey } = new X509Certificate(readFileSync(file));
  const key = publicKey.export({ type: "spki", format: "der" });
  const digest = createHash("sha256").update(key).digest("base64");
  return `--ignore-certificate-errors-spki-list=${digest}`;
}

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  chromiumSandbox: process.getuid() !== 0, // it needs another user than root
  args: [
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ...(certificate ? [trust(certificate)] : []),
  ],
});
const page = await browser.newPage({ viewport: { width, height } });
page.setDefaultTimeout(timeout);

const asked = new Set(); // the origins that the page wanted something from
const faults = [];
const ask = (url) => url.startsWith("data:") || asked.add(new URL(url).origin);
page.on("request", (request) => ask(request.url()));
page.on("websocket", (socket) => ask(socket.url()));
page.on("pageerror", (error) => faults.push(error.message));
page.on("console", (message) => {
  if (message.text().includes("Content Security Policy")) faults.push(message.text());
});

// `frame` is the name of one, or "" for the page itself.
const find = (frame, selector) =>
  (frame ? page.frameLocator(`iframe[name="${frame}"]`) : page).locator(selector).first();

const commands = {
  open: async (url) => (await page.goto(url)).status(),
  sees: (frame, selector) => find(frame, selector).waitFor(),
  misses: (frame, selector) => find(frame, selector).waitFor({ state: "detached" }),
  click: (frame, selector) => find(frame, selector).click(),
  fill: (frame, selector, text) => find(frame, selector).fill(text),
  press: (frame, selector, key) => find(frame, selector).press(key),
  widths: (selector) =>
    page.locator(selector).evaluateAll((all) => all.map((e) => e.getBoundingClientRect().width)),
  asked: () => [...asked].sort(),
  faults: () => faults,
  picture: async (path) => void (await page.screenshot({ path, fullPage: true })),
};

for await (const line of readline.createInterface({ input: process.stdin })) {
  const [what, ...words] = JSON.parse(line);
  try {
    console.log("done", JSON.stringify((await commands[what](...words)) ?? null));
  } catch (error) {
    console.log("failed", what, ...words, error.message.split("\n")[0]);
  }
}
await browser.close();
