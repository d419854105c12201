// The merchant changes what an open invoice says.

import { findInvoice, lockInvoice } from "#db/queries/invoices.ts";
import { listPaymentsOfInvoice } from "#db/queries/payments.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { InvoiceId } from "#lib/domain/ids.ts";
import { isOpenPayment } from "#lib/domain/payment.ts";
import type { Invoice, Payment } from "#lib/domain/records.ts";
import { requirePermission, type ServiceContext, type TxContext, transact } from "../context.ts";
import { closeAttempt } from "../payments/close.ts";
import { recomposeWaiting } from "../sms/recompose.ts";
import { payUrl } from "../urls.ts";
import { advanceInvoice } from "./advance.ts";
import { type InvoiceWithLink, smsTemplateOf } from "./create.ts";
import { type EditInvoiceInput, planEdit } from "./plan-edit.ts";

/** An attempt that its rail cannot close is asked about until it is known; nobody can tell how long that takes. */
const ATTEMPT_RETRY_SECONDS = 30;

/**
 * Changes an open invoice. What is to be paid and how (amount, currency, methods) changes only while no attempt
 * may still take the old amount: one that nobody has completed is closed at its rail first. A message that waits
 * to be sent is written anew. A change that changes nothing makes no new version. Amounts: minor units.
 *
 * @throws permission_denied       the key lacks invoices:write
 * @throws invoice_not_found
 * @throws invoice_state_conflict  it is paid, cancelled or expired
 * @throws version_conflict        it was changed since
 * @throws attempt_in_progress     an attempt may still take the old amount
 * @throws payment_state_conflict  an amount is reserved, or is being taken just now
 * @throws lines_mismatch, expiry_out_of_range, amount_out_of_range, url_not_allowed, url_not_registered,
 *         method_unavailable, no_method_available, sms_text_too_long
 */
export async function editInvoice(
  ctx: ServiceContext,
  id: InvoiceId,
  input: EditInvoiceInput,
): Promise<InvoiceWithLink> {
  requirePermission(ctx, "invoices.edit");
  // Looked at first: what would be refused anyway must not close the page that a payer is on.
  const { isAboutMoney } = await transact(ctx, async (inTx) => {
    const found = await findInvoice(inTx.tx, inTx.tenant, id);
    return await planEdit(inTx, found, input);
  });
  if (isAboutMoney) await closeAttempts(ctx, id);
  return await transact(ctx, async (inTx) => {
    const { tx, tenant } = inTx;
    const plan = await planEdit(inTx, await lockInvoice(tx, tenant, id), input);
    if (Object.keys(plan.facts).length === 0) return withLink(inTx, plan.invoice);
    if (plan.isAboutMoney) requireNone(await listPaymentsOfInvoice(tx, tenant, id));
    const { invoice, facts } = plan;
    const edited = await advanceInvoice(inTx, { invoice, event: "edited", facts });
    await recomposeWaiting(inTx, plan.profile, edited, smsTemplateOf(plan.profile, edited));
    return withLink(inTx, edited);
  });
}

function withLink(ctx: TxContext, invoice: Invoice): InvoiceWithLink {
  return { invoice, payUrl: payUrl(ctx, invoice), now: ctx.tx.now };
}

/**
 * Closes the attempts that may still take the old amount, oldest first; stops at the first that stays open, so
 * that no page is closed in vain.
 */
async function closeAttempts(ctx: ServiceContext, id: InvoiceId): Promise<void> {
  for (const attempt of (await listAttempts(ctx, id)).filter(({ state }) => isOpenPayment(state))) {
    requireClosable(attempt);
    await closeAttempt(ctx, attempt.id, { keepsReserved: true }).catch((error: unknown) => {
      // Its rail did not answer: it may still go through.
      if (!(error instanceof ServiceError) || error.code !== "service_unavailable") throw error;
    });
    requireNone((await listAttempts(ctx, id)).filter((current) => current.id === attempt.id));
  }
}

async function listAttempts(ctx: ServiceContext, id: InvoiceId): Promise<Payment[]> {
  return await transact(ctx, ({ tx, tenant }) => listPaymentsOfInvoice(tx, tenant, id));
}

/** Given-up attempts count too: they may still go through. */
function requireNone(attempts: readonly Payment[]): void {
  const open = attempts.find(({ state }) => isOpenPayment(state));
  if (open === undefined) return;
  requireClosable(open);
  throw new ServiceError(
    "attempt_in_progress",
    `An attempt by ${open.method} may still take the amount that the invoice has now.`,
    { retryAfterSeconds: ATTEMPT_RETRY_SECONDS },
  );
}

function requireClosable({ state, isProcessing }: Payment): void {
  if (state === "authorized") {
    throw new ServiceError("payment_state_conflict", "An amount is reserved: give it back first.");
  }
  if (isOpenPayment(state) && isProcessing) {
    throw new ServiceError("payment_state_conflict", "A payment is being taken just now.");
  }
}
