// A method is chosen: commit the intent, ask the rail, commit what it said.

import { setTimeout as sleep } from "node:timers/promises";
import { violatedUnique } from "#db/errors.ts";
import { findConsentCode } from "#db/queries/consent-codes.ts";
import { lockInvoice } from "#db/queries/invoices.ts";
import { loadProfile, type MerchantProfile } from "#db/queries/merchants.ts";
import { findOpenPayment, findPayment, insertPayment, listPaymentsOfInvoice } from "#db/queries/payments.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { InvoiceId } from "#lib/domain/ids.ts";
import { isPastExpiry } from "#lib/domain/invoice.ts";
import { isSameMoney, type Money } from "#lib/domain/money.ts";
import { isOpenPayment, type PaymentMethod } from "#lib/domain/payment.ts";
import type { Invoice, Payment } from "#lib/domain/records.ts";
import { newId, type ServiceContext, type TxContext, transact } from "../context.ts";
import { recordEvent } from "../events/record.ts";
import { railTime } from "../rail-time.ts";
import { queueCodeSms } from "../sms/queue-code.ts";
import { advancePayment } from "./advance.ts";
import { capabilityMissing } from "./capability.ts";
import { closeOpenAttempt } from "./close.ts";
import { findMethod, offerMethods } from "./methods.ts";
import { planFirstPoll } from "./poll.ts";
import { openPhone } from "./rail-call.ts";
import { settlePayment } from "./settle.ts";
import { submitPayment } from "./submit.ts";

export interface StartPaymentInput {
  readonly invoiceId: InvoiceId;
  readonly method: PaymentMethod;
  /** False: only reserve. Left out, an open attempt is gone on with as it is, and a new one does as the last. */
  readonly shouldCapture?: boolean;
  /** What the payer was shown: nothing is started where the invoice asks for something else by now. */
  readonly shown?: Money;
  /** Runs in the transaction that commits the intent, for an idempotency key that must be stored with it. */
  readonly withIntent?: (ctx: TxContext, payment: Payment) => Promise<void>;
}

/** An attempt that was given up is asked about until it is known; nobody can tell how long that takes. */
const EARLIER_ATTEMPT_RETRY_SECONDS = 30;

/** Rounds of closing another attempt and trying again; two payers who keep switching stop here. */
const ROUNDS_MAX = 3;

/**
 * Starts to pay an open invoice by one method. An open attempt by the same method is continued, never doubled;
 * one by another method is closed, or superseded where its rail cannot close it. The payment returned is in
 * whatever state the rail's answer led to; where the answer is missing it is `pending` and unknown.
 *
 * @throws invoice_not_found
 * @throws invoice_state_conflict  paid, cancelled, expired, or being paid just now
 * @throws method_unavailable      not among the invoice's methods, or its amount or currency does not fit
 * @throws version_conflict        it asks for something else than was shown
 * @throws capability_missing      an amount is to be reserved that its rail or account takes at once
 * @throws sms_cap_reached         no more codes can be sent to this phone today
 * @throws attempt_in_progress     other calls keep changing the attempt, or one with another `shouldCapture` is open
 */
export async function startPayment(ctx: ServiceContext, input: StartPaymentInput): Promise<Payment> {
  let isAsked = false;
  for (let round = 1; round <= ROUNDS_MAX; round += 1) {
    const intent = await commitIntent(ctx, input, isAsked);
    if (intent.kind === "page_over") {
      await settlePayment(ctx, { paymentId: intent.payment.id, isForced: true });
      isAsked = true;
      continue;
    }
    if (intent.kind !== "other_open") return await carryOut(ctx, intent);
    const closed = await closeOpenAttempt(ctx, input.invoiceId);
    if (closed?.state === "succeeded") {
      throw new ServiceError("invoice_state_conflict", "The invoice is paid.");
    }
  }
  throw new ServiceError("attempt_in_progress", "Another attempt is under way.", { retryAfterSeconds: 2 });
}

export type CommittedIntent = {
  readonly kind: "created" | "needs_code" | "same";
  readonly payment: Payment;
};
export type Intent =
  | CommittedIntent
  | { readonly kind: "other_open" }
  /** Its hosted page should be closed by now: the rail is asked before the payer is sent there. */
  | { readonly kind: "page_over"; readonly payment: Payment };

/** What follows a committed intent, outside any transaction. */
export async function carryOut(ctx: ServiceContext, { kind, payment }: CommittedIntent): Promise<Payment> {
  if (kind === "created") return await submitPayment(ctx, payment.id);
  return kind === "same" ? await joinAttempt(ctx, payment) : payment;
}

/**
 * Commits an attempt by the chosen method, in the caller's transaction or one of its own; no rail is asked.
 * `isAsked`: the rail has just been asked about an open one.
 */
export async function commitIntent(
  ctx: ServiceContext,
  input: StartPaymentInput,
  isAsked = false,
): Promise<Intent> {
  try {
    return await transact(ctx, async (inTx) => {
      const { tx, tenant } = inTx;
      const invoice = await lockInvoice(tx, tenant, input.invoiceId);
      if (invoice === null) throw new ServiceError("invoice_not_found", "There is no such invoice.");
      if (invoice.state !== "open" || isPastExpiry(invoice.expiresAt, tx.now)) {
        const state = invoice.state === "open" ? "expired" : invoice.state;
        throw new ServiceError("invoice_state_conflict", `The invoice is ${state}.`);
      }
      if (input.shown !== undefined && !isSameMoney(input.shown, invoice.amountDue)) {
        throw new ServiceError("version_conflict", "The amount has changed since it was shown.");
      }
      if (input.shouldCapture === false) await requireReserving(inTx, invoice, input.method);
      const open = await findOpenPayment(tx, tenant, invoice.id);
      if (open === null || (await isStaleConsent(inTx, invoice, open))) {
        return await createAttempt(inTx, invoice, input);
      }
      if (open.method !== input.method) return { kind: "other_open" };
      requireSameCapture(open, input);
      const redirectExpiresAt = open.state === "pending" ? open.redirectExpiresAt : null;
      if (!isAsked && redirectExpiresAt !== null && redirectExpiresAt <= tx.now) {
        return { kind: "page_over", payment: open };
      }
      await input.withIntent?.(inTx, open);
      return { kind: "same", payment: open };
    });
  } catch (error) {
    // Another call made the open attempt between our look and our insert.
    if (violatedUnique(error) === "payments_one_open") return { kind: "other_open" };
    throw error;
  }
}

/** An attempt whose code ran out unanswered makes room: no rail was ever asked about it. */
async function isStaleConsent(ctx: TxContext, invoice: Invoice, open: Payment): Promise<boolean> {
  if (open.state !== "created") return false;
  const code = await findConsentCode(ctx.tx, ctx.tenant, open.id);
  if (code === null || code.expiresAt > ctx.tx.now) return false;
  await advancePayment(ctx, { invoice, payment: open, event: "expired" });
  return true;
}

/** What cannot be reserved is refused before anything is closed for it. */
async function requireReserving(ctx: TxContext, invoice: Invoice, method: PaymentMethod): Promise<void> {
  const usable = findMethod(ctx, await loadProfile(ctx.tx, ctx.tenant), method);
  if (usable === null) return;
  const { twoSteps } = usable.rail.capabilities(usable.account, openPhone(ctx, invoice));
  if (!twoSteps) throw capabilityMissing();
}

/** An attempt that takes the money is not gone on with by one who wants it reserved only, nor the other way. */
function requireSameCapture(open: Payment, { shouldCapture }: StartPaymentInput): void {
  if (shouldCapture === undefined || shouldCapture === open.shouldCapture) return;
  throw new ServiceError(
    "attempt_in_progress",
    `An attempt with capture: ${open.shouldCapture} is under way; cancel it first.`,
    { pointer: "/capture" },
  );
}

/** How often an invoice may have the carrier send a code a day: with five tries each, twenty guesses in all. */
const CARRIER_CODES_PER_DAY = 4;
const DAY_MS = 86_400_000;

/** New attempts must not be a way to more guesses, nor to more texts on somebody's phone. */
function requireCodesLeft({ tx }: TxContext, attempts: readonly Payment[]): void {
  const asked = attempts.filter(
    ({ validation, createdAt }) =>
      validation?.by === "code" && createdAt.getTime() > tx.now.getTime() - DAY_MS,
  );
  if (asked.length < CARRIER_CODES_PER_DAY) return;
  throw new ServiceError("sms_cap_reached", "The carrier has sent this phone its codes of the day.", {
    retryAfterSeconds: 3600,
  });
}

/**
 * A payer who tries again wants what the merchant asked for: the last attempt that had the choice shows it. One by
 * a rail with one step had none.
 */
function inheritedCapture(
  ctx: TxContext,
  profile: MerchantProfile,
  invoice: Invoice,
  earlier: readonly Payment[],
): boolean {
  const phone = openPhone(ctx, invoice);
  const chosen = earlier.findLast(({ method }) => {
    const usable = findMethod(ctx, profile, method);
    return usable?.rail.capabilities(usable.account, phone).twoSteps === true;
  });
  return chosen?.shouldCapture ?? true;
}

async function createAttempt(ctx: TxContext, invoice: Invoice, input: StartPaymentInput): Promise<Intent> {
  const { tx, tenant } = ctx;
  const profile = await loadProfile(tx, tenant);
  const isListed = invoice.methods.includes(input.method);
  const [offer] = offerMethods(ctx, profile, [input.method], invoice.amountDue);
  const usable = findMethod(ctx, profile, input.method);
  if (!isListed || usable === null || offer === undefined || offer.obstacle !== null) {
    const why = offer?.obstacle ?? "not_listed";
    throw new ServiceError("method_unavailable", `This invoice cannot be paid by ${input.method} (${why}).`, {
      pointer: "/method",
    });
  }
  const earlier = await listPaymentsOfInvoice(tx, tenant, invoice.id);
  const ofMethod = earlier.filter((attempt) => attempt.method === input.method);
  // A given-up attempt that its rail may still carry out: a second one by the same rail could charge twice.
  if (ofMethod.some((attempt) => isOpenPayment(attempt.state))) {
    throw new ServiceError(
      "attempt_in_progress",
      `An earlier attempt by ${input.method} may still go through.`,
      { retryAfterSeconds: EARLIER_ATTEMPT_RETRY_SECONDS },
    );
  }
  requireCodesLeft(ctx, ofMethod);
  const { asksPayer, twoSteps } = usable.rail.capabilities(usable.account, openPhone(ctx, invoice));
  const wanted = input.shouldCapture ?? inheritedCapture(ctx, profile, invoice, earlier);
  const shouldCapture = wanted || !twoSteps;
  const id = newId(ctx, "payment");
  const toRailTime = await railTime(ctx);
  const created = await insertPayment(tx, tenant, {
    id,
    invoiceId: invoice.id,
    method: input.method,
    railAccountId: usable.account.id,
    amount: invoice.amountDue,
    shouldCapture,
    railKey: `${id}:begin`,
    railRequest: usable.rail.prepare({
      paymentId: id,
      merchantId: tenant.merchantId,
      amount: invoice.amountDue,
      description: invoice.description,
      merchantName: profile.merchant.name,
      merchantReference: invoice.merchantReference,
      purchaseCategory: invoice.purchaseCategory,
      locale: invoice.locale,
      shouldCapture,
      hasTwoSteps: twoSteps,
      expiresAt: toRailTime(invoice.expiresAt),
      now: toRailTime(tx.now),
    }),
  });
  await recordEvent(ctx, { type: "payment.started", invoice, payment: created });
  await input.withIntent?.(ctx, created);
  if (!asksPayer) {
    await queueCodeSms(ctx, invoice, created);
    return { kind: "needs_code", payment: created };
  }
  return { kind: "created", payment: await commitSubmission(ctx, invoice, created) };
}

/** Commits that the rail is about to be asked, and that it will be asked about. */
export async function commitSubmission(ctx: TxContext, invoice: Invoice, payment: Payment): Promise<Payment> {
  const submitted = await advancePayment(ctx, {
    invoice,
    payment,
    event: "submitted",
    facts: { submittedAt: ctx.tx.now },
  });
  await planFirstPoll(ctx, payment.id);
  return submitted;
}

const JOIN_TRIES = 40;
const JOIN_PAUSE_MS = 100;

/**
 * A second tap, or a second device: waits briefly for the answer that the first call is getting, so that both
 * browsers are led to the same place.
 */
async function joinAttempt(ctx: ServiceContext, first: Payment): Promise<Payment> {
  let payment = first;
  for (let attempt = 0; attempt < JOIN_TRIES && isBeingAsked(payment); attempt += 1) {
    await sleep(JOIN_PAUSE_MS);
    payment = (await transact(ctx, ({ tx, tenant }) => findPayment(tx, tenant, first.id))) ?? payment;
  }
  return payment;
}

function isBeingAsked(payment: Payment): boolean {
  const isAnswered = payment.railReference !== null || payment.unknownSince !== null;
  return isOpenPayment(payment.state) && payment.state !== "created" && !isAnswered;
}
