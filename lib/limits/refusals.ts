// How often a wrong API key may be tried from one place.

import ipaddr from "ipaddr.js";
import { RateLimiterMemory } from "rate-limiter-flexible";
import type { RefusalLimiter } from "#lib/domain/ports/rate-limiter.ts";

/** Right keys that are remembered; beyond that the oldest are forgotten. */
const REMEMBERED_MAX = 10_000;

export interface RefusalLimiterOptions {
  readonly windowSeconds: number;
  /** Refusals in one window. */
  readonly limit: number;
}

/** Counts in the memory of this process: a wrong key costs the database no write. */
export function createRefusalLimiter({ windowSeconds, limit }: RefusalLimiterOptions): RefusalLimiter {
  const refused = new RateLimiterMemory({ points: limit, duration: windowSeconds });
  const right = new Set<string>();
  return {
    async waitMs(clientAddress, keyHash) {
      const counted = await refused.get(placeOf(clientAddress));
      if (counted === null || counted.consumedPoints < limit || right.has(nameOf(keyHash))) return 0;
      return Math.max(0, counted.msBeforeNext);
    },
    async noteRefused(clientAddress, keyHash) {
      right.delete(nameOf(keyHash));
      await refused.penalty(placeOf(clientAddress));
    },
    noteAccepted(keyHash) {
      right.add(nameOf(keyHash));
      const [oldest] = right;
      if (right.size > REMEMBERED_MAX && oldest !== undefined) right.delete(oldest);
    },
  };
}

const nameOf = (keyHash: Uint8Array) => Buffer.from(keyHash).toString("base64");

/** One address of IPv4; of IPv6 the network of 64 bits, all of which one caller has. */
function placeOf(address: string | null): string {
  if (address === null || !ipaddr.IPv6.isValid(address)) return address ?? "unknown";
  return ipaddr.IPv6.parse(address).toByteArray().slice(0, 8).join(".");
}
