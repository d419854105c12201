// The payer typed our code: consent to the charge, then the rail is asked.

import { timingSafeEqual } from "node:crypto";
import { countCodeTry, markCodeUsed } from "#db/queries/consent-codes.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { PaymentId } from "#lib/domain/ids.ts";
import { isPastExpiry } from "#lib/domain/invoice.ts";
import type { Payment } from "#lib/domain/records.ts";
import { type ServiceContext, transact } from "../context.ts";
import { CODE_TRIES_MAX, consentCode } from "../sms/queue-code.ts";
import { advancePayment } from "./advance.ts";
import { lockBoth } from "./apply-outcome.ts";
import { commitSubmission } from "./start.ts";
import { submitPayment } from "./submit.ts";

export interface VerifyCodeInput {
  readonly paymentId: PaymentId;
  /** As typed. */
  readonly code: string;
}

export interface VerifiedCode {
  readonly payment: Payment;
  /** False for a wrong code with tries left; the attempt waits for another. */
  readonly isAccepted: boolean;
  readonly triesLeft: number;
}

/**
 * Compares a code with the one that was sent; five tries, ten minutes, counted before comparing. Used up, the
 * attempt fails and another may be started.
 *
 * @throws payment_not_found
 * @throws payment_state_conflict  the attempt no longer waits for a code
 * @throws invoice_state_conflict  the invoice ended meanwhile
 */
export async function verifyCode(ctx: ServiceContext, input: VerifyCodeInput): Promise<VerifiedCode> {
  const verified = await transact(ctx, async (inTx) => {
    const locked = await lockBoth(inTx, input.paymentId);
    const { invoice, payment } = locked;
    if (payment.state !== "created") {
      throw new ServiceError("payment_state_conflict", `The payment is ${payment.state}.`);
    }
    if (invoice.state !== "open" || isPastExpiry(invoice.expiresAt, inTx.tx.now)) {
      throw new ServiceError("invoice_state_conflict", "The invoice can no longer be paid.");
    }
    const row = await countCodeTry(inTx.tx, inTx.tenant, payment.id);
    const triesLeft = row === null ? 0 : CODE_TRIES_MAX - row.tries;
    const isAlive = row !== null && !row.isUsed && row.expiresAt > inTx.tx.now && triesLeft >= 0;
    if (isAlive && isSameCode(input.code.trim(), consentCode(inTx, payment.id, invoice))) {
      await markCodeUsed(inTx.tx, inTx.tenant, payment.id);
      return { payment: await commitSubmission(inTx, invoice, payment), isAccepted: true, triesLeft };
    }
    if (isAlive && triesLeft > 0) return { payment, isAccepted: false, triesLeft };
    const failed = await advancePayment(inTx, {
      ...locked,
      event: "failed",
      facts: { declineCode: "code_exhausted", declineRailCode: "own_code" },
    });
    return { payment: failed, isAccepted: false, triesLeft: 0 };
  });
  if (!verified.isAccepted) return verified;
  return { ...verified, payment: await submitPayment(ctx, verified.payment.id) };
}

function isSameCode(typed: string, expected: string): boolean {
  const a = Buffer.from(typed);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}
