// Refunds through a CAMARA carrier.
// Source: camaraproject/CarrierBillingCheckOut, release r3.2, carrier-billing-refund 0.3.

import { isCurrencyCode } from "#lib/domain/currency.ts";
import { unreachable } from "#lib/domain/errors.ts";
import { fromDecimal, type Money, toDecimal } from "#lib/domain/money.ts";
import type { JsonValue } from "#lib/domain/ports/json.ts";
import type { OpenRailAccount, RailRefund, RefundOutcome, RefundTerms } from "#lib/domain/ports/rail.ts";
import type { RefundFailureCode } from "#lib/domain/refund.ts";
import { camaraPaymentListSchema } from "#lib/wire/camara.ts";
import {
  type CamaraRefund,
  type CamaraRefundTerms,
  camaraRefundSchema,
  refundTermsSchema,
  renderCreateRefund,
} from "#lib/wire/camara-refund.ts";
import type { CarrierAnswer, CarrierClient } from "./client.ts";

const PAGE_SIZE = 100;
/** A payment of this many refunds is nobody's. */
const PAGES_MAX = 20;

/** The definition's refusals of a refund, in our words. Anything else refused the request. */
const FAILURES: ReadonlyMap<string, RefundFailureCode> = new Map([
  ["CARRIER_BILLING_REFUND.REFUND_DENIED", "declined_by_rail"],
  ["CARRIER_BILLING_REFUND.PAYMENT_NOT_ELIGIBLE_FOR_REFUND", "refund_window_over"],
  ["CARRIER_BILLING_REFUND.INVALID_PAYMENT_STATUS", "already_refunded"],
  ["CARRIER_BILLING_REFUND.UNAUTHORIZED_AMOUNT", "already_refunded"],
]);

export function prepareCarrierRefund(terms: RefundTerms): JsonValue {
  return {
    partial: terms.isTotal
      ? null
      : {
          amount: toDecimal(terms.amount),
          currency: terms.amount.currency,
          description: terms.reason ?? `Refund by ${terms.merchantName}`,
        },
    reason: terms.reason,
    merchantIdentifier: terms.merchantId,
    referenceCode: terms.refundId,
  } satisfies CamaraRefundTerms;
}

/** Asks the carrier to send money back. Where the answer is lost its list is asked, never the request repeated. */
export async function createCarrierRefund(
  call: CarrierClient,
  account: OpenRailAccount,
  refund: RailRefund,
): Promise<RefundOutcome> {
  const answer = await call(account, {
    api: "refund",
    method: "POST",
    path: refundsPath(refund),
    correlator: refund.refundId,
    body: renderCreateRefund(refundTermsSchema.parse(refund.railRequest), {
      clientCorrelator: refund.railKey,
      sink: refund.notificationUrl,
      sinkToken: refund.notificationToken,
      sinkTokenExpiresAt: refund.notificationTokenExpiresAt,
    }),
  });
  switch (answer.kind) {
    case "ok":
      return readAnswer(answer.body, refund);
    case "unreachable":
      return { kind: "not_taken", reason: "unreachable" };
    case "unclear":
      return { kind: "unknown", reason: answer.reason };
    case "refused":
      return await readRefusal(call, account, refund, answer);
    default:
      return unreachable(answer);
  }
}

export async function queryCarrierRefund(
  call: CarrierClient,
  account: OpenRailAccount,
  refund: RailRefund,
): Promise<RefundOutcome> {
  if (refund.railReference === null) return await findRefund(call, account, refund);
  const answer = await call(account, {
    api: "refund",
    method: "GET",
    path: `${refundsPath(refund)}/${encodeURIComponent(refund.railReference)}`,
    correlator: refund.refundId,
  });
  if (answer.kind === "ok") return readAnswer(answer.body, refund);
  return { kind: "unknown", reason: answer.kind === "refused" ? answer.code : answer.kind };
}

async function readRefusal(
  call: CarrierClient,
  account: OpenRailAccount,
  refund: RailRefund,
  { status, code }: Extract<CarrierAnswer, { kind: "refused" }>,
): Promise<RefundOutcome> {
  if (status === 401 || status === 429) return { kind: "not_taken", reason: code };
  // What is refused may be a repeat: the request before it, whose answer was lost, may have gone through, and is
  // then itself the reason why nothing is left to refund.
  const found = await findRefund(call, account, refund);
  if (found.kind !== "not_taken") return found;
  if (status === 409) return { kind: "unknown", reason: code };
  const known = FAILURES.get(code);
  return { kind: "failed", railReference: null, code: known ?? "rail_refused_request", railCode: code };
}

/** Seeks by our correlator among the refunds of the payment. */
async function findRefund(
  call: CarrierClient,
  account: OpenRailAccount,
  refund: RailRefund,
): Promise<RefundOutcome> {
  const seen = new Set<string>();
  let isAllReadable = true;
  for (let page = 1; page <= PAGES_MAX; page += 1) {
    const answer = await call(account, {
      api: "refund",
      method: "GET",
      path: `${refundsPath(refund)}?${new URLSearchParams({ page: String(page), perPage: String(PAGE_SIZE) })}`,
      correlator: refund.refundId,
    });
    if (answer.kind === "refused" && answer.status === 404 && page === 1) {
      return { kind: "not_taken", reason: "The carrier has no such payment." };
    }
    const isPastLast = answer.kind === "refused" && answer.status === 400 && page > 1;
    if (answer.kind !== "ok" && !isPastLast) return { kind: "unknown", reason: `look-up: ${answer.kind}` };
    const rows =
      answer.kind === "ok"
        ? camaraPaymentListSchema.safeParse(answer.body)
        : { success: true as const, data: [] };
    if (!rows.success) return { kind: "unknown", reason: "look-up: unreadable" };
    const before = seen.size;
    for (const row of rows.data) {
      const parsed = camaraRefundSchema.safeParse(row);
      seen.add(parsed.success ? parsed.data.refundId : JSON.stringify(row));
      if (!parsed.success) isAllReadable = false;
      else if (parsed.data.amountTransaction.clientCorrelator === refund.railKey)
        return toOutcome(parsed.data, refund);
    }
    if (seen.size === before) {
      // A record that cannot be read may be ours.
      return isAllReadable
        ? { kind: "not_taken", reason: "The carrier lists no such refund." }
        : { kind: "unknown", reason: "look-up: unreadable" };
    }
  }
  return { kind: "unknown", reason: "look-up: too many refunds" };
}

function refundsPath({ payment }: RailRefund): string {
  return `/payments/${encodeURIComponent(payment.railReference)}/refunds`;
}

function readAnswer(body: unknown, refund: RailRefund): RefundOutcome {
  const parsed = camaraRefundSchema.safeParse(body);
  if (!parsed.success) return { kind: "unknown", reason: "unreadable answer" };
  const { referenceCode } = parsed.data.amountTransaction;
  if (referenceCode !== refund.refundId) {
    return { kind: "contradiction", reason: `The carrier's record is about ${referenceCode}.` };
  }
  return toOutcome(parsed.data, refund);
}

function toOutcome(record: CamaraRefund, refund: RailRefund): RefundOutcome {
  const railReference = record.refundId;
  switch (record.refundStatus) {
    case "processing":
      return { kind: "pending", railReference };
    case "denied":
      return { kind: "failed", railReference, code: "declined_by_rail", railCode: "denied" };
    case "succeeded": {
      const amount = amountOf(record, refund);
      return amount === null
        ? { kind: "contradiction", reason: "The carrier's amount cannot be read." }
        : { kind: "succeeded", railReference, amount };
    }
    default:
      return unreachable(record.refundStatus);
  }
}

/** A total refund names no amount: it is the whole of what was charged. */
function amountOf(record: CamaraRefund, refund: RailRefund): Money | null {
  const charging = record.amountTransaction.refundAmount.chargingInformation;
  if (charging === undefined) return record.type === "total" ? refund.amount : null;
  if (!isCurrencyCode(charging.currency)) return null;
  try {
    return fromDecimal(String(charging.amount), charging.currency);
  } catch {
    return null;
  }
}
