// A request to be paid: its states, what is legal in each, and the facts that live beside the state.

import type { SurplusPolicy } from "./merchant.ts";
import type { Money } from "./money.ts";
import type { StateTable } from "./state-table.ts";

export const INVOICE_STATES = ["open", "paid", "cancelled", "expired"] as const;
export type InvoiceState = (typeof INVOICE_STATES)[number];

export const INVOICE_EVENTS = [
  "paid",
  "cancelled",
  "expired",
  "paid_late",
  "reopened",
  "paid_after_cancel",
  "paid_outside",
  "edited",
] as const;
export type InvoiceEvent = (typeof INVOICE_EVENTS)[number];

export const INVOICE_TRANSITIONS: StateTable<InvoiceState, InvoiceEvent> = [
  {
    from: "open",
    event: "paid",
    to: "paid",
    note: "A payment was accepted.",
  },
  { from: "open", event: "edited", to: "open", note: "The merchant changed what it says." },
  { from: "open", event: "paid_outside", to: "paid", note: "The merchant was paid in another way." },
  { from: "open", event: "cancelled", to: "cancelled", note: "The merchant withdrew it." },
  { from: "open", event: "expired", to: "expired", note: "Its time ran out." },
  { from: "expired", event: "paid_late", to: "paid", note: "Late money, accepted by the merchant's policy." },
  { from: "expired", event: "paid_outside", to: "paid", note: "The merchant was paid in another way." },
  { from: "expired", event: "reopened", to: "open", note: "A new expiry or a new link." },
  {
    from: "cancelled",
    event: "paid_after_cancel",
    to: "paid",
    note: "Money on a cancelled invoice, accepted only where the merchant chose so.",
  },
];

export const INVOICE_ACTIONS = ["pay", "send", "edit", "mark_paid", "cancel", "reopen"] as const;
export type InvoiceAction = (typeof INVOICE_ACTIONS)[number];

/** True once the deadline has passed, whether or not the state has been moved yet. Instants are UTC. */
export function isPastExpiry(expiresAt: Date, now: Date): boolean {
  return expiresAt.getTime() <= now.getTime();
}

/** What is legal now. */
export function invoiceActions(
  invoice: { readonly state: InvoiceState; readonly expiresAt: Date },
  now: Date,
): InvoiceAction[] {
  if (invoice.state !== "open" && invoice.state !== "expired") return [];
  const isOver = invoice.state === "expired" || isPastExpiry(invoice.expiresAt, now);
  return isOver ? ["mark_paid", "reopen"] : ["pay", "send", "edit", "mark_paid", "cancel"];
}

/** What a merchant may choose for money that arrives when the invoice is no longer open. */
export const LATE_MONEY_POLICIES = ["accept", "refund"] as const;
export type LateMoneyPolicy = (typeof LATE_MONEY_POLICIES)[number];

export interface MoneyPolicies {
  /** Money on an expired, unpaid invoice. */
  readonly onExpired: LateMoneyPolicy;
  /** Money on a cancelled invoice. */
  readonly onCancelled: LateMoneyPolicy;
  /** Money on an invoice that is paid already. */
  readonly onSurplus: SurplusPolicy;
}

export type Routing =
  | { readonly disposition: "accepted"; readonly event: "paid" | "paid_late" | "paid_after_cancel" }
  /** `isReturned`: it is sent back at once; otherwise it is held until the merchant decides. */
  | { readonly disposition: "surplus"; readonly isReturned: boolean };

/**
 * Where money that a rail has taken goes: it pays the invoice, or it is surplus and owed back.
 * Whole payment only: it is accepted exactly when it is what is still due, which another amount or another
 * currency than an edited invoice asks for is not.
 */
export function routeMoney(
  invoice: {
    readonly state: InvoiceState;
    readonly amountDue: Money;
    /** Minor units of the same currency. */
    readonly amountPaidMinor: bigint;
  },
  taken: Money,
  policies: MoneyPolicies,
): Routing {
  const { onExpired, onCancelled, onSurplus } = policies;
  const surplus: Routing = { disposition: "surplus", isReturned: onSurplus === "refund" };
  const isRefusedLate =
    (invoice.state === "expired" && onExpired === "refund") ||
    (invoice.state === "cancelled" && onCancelled === "refund");
  if (isRefusedLate) return { disposition: "surplus", isReturned: true };
  const { amountDue, amountPaidMinor } = invoice;
  const isWhatIsDue =
    taken.currency === amountDue.currency && amountPaidMinor + taken.amountMinor === amountDue.amountMinor;
  if (!isWhatIsDue) return surplus;
  switch (invoice.state) {
    case "open":
      return { disposition: "accepted", event: "paid" };
    case "expired":
      return { disposition: "accepted", event: "paid_late" };
    case "cancelled":
      return { disposition: "accepted", event: "paid_after_cancel" };
    case "paid":
      return surplus;
  }
}
