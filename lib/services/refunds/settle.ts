// Asks a rail to send money back, once, and asks it what became of that.

import { findInvoice } from "#db/queries/invoices.ts";
import { findRailAccount } from "#db/queries/merchants.ts";
import { findPayment } from "#db/queries/payments.ts";
import { findRefund, updateRefundFacts } from "#db/queries/refunds.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { RefundId } from "#lib/domain/ids.ts";
import type { OpenRailAccount, Rail, RailRefund, RefundOutcome } from "#lib/domain/ports/rail.ts";
import type { Refund } from "#lib/domain/records.ts";
import { type ServiceContext, transact } from "../context.ts";
import { openPhone, openRailAccount, railOf, refundToken, tokenExpiry } from "../payments/rail-call.ts";
import { READS_MAX } from "../rail-records.ts";
import { railTime } from "../rail-time.ts";
import { notificationUrl } from "../urls.ts";
import { applyRefundOutcome, lockRefundWithAll } from "./apply-outcome.ts";
import { namesOf } from "./commit.ts";

/** Longer than a request can be under way. */
const FORGET_AFTER_MS = 60_000;

export interface SettledRefund {
  readonly refund: Refund;
  /** True where the rail has just said so, or there was nothing to ask it; false where its word is still missing. */
  readonly isAnswered: boolean;
}

/**
 * Asks the rail for a refund that was never asked for, else what became of it, and applies what it said. Outside
 * any transaction. A final refund is asked about only where `isForced`: the rail has told of it again.
 *
 * @throws refund_not_found
 */
export async function settleRefund(
  ctx: ServiceContext,
  id: RefundId,
  { isForced = false }: { readonly isForced?: boolean } = {},
): Promise<SettledRefund> {
  for (let read = 1; ; read += 1) {
    const isFirst = await takeSubmission(ctx, id);
    const { rail, account, call, refund } = await prepareRefundCall(ctx, id);
    if (refund.state !== "pending" && !isForced) return { refund, isAnswered: true };
    if (read > READS_MAX) return { refund, isAnswered: false };
    const ask = isFirst ? rail.refund : rail.queryRefund;
    if (ask === undefined) throw new Error(`The rail of refund ${id} refunds nothing.`);
    const said = await ask(account, call);
    // The request may still be on its way: what is looked for too soon is not there yet.
    const ageMs = call.now.getTime() - call.submittedAt.getTime();
    const isTooSoon = said.kind === "not_taken" && !isFirst && ageMs < FORGET_AFTER_MS;
    const outcome: RefundOutcome = isTooSoon ? { kind: "unknown", reason: said.reason } : said;
    const settled = await applyRefundOutcome(ctx, id, outcome, refund.version);
    if (settled !== "overtaken") {
      return { refund: settled, isAnswered: outcome.kind !== "unknown" && outcome.kind !== "not_taken" };
    }
  }
}

/** Commits that the rail is about to be asked; false where it was asked before. */
async function takeSubmission(ctx: ServiceContext, id: RefundId): Promise<boolean> {
  return await transact(ctx, async (inTx) => {
    const { refund } = await lockRefundWithAll(inTx, id);
    if (refund.state !== "pending" || refund.submittedAt !== null) return false;
    await updateRefundFacts(inTx.tx, refund, { submittedAt: inTx.tx.now });
    return true;
  });
}

interface RefundCall {
  readonly rail: Rail;
  readonly account: OpenRailAccount;
  readonly call: RailRefund;
  readonly refund: Refund;
}

async function prepareRefundCall(ctx: ServiceContext, id: RefundId): Promise<RefundCall> {
  const loaded = await transact(ctx, async (inTx) => {
    const { tx, tenant } = inTx;
    const refund = await findRefund(tx, tenant, id);
    if (refund === null) throw new ServiceError("refund_not_found", "There is no such refund.");
    const payment = await findPayment(tx, tenant, refund.paymentId);
    const invoice = await findInvoice(tx, tenant, refund.invoiceId);
    const account = await findRailAccount(tx, tenant, refund.railAccountId);
    if (payment === null || invoice === null || account === null) {
      throw new Error(`Refund ${id} has lost its relations.`);
    }
    return { refund, payment, invoice, account, toRailTime: await railTime(inTx), now: tx.now };
  });
  const { refund, payment, invoice, account, toRailTime, now } = loaded;
  const submittedAt = toRailTime(refund.submittedAt ?? refund.createdAt);
  return {
    rail: railOf(ctx, payment),
    account: openRailAccount(ctx, account),
    call: {
      refundId: refund.id,
      paymentId: payment.id,
      amount: refund.amount,
      railKey: refund.railKey,
      railRequest: refund.railRequest,
      railReference: refund.railReference,
      canRepeat: refund.state === "pending",
      payment: namesOf(payment),
      phone: openPhone(ctx, invoice),
      notificationUrl: notificationUrl(ctx, payment.method, refund.railAccountId),
      notificationToken: refundToken(ctx, { ...refund, submittedAt }),
      notificationTokenExpiresAt: tokenExpiry({ ...refund, submittedAt }),
      submittedAt,
      now: toRailTime(now),
    },
    refund,
  };
}
