// What should be: a few invoices with their attempts and refunds, and what each rail holds. Small enough to be right.

import type { PaymentMethod } from "#lib/domain/payment.ts";
import type { CrashPoint } from "./world.ts";

/** What the rail has of an attempt. `none`: it was never reached. */
export type Truth = "none" | "open" | "paid" | "denied" | "closed";
/** `code`: our own code is awaited; `ended`: failed, cancelled or expired. */
export type AttemptState = "code" | "open" | "accepted" | "surplus" | "ended";
/** What a rail makes of refunds: at once, not before it is told, gone and taken back again, or refused. */
export type RefundHabit = "at_once" | "waits" | "taken_back" | "refused";

export interface ModelRefund {
  amountMinor: number;
  state: "pending" | "succeeded" | "failed";
  truth: "none" | "pending" | "succeeded" | "failed";
  /** The rail was asked, and has not said that it has none of it. */
  isSubmitted: boolean;
}

export interface ModelAttempt {
  id: string;
  method: Exclude<PaymentMethod, "mobile_money">;
  state: AttemptState;
  truth: Truth;
  isSuperseded: boolean;
  /** Its name at the rail is stored. */
  isKnown: boolean;
  /** The answer is missing, and that is noted. */
  isDoubtful: boolean;
  /** A job is to close it. */
  isClosing: boolean;
  /** Its rail's messages that were stored and not applied: each the place of the refund it is about, or -1. */
  unheard: number[];
  wrongCodes: number;
  refundHabit: RefundHabit;
  refunds: ModelRefund[];
  /** Messages of the rail that were delivered. */
  heard: Set<string>;
}

export interface ModelInvoice {
  id: string;
  payUrl: string;
  shop: ShopName;
  phone: string;
  /** Its last two digits: how its carrier acts. */
  ending: string;
  amountMinor: number;
  state: "open" | "paid" | "cancelled" | "expired";
  /** Its time has passed. */
  isOver: boolean;
  isOpened: boolean;
  attempts: ModelAttempt[];
  /** How often each kind of event is due. */
  events: Map<string, number>;
}

/** `asking`: its carrier asks the payer. `coding`: consent is our own code. */
export type ShopName = "asking" | "coding";

export interface Model {
  readonly invoices: ModelInvoice[];
}

export const newModel = (): Model => ({ invoices: [] });

export const isOpen = ({ state }: ModelAttempt): boolean => state === "code" || state === "open";

/** The open attempt that no other has superseded. */
export function currentOf(invoice: ModelInvoice): ModelAttempt | undefined {
  return invoice.attempts.find((attempt) => isOpen(attempt) && !attempt.isSuperseded);
}

export function canBePaid(invoice: ModelInvoice): boolean {
  return invoice.state === "open" && !invoice.isOver;
}

export function tell(invoice: ModelInvoice, type: string): void {
  invoice.events.set(type, (invoice.events.get(type) ?? 0) + 1);
}

export function refundedMinor({ refunds }: ModelAttempt): number {
  return refunds
    .filter((refund) => refund.state !== "failed")
    .reduce((sum, refund) => sum + refund.amountMinor, 0);
}

/** One go of a process, which may end in the middle as the real one does. */
export class Run {
  #point: CrashPoint | null;

  constructor(point: CrashPoint | null) {
    this.#point = point;
  }

  /** A call to a rail; `atRail` is what it changes there. */
  call(atRail: () => void): void {
    this.#crashAt("before the call");
    atRail();
    this.#crashAt("after the call");
  }

  /** A job of its own: false where it crashed, and will be tried again. */
  goesOn(job: () => void): boolean {
    try {
      job();
      return true;
    } catch (error) {
      if (error instanceof ModelCrash) return false;
      throw error;
    }
  }

  /** Money is about to be booked. */
  book(): void {
    this.#crashAt("before the booking");
  }

  #crashAt(point: CrashPoint): void {
    if (this.#point !== point) return;
    this.#point = null;
    throw new ModelCrash();
  }
}

export class ModelCrash extends Error {}

/** The rail is asked to take the money of an attempt that was just made. */
export function begin(run: Run, invoice: ModelInvoice, attempt: ModelAttempt, truth: Truth): void {
  run.call(() => {
    // A charge that is refused outright leaves no record.
    attempt.truth = truth === "denied" ? "none" : truth;
  });
  if (truth === "denied") end(invoice, attempt, "payment.failed");
  else apply(run, invoice, attempt);
}

/**
 * The rail is asked about an attempt. What is final is asked about only where the rail has told of it; a message of
 * the rail's names its record.
 */
export function ask(run: Run, invoice: ModelInvoice, attempt: ModelAttempt, isNamed = false): void {
  if (attempt.state === "code" || (!isOpen(attempt) && !attempt.isKnown && !isNamed)) return;
  run.call(() => {
    // A card's request is repeated under its key, unless the rail has named it; a charge is only looked for.
    const isRepeated = attempt.method === "card" && !attempt.isKnown && !isNamed;
    if (isRepeated && attempt.truth === "none") attempt.truth = "open";
  });
  apply(run, invoice, attempt);
}

function apply(run: Run, invoice: ModelInvoice, attempt: ModelAttempt): void {
  if (attempt.truth === "none") {
    if (!attempt.isKnown) attempt.isDoubtful = true;
    return;
  }
  const isTaken = attempt.state === "accepted" || attempt.state === "surplus";
  if (attempt.truth === "paid" && !isTaken) {
    run.book();
    takeMoney(invoice, attempt);
  }
  attempt.isKnown = true;
  attempt.isDoubtful = false;
  if (attempt.truth === "denied") end(invoice, attempt, "payment.failed");
  if (attempt.truth === "closed") end(invoice, attempt, "payment.expired");
}

function end(invoice: ModelInvoice, attempt: ModelAttempt, type: string): void {
  if (!isOpen(attempt)) return;
  attempt.state = "ended";
  attempt.isDoubtful = false;
  tell(invoice, type);
}

function takeMoney(invoice: ModelInvoice, attempt: ModelAttempt): void {
  if (invoice.state === "paid" || invoice.state === "cancelled") {
    attempt.state = "surplus";
    tell(invoice, "payment.surplus");
    attempt.refunds.push(newRefund(invoice.amountMinor));
    tell(invoice, "refund.created");
    return;
  }
  attempt.state = "accepted";
  invoice.state = "paid";
  tell(invoice, "payment.succeeded");
  tell(invoice, "invoice.paid");
  planClosing(invoice);
}

export function newRefund(amountMinor: number): ModelRefund {
  return { amountMinor, state: "pending", truth: "none", isSubmitted: false };
}

/** The invoice has ended: a job for each attempt that is open. */
export function planClosing(invoice: ModelInvoice): void {
  for (const attempt of invoice.attempts) if (isOpen(attempt)) attempt.isClosing = true;
}

/** An attempt is closed where its rail can: a code that was not typed, a page that was not used. */
export function close(run: Run, invoice: ModelInvoice, attempt: ModelAttempt): void {
  if (attempt.state === "code") end(invoice, attempt, "payment.cancelled");
  if (attempt.state !== "open" || attempt.method !== "card") return;
  run.call(() => {
    if (attempt.truth === "none" || attempt.truth === "open") attempt.truth = "closed";
  });
  if (attempt.truth === "closed") {
    attempt.isKnown = true;
    end(invoice, attempt, "payment.cancelled");
  } else {
    apply(run, invoice, attempt);
  }
}

/** Makes room for another attempt, or for the invoice's end. */
export function closeCurrent(run: Run, invoice: ModelInvoice): void {
  const attempt = currentOf(invoice);
  if (attempt === undefined) return;
  close(run, invoice, attempt);
  if (isOpen(attempt)) attempt.isSuperseded = true;
}

/** The rail is asked for a refund, or about it; about a final one only where it has told of it. */
export function askRefund(run: Run, invoice: ModelInvoice, attempt: ModelAttempt, refund: ModelRefund): void {
  const isFirst = refund.state === "pending" && !refund.isSubmitted;
  if (isFirst) refund.isSubmitted = true;
  // A card's request is repeated under its key; at the carrier it is only looked for.
  const isAskedFor = refund.truth === "none" && (isFirst || attempt.method === "card");
  let isRefused = false;
  run.call(() => {
    if (!isAskedFor) return;
    isRefused = attempt.refundHabit === "refused";
    if (!isRefused) refund.truth = attempt.refundHabit === "waits" ? "pending" : "succeeded";
  });
  if (isRefused) endRefund(invoice, refund, "failed");
  else if (refund.truth === "none") refund.isSubmitted = refund.state !== "pending";
  else if (refund.truth !== "pending") endRefund(invoice, refund, refund.truth);
}

function endRefund(invoice: ModelInvoice, refund: ModelRefund, state: "succeeded" | "failed"): void {
  if (refund.state === state || refund.state === "failed") return;
  refund.state = state;
  tell(invoice, `refund.${state}`);
}
