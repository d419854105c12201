// What a rail said becomes facts and steps. Every way of hearing from a rail ends here: the answer to a
// request, a notification, a poll, the payer's return.

import { lockInvoice } from "#db/queries/invoices.ts";
import { findPayment, lockPayment, type PaymentFacts, updatePaymentFacts } from "#db/queries/payments.ts";
import { ServiceError, unreachable } from "#lib/domain/errors.ts";
import type { PaymentId } from "#lib/domain/ids.ts";
import { isSameMoney } from "#lib/domain/money.ts";
import { type DeclineCode, isOpenPayment, type PaymentEvent } from "#lib/domain/payment.ts";
import type { RailOutcome } from "#lib/domain/ports/rail.ts";
import type { Payment, PaymentValidation } from "#lib/domain/records.ts";
import { POLL_LIVE_SECONDS } from "#lib/domain/schedule.ts";
import { type ServiceContext, type TxContext, transact } from "../context.ts";
import { recordEvent } from "../events/record.ts";
import { inTenantTime } from "../rail-time.ts";
import { CODE_LIFE_SECONDS } from "../sms/queue-code.ts";
import { advancePayment } from "./advance.ts";
import { bookLateCost } from "./book-cost.ts";
import { giveToReview } from "./give-to-review.ts";
import { isUseless, type PaymentOfInvoice, releaseLater, requestCancel, requestCapture } from "./wish.ts";

/**
 * Applies one outcome in one transaction; the same outcome again changes nothing. A known outcome is never
 * replaced by an unknown or an older one; a record that contradicts ours settles nothing and waits for a person.
 *
 * @throws payment_not_found
 */
export async function applyOutcome(ctx: ServiceContext, id: PaymentId, said: RailOutcome): Promise<Payment> {
  return (await applyToLocked(ctx, id, said)).after;
}

/** The same, with the attempt as it was when it was locked: of several who hear the same, one has changed it. */
export async function applyToLocked(
  ctx: ServiceContext,
  id: PaymentId,
  said: RailOutcome,
): Promise<{ readonly before: Payment; readonly after: Payment }> {
  return await transact(ctx, async (inTx) => {
    const outcome = inTenantTime(inTx.tx, said);
    const locked = await lockBoth(inTx, id);
    return { before: locked.payment, after: await applyTo(inTx, locked, outcome) };
  });
}

async function applyTo(inTx: TxContext, locked: PaymentOfInvoice, outcome: RailOutcome): Promise<Payment> {
  const { payment } = locked;
  const foreign = foreignReference(payment, outcome);
  if (foreign !== null) return await giveToReview(inTx, locked, `The rail names another record: ${foreign}.`);
  switch (outcome.kind) {
    case "redirect":
      return await note(inTx, locked, {
        railReference: outcome.railReference,
        redirectUrl: outcome.url,
        redirectExpiresAt: outcome.expiresAt,
        unknownSince: null,
      });
    case "pending":
      return await proceed(inTx, locked, { railReference: outcome.railReference, unknownSince: null });
    case "processing":
      return await proceed(inTx, locked, {
        railReference: outcome.railReference,
        isProcessing: true,
        unknownSince: null,
      });
    case "validation":
      return await awaitValidation(inTx, locked, outcome);
    case "authorized":
      return await authorize(inTx, locked, outcome);
    case "succeeded":
      return await succeed(inTx, locked, outcome);
    case "declined":
      return await end(inTx, locked, "failed", {
        ...(outcome.railReference === null ? {} : { railReference: outcome.railReference }),
        declineCode: isCodeRefused(payment, outcome.code) ? "code_exhausted" : outcome.code,
        declineRailCode: outcome.railCode,
      });
    case "cancelled":
      return await end(inTx, locked, "cancelled", { railReference: outcome.railReference });
    case "expired":
      return await end(inTx, locked, "expired", { railReference: outcome.railReference });
    case "contradiction":
      return await giveToReview(inTx, locked, outcome.reason);
    case "not_found":
    case "unknown":
      return await doubt(inTx, locked);
    default:
      return unreachable(outcome);
  }
}

/** True where the rail has said something of the attempt. */
export function isAnswer(outcome: RailOutcome): boolean {
  return outcome.kind !== "unknown" && outcome.kind !== "not_found";
}

/** Locks in the order that all of us take: invoice, then payment. */
export async function lockBoth(ctx: TxContext, id: PaymentId): Promise<PaymentOfInvoice> {
  const found = await findPayment(ctx.tx, ctx.tenant, id);
  if (found === null) throw new ServiceError("payment_not_found", "There is no such payment.");
  const invoice = await lockInvoice(ctx.tx, ctx.tenant, found.invoiceId);
  const payment = await lockPayment(ctx.tx, ctx.tenant, id);
  if (invoice === null || payment === null) throw new Error(`Payment ${id} has lost its invoice.`);
  return { invoice, payment };
}

function foreignReference(payment: Payment, outcome: RailOutcome): string | null {
  const named = "railReference" in outcome ? outcome.railReference : null;
  return named !== null && payment.railReference !== null && named !== payment.railReference ? named : null;
}

/** Facts of an attempt that is still open; a final one keeps what it has, and so does a reserved one. */
async function note(ctx: TxContext, { payment }: PaymentOfInvoice, facts: PaymentFacts): Promise<Payment> {
  if (!isOpenPayment(payment.state) || payment.state === "authorized") return payment;
  if (payment.unknownSince !== null) await askSooner(ctx, payment);
  return await updatePaymentFacts(ctx.tx, payment, facts);
}

/** The question that was planned in doubt may be a day away; of the two, the first plans what follows. */
async function askSooner(ctx: TxContext, { id, pollCount }: Payment): Promise<void> {
  const startAfter = new Date(ctx.tx.now.getTime() + POLL_LIVE_SECONDS * 1000);
  const job = { ...ctx.tenant, paymentId: id, pollNumber: pollCount };
  await ctx.queue.enqueue(ctx.tx, "payment.poll", job, { startAfter });
}

/** The rail is at work. After the payer's answer to the carrier that is a step of its own. */
async function proceed(ctx: TxContext, locked: PaymentOfInvoice, facts: PaymentFacts): Promise<Payment> {
  const { state, validation, validationTries } = locked.payment;
  const hasAnswered = validationTries > 0 || validation?.by === "link";
  if (state !== "pending_validation" || !hasAnswered) return await note(ctx, locked, facts);
  return await advancePayment(ctx, {
    ...locked,
    event: "code_accepted",
    facts: { ...facts, isProcessing: true },
  });
}

/** The carrier waits for the payer. How to answer it may be told only once: what is known stays known. */
async function awaitValidation(
  ctx: TxContext,
  locked: PaymentOfInvoice,
  outcome: Extract<RailOutcome, { kind: "validation" }>,
): Promise<Payment> {
  const { payment } = locked;
  if (payment.state !== "pending" && payment.state !== "pending_validation") return payment;
  const { by, url, reference, railReference } = outcome;
  const known = payment.validation;
  const isTold = url !== null || reference !== null;
  const validation: PaymentValidation =
    known !== null && !isTold
      ? known
      : { by, url, reference, expiresAt: known?.expiresAt ?? codeEnd(ctx, outcome.expiresAt).toISOString() };
  const facts = { railReference, validation, isProcessing: false, unknownSince: null };
  if (payment.state === "pending_validation") return await note(ctx, locked, facts);
  if (payment.unknownSince !== null) await askSooner(ctx, payment);
  return await advancePayment(ctx, { ...locked, event: "validation_required", facts });
}

/** Ten minutes from now, or sooner where the rail says so. */
function codeEnd({ tx }: TxContext, said: Date | null): Date {
  const longest = new Date(tx.now.getTime() + CODE_LIFE_SECONDS * 1000);
  return said !== null && said < longest ? said : longest;
}

/** A carrier that waits for its code says no in one way only, whatever the reason. */
function isCodeRefused({ state, validation }: Payment, code: DeclineCode): boolean {
  return state === "pending_validation" && validation?.by === "code" && code === "declined_by_rail";
}

/** The amount is reserved: it is taken where that was meant, and given back where nobody waits for it. */
async function authorize(
  ctx: TxContext,
  locked: PaymentOfInvoice,
  outcome: Extract<RailOutcome, { kind: "authorized" }>,
): Promise<Payment> {
  const { invoice, payment } = locked;
  // Read before the amount was taken, or known already.
  if (payment.state === "succeeded" || payment.state === "authorized") return payment;
  if (!isOpenPayment(payment.state)) {
    await releaseLater(ctx, payment.id);
    return payment.railReference === null
      ? await updatePaymentFacts(ctx.tx, payment, { railReference: outcome.railReference })
      : payment;
  }
  if (!isSameMoney(outcome.amount, payment.amount)) {
    const said = `${outcome.amount.amountMinor} ${outcome.amount.currency}`;
    return await giveToReview(ctx, locked, `The rail reserved ${said} minor units.`);
  }
  if (payment.unknownSince !== null) await askSooner(ctx, payment);
  const reserved = await advancePayment(ctx, {
    ...locked,
    event: "authorized",
    facts: {
      railReference: outcome.railReference,
      railDetails: outcome.details,
      authorizedAt: ctx.tx.now,
      authorizationExpiresAt: outcome.expiresAt,
      isProcessing: false,
      unknownSince: null,
    },
  });
  const moved = { invoice, payment: reserved };
  if (isUseless(moved)) return await requestCancel(ctx, moved);
  return payment.shouldCapture ? await requestCapture(ctx, moved) : reserved;
}

async function succeed(
  ctx: TxContext,
  locked: PaymentOfInvoice,
  outcome: Extract<RailOutcome, { kind: "succeeded" }>,
): Promise<Payment> {
  const { payment } = locked;
  if (payment.state === "succeeded") {
    if (outcome.cost !== undefined) await bookLateCost(ctx, payment, outcome.cost);
    return payment.railReference === null ? await learnNames(ctx, locked, outcome) : payment;
  }
  if (!isSameMoney(outcome.amount, payment.amount)) {
    const said = `${outcome.amount.amountMinor} ${outcome.amount.currency}`;
    return await giveToReview(ctx, locked, `The rail took ${said} minor units.`);
  }
  const event = isOpenPayment(payment.state) ? "succeeded" : "succeeded_late";
  return await advancePayment(ctx, {
    ...locked,
    event,
    facts: { railReference: outcome.railReference, railDetails: outcome.details },
    ...(outcome.cost === undefined ? {} : { costMinor: outcome.cost.amountMinor }),
  });
}

/** A person's word has settled it before the rail's; from the rail come the names that a refund needs. */
async function learnNames(
  ctx: TxContext,
  locked: PaymentOfInvoice,
  { amount, railReference, details }: Extract<RailOutcome, { kind: "succeeded" }>,
): Promise<Payment> {
  const { payment } = locked;
  if (!isSameMoney(amount, payment.amount)) {
    const said = `${amount.amountMinor} ${amount.currency}`;
    return await giveToReview(ctx, locked, `It was settled by hand, and the rail took ${said} minor units.`);
  }
  const railDetails = { ...payment.railDetails, ...details };
  return await updatePaymentFacts(ctx.tx, payment, { railReference, railDetails });
}

/** The rail says that no money moved. Said of money it has taken, that is for a person to judge. */
async function end(
  ctx: TxContext,
  locked: PaymentOfInvoice,
  event: Extract<PaymentEvent, "failed" | "cancelled" | "expired">,
  facts: PaymentFacts,
): Promise<Payment> {
  const { payment } = locked;
  if (payment.state === "succeeded") {
    return await giveToReview(ctx, locked, `The rail said it was ${event} after it had succeeded.`);
  }
  if (!isOpenPayment(payment.state)) return payment;
  const hasRunOut = event === "cancelled" && isRunOut(payment, ctx.tx.now);
  return await advancePayment(ctx, { ...locked, event: hasRunOut ? "expired" : event, facts });
}

/** A reservation that ended although we did not ask for it, when its time was over by all that we know. */
function isRunOut(payment: Payment, now: Date): boolean {
  const { state, cancelRequestedAt, authorizationExpiresAt } = payment;
  if (state !== "authorized" || cancelRequestedAt !== null) return false;
  return authorizationExpiresAt === null || authorizationExpiresAt <= now;
}

/** No answer. Only an attempt whose request was never answered becomes unknown; the others stay what they are. */
async function doubt(ctx: TxContext, { invoice, payment }: PaymentOfInvoice): Promise<Payment> {
  const isAnswered = payment.railReference !== null;
  if (!isOpenPayment(payment.state) || isAnswered || payment.unknownSince !== null) return payment;
  const noted = await updatePaymentFacts(ctx.tx, payment, { unknownSince: ctx.tx.now });
  await recordEvent(ctx, { type: "payment.unknown", invoice, payment: noted });
  return noted;
}
