// SPDX-License-Identifier: MIT
// Tells rosterd whose contact lists have changed: node refresh.mjs john aaron
import { randomUUID } from "node:crypto";
import { SECRET, sign } from "./signature.mjs";

const endpoint = process.env.ROSTERD_URL ?? "http://127.0.0.1:5280/roster_admin/refresh";

// rosterd's summary. By the time it comes, all open clients have been told.
async function refresh(users) {
  const body = JSON.stringify(users);
  const headers = { "Content-Type": "application/json" };
  // A signature counts once. The query makes this request unlike another of the same second.
  const url = new URL(`${endpoint}?n=${randomUUID()}`);
  if (SECRET) headers["Rosterd-Signature"] = sign("POST", url.pathname + url.search, body);
  // Longer than the 30 seconds that rosterd gives itself.
  const signal = AbortSignal.timeout(40_000);
  try {
    return await (await fetch(url, { method: "POST", headers, body, signal })).json();
  } catch (error) {
    // It is down, and fetches the lists when its users log in.
    return { status: "error", message: String(error.cause ?? error) };
  }
}

const summary = await refresh(process.argv.slice(2));
console.log(JSON.stringify(summary));
process.exitCode = summary.status !== "ok" || summary.errors > 0 ? 1 : 0;
