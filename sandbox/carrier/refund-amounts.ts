// How much of a payment can still be refunded, and whether a partial refund fits its payment.
import type { Sandbox } from "../sandbox.ts";
import { toThousandths } from "./amounts.ts";
import { refused } from "./errors.ts";
import { type Fields, optionalFlag } from "./fields.ts";
import type { PartialAmount } from "./parse-refund.ts";
import type { CarrierPayment, CarrierRefund } from "./records.ts";

/**
 * What is left of the payment, tax included. A refund that may still succeed counts as spent, and a payment that
 * was not charged has nothing to give back.
 */
export function remainingThousandths(sandbox: Sandbox, payment: CarrierPayment): number {
  if (payment.status !== "succeeded") {
    return 0;
  }
  const spent = openRefunds(sandbox, payment).reduce((sum, refund) => sum + refund.totalThousandths, 0);
  return Math.max(payment.totalThousandths - spent, 0);
}

/** What is left, as schema PaymentRemainingAmount shows it. */
export function renderRemaining(sandbox: Sandbox, payment: CarrierPayment): object {
  const { isTaxIncluded, isTaxed } = taxOf(informationOf(payment));
  return {
    amount: remainingThousandths(sandbox, payment) / 1_000,
    currency: payment.currency,
    description: "What has not been refunded yet",
    // Tax on top of the amount was charged with it, so it is in what is left.
    isTaxIncluded: isTaxIncluded || isTaxed,
  };
}

/**
 * @throws INVALID_ARGUMENT for another currency; TAXES_MANAGEMENT_MISMATCH, REFUND_DETAILS_MISMATCH for tax and
 * items that are not as in the payment
 */
export function checkPartial(sandbox: Sandbox, payment: CarrierPayment, amount: PartialAmount): void {
  if (amount.currency !== payment.currency) {
    throw refused("INVALID_ARGUMENT", "Currency is unknown or not authorized.");
  }
  if (amount.isTaxIncluded !== taxOf(informationOf(payment)).isTaxIncluded) {
    throw refused("CARRIER_BILLING_REFUND.TAXES_MANAGEMENT_MISMATCH");
  }
  if (amount.items.length > 0 && !fitsItems(sandbox, payment, amount)) {
    throw refused("CARRIER_BILLING_REFUND.REFUND_DETAILS_MISMATCH");
  }
}

/** Items must be the payment's own, none refunded beyond its price, and add up to the refund. */
function fitsItems(sandbox: Sandbox, payment: CarrierPayment, amount: PartialAmount): boolean {
  const charged = new Map(itemsOf(payment).map((item) => [String(item.id), item]));
  const spent = new Map<string, number>();
  const earlier = openRefunds(sandbox, payment).flatMap((refund) => refund.items);
  for (const { paymentItemId, totalThousandths } of [...earlier, ...amount.items]) {
    spent.set(paymentItemId, (spent.get(paymentItemId) ?? 0) + totalThousandths);
  }
  const isEachItsOwn = amount.items.every((item) => {
    const original = charged.get(item.paymentItemId);
    return (
      original !== undefined &&
      original.currency === item.currency &&
      taxOf(original).isTaxIncluded === item.isTaxIncluded &&
      (spent.get(item.paymentItemId) ?? 0) <= totalOf(original)
    );
  });
  const sum = amount.items.reduce((total, item) => total + item.totalThousandths, 0);
  return isEachItsOwn && sum === amount.totalThousandths;
}

function openRefunds(sandbox: Sandbox, payment: CarrierPayment): CarrierRefund[] {
  return sandbox.carrier.refunds
    .select("body->>'$.paymentId' = ?", payment.id)
    .filter((refund) => refund.status !== "denied");
}

/** The payment's `chargingInformation` and items were checked when it was made. */
function informationOf(payment: CarrierPayment): Fields {
  return payment.paymentAmount.chargingInformation as Fields;
}

function itemsOf(payment: CarrierPayment): Fields[] {
  return (payment.paymentAmount.paymentDetails ?? []) as Fields[];
}

function taxOf(money: Fields): { isTaxIncluded: boolean; isTaxed: boolean } {
  return {
    isTaxIncluded: optionalFlag(money, "isTaxIncluded") ?? false,
    isTaxed: Number(money.taxAmount ?? 0) > 0,
  };
}

function totalOf(money: Fields): number {
  const tax = taxOf(money).isTaxIncluded ? 0 : Number(money.taxAmount ?? 0);
  return (toThousandths(Number(money.amount)) ?? 0) + (toThousandths(tax) ?? 0);
}
