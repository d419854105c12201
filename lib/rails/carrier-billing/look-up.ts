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
/** No further page is asked for after this long, so that a job keeps within its lease. */
const DEADLINE_MS = 8_000;

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
  let seen = 0;
  let isAllReadable = true;
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
    });
    if (answer.kind !== "ok") return { kind: "unknown", reason: `look-up: ${answer.kind}` };
    const rows = camaraPaymentListSchema.safeParse(answer.body);
    if (!rows.success) return { kind: "unknown", reason: "look-up: unreadable" };
    for (const row of rows.data) {
      const parsed = camaraPaymentSchema.safeParse(row);
      if (!parsed.success) isAllReadable = false;
      else if (parsed.data.amountTransaction.clientCorrelator === attempt.railKey) {
        return { kind: "found", payment: parsed.data };
      }
    }
    seen += rows.data.length;
    if (isLastPage(answer, rows.data.length, seen)) {
      // A record that cannot be read may be ours.
      return isAllReadable ? { kind: "not_found" } : { kind: "unknown", reason: "look-up: unreadable" };
    }
  }
  return { kind: "unknown", reason: "look-up: too many payments" };
}

/** A short page ends nothing: a carrier may give fewer rows than it was asked for. */
function isLastPage(answer: Extract<CarrierAnswer, { kind: "ok" }>, rows: number, seen: number): boolean {
  if (rows === 0) return true;
  const total = answer.headers.get("x-total-count") ?? "";
  return /^\d{1,9}$/.test(total) && seen >= Number(total);
}
