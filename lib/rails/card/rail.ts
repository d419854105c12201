// Cards through Stripe Checkout: one hosted session an attempt, in payment mode.
// API version as pinned by the SDK; https://docs.stripe.com/api/checkout/sessions.

import Stripe from "stripe";
import { cutText } from "#lib/domain/cut.ts";
import type { JsonValue } from "#lib/domain/ports/json.ts";
import type {
  AttemptTerms,
  OpenRailAccount,
  Rail,
  RailAttempt,
  RailOutcome,
} from "#lib/domain/ports/rail.ts";
import { neverArrived } from "../network.ts";
import { cardBounds, toStripeAmount } from "./amounts.ts";
import { createStripeClients } from "./client.ts";
import { readCardDispute } from "./disputes.ts";
import { readOwnIntent, readSession } from "./read-session.ts";
import { createCardRefund, prepareCardRefund, queryCardRefund, readCardRefund } from "./refunds.ts";
import { verifyStripeEvent } from "./verify.ts";

/** Stripe keeps a session open for 30 minutes to 24 hours; a little inside, since its clock is not ours. */
const SESSION_LIFE_MIN_SECONDS = 31 * 60;
const SESSION_LIFE_MAX_SECONDS = 24 * 3600 - 120;
/** Stripe forgets idempotency keys after 24 hours: in doubt for longer, nothing is sent again. */
const KEY_LIFE_MS = 24 * 3600 * 1000 - 600_000;
/** UTF-16 units. */
const NAME_LENGTH_MAX = 250;
const DESCRIPTION_LENGTH_MAX = 1_000;
/** Closing takes three calls, all of them within the lease of the job that makes them. */
const CLOSING_CALL_TIMEOUT_MS = 8_000;

/** Nearest of Stripe's languages. */
const STRIPE_LOCALES: ReadonlyMap<string, Stripe.Checkout.SessionCreateParams.Locale> = new Map([
  ["en", "en"],
  ["nb", "nb"],
]);

export function createCardRail(options: { readonly timeoutMs: number }): Rail {
  const clientFor = createStripeClients(options.timeoutMs);

  async function begin(account: OpenRailAccount, attempt: RailAttempt): Promise<RailOutcome> {
    const { railRequest, railKey, payUrl } = attempt;
    // What prepare built, as it was stored. The link is a secret, so it joins only here.
    const params = {
      ...(railRequest as unknown as StoredRequest),
      success_url: `${payUrl}/return`,
      cancel_url: payUrl,
    } satisfies Stripe.Checkout.SessionCreateParams;
    try {
      const session = await clientFor(account).checkout.sessions.create(params, { idempotencyKey: railKey });
      return readSession(session, account, attempt);
    } catch (error) {
      return toOutcome(error);
    }
  }

  /**
   * Learns a session whose creation was never answered. The same key gives the same session, as it was at first:
   * its record tells what has become of it since.
   */
  async function recover(
    account: OpenRailAccount,
    attempt: RailAttempt,
    timeout: number,
  ): Promise<RailOutcome> {
    const isKeyAlive = attempt.now.getTime() - attempt.submittedAt.getTime() < KEY_LIFE_MS;
    if (!isKeyAlive) return { kind: "unknown", reason: "The key is too old to repeat." };
    const first = await begin(account, attempt);
    if (first.kind !== "redirect") return first;
    const current = await query(account, { ...attempt, railReference: first.railReference }, timeout);
    return current.kind === "unknown" || current.kind === "not_found" ? first : current;
  }

  async function query(
    account: OpenRailAccount,
    attempt: RailAttempt,
    timeout = options.timeoutMs,
  ): Promise<RailOutcome> {
    if (attempt.railReference === null) return await recover(account, attempt, timeout);
    try {
      const session = await clientFor(account).checkout.sessions.retrieve(
        attempt.railReference,
        { expand: ["payment_intent.latest_charge.balance_transaction"] },
        { timeout },
      );
      return readSession(session, account, attempt);
    } catch (error) {
      return toUnknown(error);
    }
  }

  async function cancel(account: OpenRailAccount, attempt: RailAttempt): Promise<RailOutcome> {
    const timeout = Math.min(options.timeoutMs, CLOSING_CALL_TIMEOUT_MS);
    const current = await query(account, attempt, timeout);
    if (current.kind === "expired") return { kind: "cancelled", railReference: current.railReference };
    if (current.kind === "authorized") return await release(account, attempt, current);
    if (current.kind !== "redirect") return current;
    try {
      const session = await clientFor(account).checkout.sessions.expire(
        current.railReference,
        {},
        { timeout },
      );
      const after = readSession(session, account, attempt);
      return after.kind === "expired" ? { kind: "cancelled", railReference: after.railReference } : after;
    } catch {
      // Completed in between, or no answer: what its record says now decides.
      const after = await query(account, { ...attempt, railReference: current.railReference }, timeout);
      return after.kind === "expired" ? { kind: "cancelled", railReference: after.railReference } : after;
    }
  }

  /** Gives back what is reserved; a key of its own each time, as in capture. */
  async function release(
    account: OpenRailAccount,
    attempt: RailAttempt,
    { railReference, details }: Extract<RailOutcome, { kind: "authorized" }>,
  ): Promise<RailOutcome> {
    const timeout = Math.min(options.timeoutMs, CLOSING_CALL_TIMEOUT_MS);
    try {
      const intent = await clientFor(account).paymentIntents.cancel(
        details.settlementReference ?? "",
        { expand: ["latest_charge.balance_transaction"] },
        { timeout },
      );
      return readOwnIntent(intent, account, attempt, railReference);
    } catch (error) {
      return await askAfter(error, account, { ...attempt, railReference }, timeout);
    }
  }

  /**
   * Takes what is reserved. Stripe takes a reservation once and refuses a second capture, whatever its key. A key of
   * ours that stayed the same would only bring its first answer back for a day, an error of Stripe's own included,
   * while the reservation runs out: so each call has one of its own, made by the SDK, which covers its own repeat.
   */
  async function capture(account: OpenRailAccount, attempt: RailAttempt): Promise<RailOutcome> {
    const { railReference, settlementReference } = attempt;
    if (railReference === null || settlementReference === null) return await query(account, attempt);
    try {
      const intent = await clientFor(account).paymentIntents.capture(settlementReference, {
        expand: ["latest_charge.balance_transaction"],
      });
      return readOwnIntent(intent, account, attempt, railReference);
    } catch (error) {
      return await askAfter(error, account, attempt);
    }
  }

  /** Refused, done already, or without an answer: what its record says decides. */
  async function askAfter(
    error: unknown,
    account: OpenRailAccount,
    attempt: RailAttempt,
    timeout = options.timeoutMs,
  ): Promise<RailOutcome> {
    if (!(error instanceof Stripe.errors.StripeError)) throw error;
    return await query(account, attempt, timeout);
  }

  return {
    method: "card",
    capabilities: () => ({ cancel: true, twoSteps: true, refund: "partial", asksPayer: true }),
    boundsFor: cardBounds,
    prepare,
    begin,
    query: (account, attempt) => query(account, attempt),
    cancel,
    capture,
    prepareRefund: prepareCardRefund,
    refund: (account, refund) => createCardRefund(clientFor, account, refund),
    queryRefund: (account, refund) => queryCardRefund(clientFor, account, refund),
    readRefund: (account, railReference) => readCardRefund(clientFor, account, railReference),
    readDispute: (account, railReference) => readCardDispute(clientFor, account, railReference),
    verify: async (account, message) => verifyStripeEvent(account, message),
  };
}

type StoredRequest = Omit<Stripe.Checkout.SessionCreateParams, "success_url" | "cancel_url">;

function prepare(terms: AttemptTerms): JsonValue {
  const nowSeconds = Math.floor(terms.now.getTime() / 1000);
  const untilExpiry = Math.floor(terms.expiresAt.getTime() / 1000) - nowSeconds;
  const life = Math.min(Math.max(untilExpiry, SESSION_LIFE_MIN_SECONDS), SESSION_LIFE_MAX_SECONDS);
  const metadata = { payment_id: terms.paymentId, merchant_id: terms.merchantId };
  const params = {
    mode: "payment",
    allowed_payment_method_types: ["card"],
    // The payer is charged in the currency that was billed, whatever their card is in.
    adaptive_pricing: { enabled: false },
    client_reference_id: terms.paymentId,
    locale: STRIPE_LOCALES.get(terms.locale) ?? "auto",
    expires_at: nowSeconds + life,
    metadata,
    payment_intent_data: {
      metadata,
      description: cutText(terms.description, DESCRIPTION_LENGTH_MAX),
      ...(terms.shouldCapture ? {} : { capture_method: "manual" }),
    },
    line_items: [
      {
        quantity: 1,
        price_data: {
          currency: terms.amount.currency.toLowerCase(),
          unit_amount: toStripeAmount(terms.amount),
          product_data: { name: cutText(terms.description, NAME_LENGTH_MAX) },
        },
      },
    ],
  } satisfies StoredRequest;
  return params;
}

function refused(railCode: string): RailOutcome {
  return { kind: "declined", railReference: null, code: "rail_refused_request", railCode };
}

/** What an error on creating a session means. A timeout or a 5xx says nothing about whether it was made. */
function toOutcome(error: unknown): RailOutcome {
  if (!(error instanceof Stripe.errors.StripeError)) throw error;
  const railCode = error.code ?? error.type;
  if (error instanceof Stripe.errors.StripeConnectionError) {
    return neverArrived(error) ? unavailable(railCode) : { kind: "unknown", reason: railCode };
  }
  // The key was used: by a call that is under way, or with an address of ours that has changed since.
  if (error.code === "idempotency_key_in_use" || error instanceof Stripe.errors.StripeIdempotencyError)
    return { kind: "unknown", reason: railCode };
  switch (error.statusCode) {
    case 400:
    case 402:
    case 404:
      return error.code === "amount_too_small"
        ? { kind: "declined", railReference: null, code: "amount_too_small", railCode }
        : refused(railCode);
    case 401:
    case 403:
    case 429:
      return unavailable(railCode);
    default:
      return { kind: "unknown", reason: railCode };
  }
}

function unavailable(railCode: string): RailOutcome {
  return { kind: "declined", railReference: null, code: "rail_unavailable", railCode };
}

/** An error on asking settles nothing. */
function toUnknown(error: unknown): RailOutcome {
  if (!(error instanceof Stripe.errors.StripeError)) throw error;
  if (error.statusCode === 404) return { kind: "not_found" };
  return { kind: "unknown", reason: error.code ?? error.type };
}
