// SPDX-License-Identifier: MIT
// Contact lists for rosterd, http_roster_url = "http://127.0.0.1:8080/contacts/%s":
// FRIENDS=../friends.json node fetch.mjs
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { SECRET, isSigned } from "./signature.mjs";

const port = process.env.PORT ?? 8080;

createServer((request, response) => {
  const answer = (status, body, fields = {}) =>
    response.writeHead(status, { "Content-Type": "application/json", ...fields }).end(body);
  if (SECRET && !isSigned(request.headers["rosterd-signature"] ?? "", "GET", request.url)) {
    return answer(403, '{"error": "not signed by rosterd"}');
  }
  const friends = new Map(Object.entries(JSON.parse(readFileSync(process.env.FRIENDS))));
  const roster = friends.get(decodeURIComponent(request.url.slice("/contacts/".length)));
  if (!roster) return answer(404, '{"error": "no such user"}');
  const body = JSON.stringify(roster);
  const ETag = `"${createHash("sha256").update(body).digest("hex").slice(0, 16)}"`;
  if (request.headers["if-none-match"] === ETag) return answer(304, "", { ETag });
  answer(200, body, { ETag });
}).listen(port, "127.0.0.1", () => console.log("contact lists on port", port));
