// Seeking a request of ours whose answer was lost among the carrier's payments of that time. Nothing is sent
// again, and "not found" is said only after every page has been read.

import type { OpenRailAccount, RailAttempt } from "#lib/domain/ports/rail.ts";
import { type CamaraPayment, camaraPaymentListSchema, camaraPaymentSchema } from "#lib/wire/camara.ts";
import type { CarrierAnswer, CarrierClient } from "./client.ts";

export type Found =
  | { readonly kind: "found"; readonly payment: CamaraPayment }
  | { readonly kind: "not_found" }
  | { readonly kind: "unknown"; readonly reason: string };

/** Around the time of the request, before and after: first where it must be if the clocks agree. */
const WINDOWS_MS = [
  [60_000, 120_000],
  [5 * 60_000, 15 * 60_000],
] as const;
const PAGE_SIZE = 100;
/** For all pages together, so that a job keeps within its lease. */
const DEADLINE_MS = 8_000;
const LAST_CALL_MS = 1_000;

/** Seeks by our correlator. */
export async function findByCorrelator(
  call: CarrierClient,
  account: OpenRailAccount,
  attempt: RailAttempt,
): Promise<Found> {
  const deadline = performance.now() + DEADLINE_MS;
  let found: Found = { kind: "not_found" };
  for (const [beforeMs, afterMs] of WINDOWS_MS) {
    const around = attempt.submittedAt.getTime();
    const range = {
      "paymentCreationDate.gte": new Date(around - beforeMs).toISOString(),
      "paymentCreationDate.lte": new Date(around + afterMs).toISOString(),
    };
    found = await searchRange(call, account, attempt, range, deadline);
    if (found.kind !== "not_found") return found;
  }
  return found;
}

async function searchRange(
  call: CarrierClient,
  account: OpenRailAccount,
  attempt: RailAttempt,
  range: Readonly<Record<string, string>>,
  deadline: number,
): Promise<Found> {
  const seen = new Set<string>();
  let rowCount = 0;
  let isAllReadable = true;
  const end = (): Found =>
    // A record that cannot be read may be ours.
    isAllReadable ? { kind: "not_found" } : { kind: "unknown", reason: "look-up: unreadable" };
  for (let page = 1; performance.now() < deadline; page += 1) {
    const query = new URLSearchParams({
      ...range,
      order: "asc",
      page: String(page),
      perPage: String(PAGE_SIZE),
    });
    const answer = await call(account, {
      method: "GET",
      path: `/payments?${query}`,
      correlator: attempt.paymentId,
      timeoutMs: Math.max(LAST_CALL_MS, Math.ceil(deadline - performance.now())),
    });
    // Some carriers refuse a page behind the last one instead of leaving it empty.
    if (answer.kind === "refused" && answer.status === 400 && page > 1) return end();
    if (answer.kind !== "ok") return { kind: "unknown", reason: `look-up: ${answer.kind}` };
    const rows = camaraPaymentListSchema.safeParse(answer.body);
    if (!rows.success) return { kind: "unknown", reason: "look-up: unreadable" };
    const before = seen.size;
    for (const row of rows.data) {
      const parsed = camaraPaymentSchema.safeParse(row);
      seen.add(parsed.success ? parsed.data.paymentId : JSON.stringify(row));
      if (!parsed.success) isAllReadable = false;
      else if (parsed.data.amountTransaction.clientCorrelator === attempt.railKey) {
        return { kind: "found", payment: parsed.data };
      }
    }
    rowCount += rows.data.length;
    // A page with nothing new: the carrier has no more, or knows no pages.
    if (seen.size === before || isAllSeen(answer, rowCount)) return end();
  }
  return { kind: "unknown", reason: "look-up: too many payments" };
}

/** By the carrier's own count. A short page ends nothing: a carrier may give fewer rows than it was asked for. */
function isAllSeen(answer: Extract<CarrierAnswer, { kind: "ok" }>, rowCount: number): boolean {
  const total = answer.headers.get("x-total-count") ?? "";
  return /^\d{1,9}$/.test(total) && rowCount >= Number(total);
}
