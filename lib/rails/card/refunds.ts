// Stripe's refunds. https://docs.stripe.com/api/refunds

import Stripe from "stripe";
import { parseId } from "#lib/domain/ids.ts";
import type { JsonValue } from "#lib/domain/ports/json.ts";
import type {
  OpenRailAccount,
  RailRefund,
  RailRefundRecord,
  RecordAnswer,
  RefundOutcome,
  RefundTerms,
} from "#lib/domain/ports/rail.ts";
import type { RefundFailureCode } from "#lib/domain/refund.ts";
import { neverArrived } from "../network.ts";
import { fromStripeAmount, toStripeAmount } from "./amounts.ts";

/** Stripe forgets idempotency keys after 24 hours: in doubt for longer, its list is asked. */
const KEY_LIFE_MS = 24 * 3600 * 1000 - 600_000;
const PAGE_SIZE = 100;

const FAILURES: ReadonlyMap<string, RefundFailureCode> = new Map([
  ["lost_or_stolen_card", "destination_closed"],
  ["expired_or_canceled_card", "destination_closed"],
  ["insufficient_funds", "insufficient_balance"],
  ["balance_insufficient", "insufficient_balance"],
  ["charge_already_refunded", "already_refunded"],
  ["charge_expired_for_capture", "refund_window_over"],
  ["charge_not_refundable", "refund_window_over"],
]);

/** The session was never paid by Stripe's own record, whatever we hold. */
const NOTHING_PAID: RefundOutcome = {
  kind: "failed",
  railReference: null,
  code: "rail_refused_request",
  railCode: "no_payment_intent",
};

type StoredRefund = Pick<Stripe.RefundCreateParams, "amount" | "reason" | "metadata">;
type ClientFor = (account: OpenRailAccount) => Stripe;

export function prepareCardRefund(terms: RefundTerms): JsonValue {
  const stored = {
    amount: toStripeAmount(terms.amount),
    reason: "requested_by_customer",
    metadata: { refund_id: terms.refundId, payment_id: terms.paymentId, merchant_id: terms.merchantId },
  } satisfies StoredRefund;
  return stored;
}

/** Asks for the refund; the same key gives the same refund for a day. */
export async function createCardRefund(
  clientFor: ClientFor,
  account: OpenRailAccount,
  refund: RailRefund,
): Promise<RefundOutcome> {
  const client = clientFor(account);
  try {
    const intent = await intentOf(client, refund);
    if (intent === null) return NOTHING_PAID;
    const made = await client.refunds.create(
      { ...(refund.railRequest as unknown as StoredRefund), payment_intent: intent },
      { idempotencyKey: refund.railKey },
    );
    return readRefund(made, refund);
  } catch (error) {
    return toRefundOutcome(error);
  }
}

/**
 * Asks what became of a refund. One whose answer was lost is sought by what we wrote on it; only where Stripe lists
 * none is the request repeated. Its key stays the same, since Stripe would make two refunds of two keys: after an
 * error of Stripe's own, which it repeats for a day, a refund that was not made waits for that day to end.
 */
export async function queryCardRefund(
  clientFor: ClientFor,
  account: OpenRailAccount,
  refund: RailRefund,
): Promise<RefundOutcome> {
  const client = clientFor(account);
  try {
    if (refund.railReference !== null) {
      return readRefund(await client.refunds.retrieve(refund.railReference), refund);
    }
    const intent = await intentOf(client, refund);
    if (intent === null) return NOTHING_PAID;
    const page = { payment_intent: intent, limit: PAGE_SIZE };
    for await (const listed of client.refunds.list(page)) {
      if (listed.metadata?.refund_id === refund.refundId) return readRefund(listed, refund);
    }
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeError)) throw error;
    return { kind: "unknown", reason: error.code ?? error.type };
  }
  const isKeyAlive = refund.now.getTime() - refund.submittedAt.getTime() < KEY_LIFE_MS;
  if (isKeyAlive && refund.canRepeat) return await repeat(clientFor, account, refund);
  return { kind: "not_taken", reason: "Stripe lists no such refund." };
}

/** The same key gives the first answer again, whatever has become of the refund since: its record is read too. */
async function repeat(
  clientFor: ClientFor,
  account: OpenRailAccount,
  refund: RailRefund,
): Promise<RefundOutcome> {
  const first = await createCardRefund(clientFor, account, refund);
  // That the repeat did not arrive says nothing of the request before it.
  if (first.kind === "not_taken") return { kind: "unknown", reason: first.reason };
  const railReference = "railReference" in first ? first.railReference : null;
  if (railReference === null) return first;
  const current = await queryCardRefund(clientFor, account, { ...refund, railReference });
  return current.kind === "unknown" ? { kind: "pending", railReference } : current;
}

/** A refund that a notification names; it may have been made in Stripe's dashboard. */
export async function readCardRefund(
  clientFor: ClientFor,
  account: OpenRailAccount,
  railReference: string,
): Promise<RecordAnswer<RailRefundRecord>> {
  try {
    const refund = await clientFor(account).refunds.retrieve(railReference);
    const amount = fromStripeAmount(refund.amount, refund.currency);
    const { payment_intent: intent } = refund;
    const settlementReference = typeof intent === "string" ? intent : (intent?.id ?? null);
    if (amount === null) {
      const reason = `Refund ${refund.id} has no amount we can read: ${refund.amount} ${refund.currency}.`;
      return { kind: "contradiction", reason, settlementReference };
    }
    return {
      kind: "found",
      record: {
        railReference: refund.id,
        refundId: parseId("refund", refund.metadata?.refund_id ?? ""),
        settlementReference,
        outcome: outcomeOf(refund),
        amount,
      },
    };
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeError)) throw error;
    if (error.statusCode === 404) return { kind: "not_found" };
    return { kind: "unknown", reason: error.code ?? error.type };
  }
}

/** Our payment is named by its PaymentIntent, or by the session that made it. */
async function intentOf(client: Stripe, { payment }: RailRefund): Promise<string | null> {
  if (payment.settlementReference !== null) return payment.settlementReference;
  const { payment_intent: intent } = await client.checkout.sessions.retrieve(payment.railReference);
  return typeof intent === "string" ? intent : (intent?.id ?? null);
}

function readRefund(refund: Stripe.Refund, ours: RailRefund): RefundOutcome {
  if (refund.metadata?.refund_id !== ours.refundId && ours.railReference === null) {
    return { kind: "contradiction", reason: `Refund ${refund.id} is another one.` };
  }
  return outcomeOf(refund);
}

function outcomeOf(refund: Stripe.Refund): RefundOutcome {
  const railReference = refund.id;
  switch (refund.status) {
    case "succeeded": {
      const amount = fromStripeAmount(refund.amount, refund.currency);
      return amount === null
        ? { kind: "contradiction", reason: `Refund ${refund.id} has no amount we can read.` }
        : { kind: "succeeded", railReference, amount };
    }
    case "pending":
    case "requires_action":
      return { kind: "pending", railReference };
    case "failed":
    case "canceled": {
      const railCode = refund.failure_reason ?? refund.status;
      return { kind: "failed", railReference, code: FAILURES.get(railCode) ?? "declined_by_rail", railCode };
    }
    default:
      return { kind: "unknown", reason: `Refund status ${refund.status ?? "missing"}.` };
  }
}

/** What an error on asking for a refund means. A timeout or a 5xx says nothing about whether it was made. */
function toRefundOutcome(error: unknown): RefundOutcome {
  if (!(error instanceof Stripe.errors.StripeError)) throw error;
  const railCode = error.code ?? error.type;
  if (error instanceof Stripe.errors.StripeConnectionError) {
    return neverArrived(error)
      ? { kind: "not_taken", reason: railCode }
      : { kind: "unknown", reason: railCode };
  }
  if (error.code === "idempotency_key_in_use" || error instanceof Stripe.errors.StripeIdempotencyError) {
    return { kind: "unknown", reason: railCode };
  }
  switch (error.statusCode) {
    case 400:
    case 402:
    case 404:
      return {
        kind: "failed",
        railReference: null,
        code: FAILURES.get(railCode) ?? "rail_refused_request",
        railCode,
      };
    case 401:
    case 403:
    case 429:
      return { kind: "not_taken", reason: railCode };
    default:
      return { kind: "unknown", reason: railCode };
  }
}
