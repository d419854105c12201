// A payer's standing consent to be charged.

import type { StateTable } from "./state-table.ts";

export const MANDATE_STATES = ["pending", "active", "rejected", "revoked", "expired"] as const;
export type MandateState = (typeof MANDATE_STATES)[number];

export const MANDATE_EVENTS = ["approved", "rejected", "revoked", "expired"] as const;
export type MandateEvent = (typeof MANDATE_EVENTS)[number];

export const MANDATE_TRANSITIONS: StateTable<MandateState, MandateEvent> = [
  { from: "pending", event: "approved", to: "active", note: "The payer agreed." },
  { from: "pending", event: "rejected", to: "rejected", note: "The payer refused." },
  { from: "pending", event: "expired", to: "expired", note: "The payer never answered." },
  { from: "active", event: "revoked", to: "revoked", note: "The payer or the merchant ended it." },
  { from: "active", event: "expired", to: "expired", note: "Its validity ran out." },
];
