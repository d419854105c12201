// What the sandbox keeps of Stripe's objects. `wire` is the object as the API shows it.
import type { Entry } from "../store/collection.ts";
import type { BalanceWire } from "./balance.ts";
import type { Aftermath, Card } from "./cards.ts";
import type { ChargeWire } from "./charge-object.ts";
import type { DisputeWire } from "./dispute-object.ts";
import type { EventWire } from "./events.ts";
import type { IntentWire } from "./intent-object.ts";
import type { RefundWire } from "./refund-object.ts";
import type { LineItemWire, SessionWire } from "./session-object.ts";

export type IntentData = {
  description: string | null;
  metadata: Record<string, string>;
  statementDescriptorSuffix: string | null;
  captureMethod: "automatic" | "automatic_async" | "manual";
};

export type StoredSession = Entry & {
  wire: SessionWire;
  lineItems: LineItemWire[];
  /** For the payment intent, which is made at the first attempt to pay. */
  intentData: IntentData;
  /** The card that waits for its holder to authenticate. */
  pendingCard: Card | null;
};

export type StoredIntent = Entry & { wire: IntentWire };

export type StoredCharge = Entry & {
  wire: ChargeWire;
  /** What the card has in store once the charge is paid. */
  aftermath: Aftermath | null;
};

export type StoredRefund = Entry & { wire: RefundWire };

export type StoredDispute = Entry & { wire: DisputeWire };

/** A movement on the account's balance. */
export type StoredBalance = Entry & { wire: BalanceWire };

export type StoredEvent = Entry & {
  wire: EventWire;
  /** Whether the account's webhook has taken it. */
  isDelivered: boolean;
};

/** The first answer given under an idempotency key. Its id is account and key together. */
export type StoredAnswer = Entry & {
  method: string;
  path: string;
  parameters: string;
  status: number;
  body: string;
  requestId: string;
  /** Milliseconds since 1970, UTC. */
  at: number;
};
