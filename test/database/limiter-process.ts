// A process of its own that counts requests of one key at once, and says how many passed.

import { openDatabase } from "#db/client.ts";
import { openRateLimitStore, RATE_LIMIT_TABLE } from "#db/queries/routing/rate-limits.ts";
import type { RateSubject } from "#lib/domain/ports/rate-limiter.ts";
import { createRateLimiter } from "#lib/limits/rate-limiter.ts";

const [databaseUrl = "", apiKeyId = "", limit = "", requests = ""] = process.argv.slice(2);

const db = openDatabase({
  url: databaseUrl,
  applicationName: "limiter",
  connectionsMax: 8,
  acquireTimeoutMs: 10_000,
  onConnectionLost: () => undefined,
});
const both = { read: Number(limit), write: Number(limit) };
const many = { read: 100_000, write: 100_000 };
const limiter = createRateLimiter({
  store: openRateLimitStore(db),
  table: RATE_LIMIT_TABLE,
  windowSeconds: 600,
  limits: { live: both, test: both },
  merchantLimits: { live: many, test: many },
});
const tenant = { merchantId: `mer_of_${apiKeyId}`, mode: "live" };
const subject = { tenant, apiKeyId, budget: "write" } as RateSubject;
const taken = await Promise.all(Array.from({ length: Number(requests) }, () => limiter.take(subject)));
process.send?.({ passed: taken.filter(({ isWithin }) => isWithin).length });
await db.close();
process.disconnect();
