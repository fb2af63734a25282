// SPDX-License-Identifier: MIT
// Rosterd-Signature, both ways. Prints the one of a request that is sent now:
// node signature.mjs POST /roster_admin/refresh '["john"]'
import { createHmac, timingSafeEqual } from "node:crypto";
import { fileURLToPath } from "node:url";

export const SECRET = process.env.ROSTERD_SECRET ?? "";

const mac = (made, method, target, body) =>
  createHmac("sha256", SECRET).update(`${made}.${method}.${target}.`).update(body).digest();

// `target` is path and query as they are sent.
export function sign(method, target, body = "") {
  const now = Math.floor(Date.now() / 1000);
  return `t=${now},v1=${mac(now, method, target, body).toString("hex")}`;
}

// Whether `field` signs this request and is not older than five minutes.
export function isSigned(field, method, target, body = "") {
  const made = /\bt=(\d+)/.exec(field)?.[1];
  const given = /\bv1=([0-9a-f]{64})/.exec(field)?.[1];
  if (!made || !given || Math.abs(Date.now() / 1000 - made) > 300) return false;
  return timingSafeEqual(Buffer.from(given, "hex"), mac(made, method, target, body));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(sign(...process.argv.slice(2)));
}
