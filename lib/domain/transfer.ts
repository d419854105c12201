// Merchant money to a payee.

import type { StateTable } from "./state-table.ts";

export const TRANSFER_STATES = ["created", "pending", "succeeded", "failed"] as const;
export type TransferState = (typeof TRANSFER_STATES)[number];

export const TRANSFER_EVENTS = ["submitted", "succeeded", "failed"] as const;
export type TransferEvent = (typeof TRANSFER_EVENTS)[number];

export const TRANSFER_TRANSITIONS: StateTable<TransferState, TransferEvent> = [
  { from: "created", event: "submitted", to: "pending", note: "Held in the ledger, then sent to the rail." },
  { from: "pending", event: "succeeded", to: "succeeded", note: "The payee has the money." },
  { from: "pending", event: "failed", to: "failed", note: "The rail refused; the hold is released." },
];
