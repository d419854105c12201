// Money back to the payer.

import type { StateTable } from "./state-table.ts";

export const REFUND_STATES = ["pending", "succeeded", "failed"] as const;
export type RefundState = (typeof REFUND_STATES)[number];

export const REFUND_EVENTS = ["succeeded", "failed", "failed_late"] as const;
export type RefundEvent = (typeof REFUND_EVENTS)[number];

export const REFUND_TRANSITIONS: StateTable<RefundState, RefundEvent> = [
  { from: "pending", event: "succeeded", to: "succeeded", note: "The rail sent the money back." },
  { from: "pending", event: "failed", to: "failed", note: "The rail refused." },
  { from: "succeeded", event: "failed_late", to: "failed", note: "The rail took a sent refund back." },
];
