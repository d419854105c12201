// What a payer sees: only what the page shows.

import { listDisputesOfInvoice } from "#db/queries/disputes.ts";
import { findInvoice } from "#db/queries/invoices.ts";
import { loadProfile, type Merchant, type MerchantSettings } from "#db/queries/merchants.ts";
import { listPaymentsOfInvoice } from "#db/queries/payments.ts";
import { listRefundsOfInvoice } from "#db/queries/refunds.ts";
import { findLinkRoute } from "#db/queries/routing/routes.ts";
import type { MethodOffer } from "#lib/domain/eligibility.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import { type MoneyBack, moneyBack } from "#lib/domain/money-back.ts";
import { type PayerStep, payerStep } from "#lib/domain/payer-step.ts";
import { isOpenPayment, type PaymentMethod } from "#lib/domain/payment.ts";
import type { Invoice, Payment } from "#lib/domain/records.ts";
import { contextFor, look, type ServiceContext, type ServiceDeps } from "../context.ts";
import { findMethod, offerMethods } from "../payments/methods.ts";

const TOKEN = /^[0-9A-Za-z]{22}$/;

/**
 * The context of the payer who holds a link. The link is the permission: it opens this invoice and nothing else.
 *
 * @throws link_not_found  malformed or unknown; the same for both
 */
export async function openLink(
  deps: ServiceDeps,
  token: string,
  correlationId: string,
): Promise<PayerContext> {
  const route = TOKEN.test(token) ? await findLinkRoute(deps.db, deps.vault.hash(token)) : null;
  if (route === null) throw new ServiceError("link_not_found", "There is no such link.");
  const actor = { kind: "payer", id: route.invoiceId } as const;
  return { ...contextFor(deps, route.tenant, actor, correlationId), actor };
}

export interface PayerContext extends ServiceContext {
  readonly actor: { readonly kind: "payer"; readonly id: Invoice["id"] };
}

export interface PayerView {
  readonly invoice: Invoice;
  readonly merchant: Merchant;
  readonly settings: MerchantSettings;
  readonly step: PayerStep;
  /** The newest attempt that no other has superseded. */
  readonly attempt: Payment | null;
  /** The payment that paid the invoice. */
  readonly accepted: Payment | null;
  /** Attempts that were given up for another method, and may still go through. */
  readonly superseded: readonly Payment[];
  /** Money that went back, is on its way, or is owed. */
  readonly moneyBack: readonly MoneyBack[];
  /** Methods that can be used now, in the merchant's order. */
  readonly offers: readonly MethodOffer[];
  /** Methods where our own code by SMS is the consent. */
  readonly ownCodeMethods: readonly PaymentMethod[];
  /** The database's time (UTC). */
  readonly now: Date;
}

/** Everything the payer's pages need, in one transaction. */
export async function viewInvoice(ctx: PayerContext): Promise<PayerView> {
  return await look(ctx, async (inTx) => {
    const { tx, tenant } = inTx;
    const invoice = await findInvoice(tx, tenant, ctx.actor.id);
    if (invoice === null) throw new ServiceError("link_not_found", "There is no such link.");
    const { merchant, settings, accounts } = await loadProfile(tx, tenant);
    const payments = await listPaymentsOfInvoice(tx, tenant, invoice.id);
    const attempt = payments.filter((payment) => payment.supersededAt === null).at(-1) ?? null;
    const superseded = payments.filter(
      (payment) => payment.supersededAt !== null && isOpenPayment(payment.state),
    );
    const offers = offerMethods(inTx, { merchant, settings, accounts }, invoice.methods, invoice.amountDue);
    return {
      invoice,
      merchant,
      settings,
      step: payerStep(invoice, attempt, tx.now),
      attempt,
      accepted: payments.find((payment) => payment.id === invoice.paidPaymentId) ?? null,
      superseded,
      moneyBack: moneyBack(
        payments,
        await listRefundsOfInvoice(tx, tenant, invoice.id),
        await listDisputesOfInvoice(tx, tenant, invoice.id),
      ),
      offers: offers.filter(
        (offer) => offer.obstacle === null && !superseded.some((payment) => payment.method === offer.method),
      ),
      ownCodeMethods: invoice.methods.filter((method) => {
        const usable = findMethod(inTx, { merchant, settings, accounts }, method);
        return usable !== null && !usable.rail.capabilities(usable.account).asksPayer;
      }),
      now: tx.now,
    };
  });
}
