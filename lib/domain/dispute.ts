// A payer asks their bank for the money back. It lives beside the payment: the invoice stays paid.

import type { StateTable } from "./state-table.ts";

export const DISPUTE_STATES = ["inquiry", "open", "won", "lost", "closed"] as const;
export type DisputeState = (typeof DISPUTE_STATES)[number];

/** The payer's bank has the money. */
export const MONEY_TAKEN_STATES: readonly DisputeState[] = ["open", "lost"];

export const DISPUTE_EVENTS = ["opened", "won", "lost", "won_late", "closed"] as const;
export type DisputeEvent = (typeof DISPUTE_EVENTS)[number];

export const DISPUTE_TRANSITIONS: StateTable<DisputeState, DisputeEvent> = [
  {
    from: "inquiry",
    event: "opened",
    to: "open",
    note: "The bank takes the money back until it has decided.",
  },
  { from: "inquiry", event: "closed", to: "closed", note: "It ended as a question; no money moved." },
  { from: "open", event: "won", to: "won", note: "The merchant keeps the money." },
  { from: "open", event: "lost", to: "lost", note: "The payer keeps the money." },
  { from: "lost", event: "won_late", to: "won", note: "The bank decided anew, and gave the money back." },
];
