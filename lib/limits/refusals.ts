// How often a wrong API key may be tried from one place.

import ipaddr from "ipaddr.js";
import type { RefusalLimiter } from "#lib/domain/ports/rate-limiter.ts";

/** Places and keys that are remembered; beyond that the oldest are forgotten. */
const REMEMBERED_MAX = 10_000;

export interface RefusalLimiterOptions {
  readonly windowSeconds: number;
  /** Refusals in one window. */
  readonly limit: number;
}

interface Window {
  readonly endsAt: number;
  readonly refused: number;
}

/** Counts in the memory of this process: a wrong key costs the database no write. */
export function createRefusalLimiter({ windowSeconds, limit }: RefusalLimiterOptions): RefusalLimiter {
  const windows = new Map<string, Window>();
  const right = new Set<string>();

  function windowOf(place: string): Window {
    const found = windows.get(place);
    const now = performance.now();
    return found !== undefined && found.endsAt > now
      ? found
      : { endsAt: now + windowSeconds * 1000, refused: 0 };
  }

  return {
    waitMs(clientAddress, keyHash) {
      const { endsAt, refused } = windowOf(placeOf(clientAddress));
      if (refused < limit || right.has(nameOf(keyHash))) return 0;
      return endsAt - performance.now();
    },
    noteRefused(clientAddress, keyHash) {
      right.delete(nameOf(keyHash));
      const place = placeOf(clientAddress);
      const { endsAt, refused } = windowOf(place);
      windows.set(place, { endsAt, refused: refused + 1 });
      forgetOldest(windows);
    },
    noteAccepted(keyHash) {
      right.add(nameOf(keyHash));
      forgetOldest(right);
    },
  };
}

function forgetOldest(kept: Map<string, unknown> | Set<string>): void {
  const [oldest] = kept.keys();
  if (kept.size > REMEMBERED_MAX && oldest !== undefined) kept.delete(oldest);
}

const nameOf = (keyHash: Uint8Array) => Buffer.from(keyHash).toString("base64");

/** One address of IPv4; of IPv6 the network of 64 bits, all of which one caller has. */
function placeOf(address: string | null): string {
  if (address === null || !ipaddr.IPv6.isValid(address)) return address ?? "unknown";
  return ipaddr.IPv6.parse(address).toByteArray().slice(0, 8).join(".");
}
