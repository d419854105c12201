// Where a payer stands, and which page serves that. Back button, reload, two tabs and two devices are
// ordinary: a page that does not serve the payer's step sends the browser to the one that does.

import { type InvoiceState, isPastExpiry } from "./invoice.ts";
import type { PaymentState } from "./payment.ts";
import type { PaymentValidation } from "./records.ts";

export const PAYER_STEPS = [
  "choose",
  "retry",
  "continue",
  "code",
  "waiting",
  "reserved",
  "paid",
  "cancelled",
  "expired",
] as const;
export type PayerStep = (typeof PAYER_STEPS)[number];

export const PAYER_PAGES = ["landing", "failed", "code", "waiting", "receipt", "closed"] as const;
export type PayerPage = (typeof PAYER_PAGES)[number];

export interface PayerInvoice {
  readonly state: InvoiceState;
  readonly expiresAt: Date;
}

/** The newest attempt that no other has superseded. */
export interface PayerAttempt {
  readonly state: PaymentState;
  /** The hosted page of the rail, where the payer can still go back to it. */
  readonly redirectUrl: string | null;
  /** True once the payer has done their part there and the rail is working on it. */
  readonly isProcessing: boolean;
  readonly validation: Pick<PaymentValidation, "by" | "url" | "reference"> | null;
  /** Set once a reserved amount is to be taken, or given back. */
  readonly captureRequestedAt: Date | null;
  readonly cancelRequestedAt: Date | null;
}

/** How the payer can convince the carrier from our pages, or null where there is nothing to do it with. */
export function usableValidation(
  attempt: Pick<PayerAttempt, "state" | "validation">,
): "code" | "link" | null {
  const { state, validation } = attempt;
  if (state !== "pending_validation" || validation === null) return null;
  const { by, url, reference } = validation;
  return (by === "code" ? reference : url) === null ? null : by;
}

/** The one step a payer is at. Instants are UTC; `now` is the database's. */
export function payerStep(invoice: PayerInvoice, attempt: PayerAttempt | null, now: Date): PayerStep {
  if (invoice.state === "paid") return "paid";
  if (invoice.state === "cancelled") return "cancelled";
  if (invoice.state === "expired" || isPastExpiry(invoice.expiresAt, now)) return "expired";
  if (attempt === null) return "choose";
  if (attempt.state === "created") return "code";
  if (attempt.state === "pending") {
    return attempt.redirectUrl !== null && !attempt.isProcessing ? "continue" : "waiting";
  }
  if (attempt.state === "pending_validation") return usableValidation(attempt) === null ? "waiting" : "code";
  if (attempt.state === "authorized") {
    const isDecided = attempt.captureRequestedAt !== null || attempt.cancelRequestedAt !== null;
    return isDecided ? "waiting" : "reserved";
  }
  return attempt.state === "failed" || attempt.state === "expired" ? "retry" : "choose";
}

/** The steps each page serves. */
export const SERVED_STEPS: { readonly [P in PayerPage]: readonly PayerStep[] } = {
  landing: ["choose", "retry", "continue"],
  failed: ["retry"],
  code: ["code"],
  waiting: ["waiting", "continue", "reserved"],
  receipt: ["paid"],
  closed: ["paid", "cancelled", "expired"],
};

const HOME_OF_STEP: { readonly [S in PayerStep]: PayerPage } = {
  choose: "landing",
  retry: "failed",
  continue: "landing",
  code: "code",
  waiting: "waiting",
  reserved: "waiting",
  paid: "receipt",
  cancelled: "closed",
  expired: "closed",
};

/**
 * The page that serves `step` for a browser that asked for `asked`: that page itself where it serves the step,
 * else the step's home. The link itself, opened after payment, says "already paid" and leads to the receipt.
 */
export function pageFor(step: PayerStep, asked: PayerPage): PayerPage {
  if (SERVED_STEPS[asked].includes(step)) return asked;
  if (step === "paid" && asked === "landing") return "closed";
  return HOME_OF_STEP[step];
}
