// What only a sandbox can do: act as payers, banks, networks and the clock do at a rail. What follows from it is
// learnt from the rail, as always.

import type { PaymentMethod } from "../payment.ts";

export const PAYMENT_SIMULATIONS = ["approve", "decline", "expire", "dispute", "inquire"] as const;
export type PaymentSimulation = (typeof PAYMENT_SIMULATIONS)[number];

export const REFUND_SIMULATIONS = ["succeed", "fail"] as const;
export type RefundSimulation = (typeof REFUND_SIMULATIONS)[number];

export const DISPUTE_SIMULATIONS = ["win", "lose", "escalate"] as const;
export type DisputeSimulation = (typeof DISPUTE_SIMULATIONS)[number];

export const SMS_SIMULATIONS = ["deliver", "fail"] as const;
export type SmsSimulation = (typeof SMS_SIMULATIONS)[number];

/** A rail's own record of something of ours. */
export interface SimulationTarget {
  readonly method: PaymentMethod;
  readonly railReference: string;
}

export type SimulationOutcome =
  | { readonly kind: "done" }
  /** Not in the state that the record is in. */
  | { readonly kind: "impossible" }
  | { readonly kind: "not_found" }
  /** No rail of this kind does that. */
  | { readonly kind: "unsupported" }
  /** No answer; it may have been done. */
  | { readonly kind: "unknown"; readonly reason: string };

export interface SimulatorPort {
  /** `settlementReference` is what a dispute is opened with. */
  actOnPayment(
    target: SimulationTarget & { readonly settlementReference: string | null },
    action: PaymentSimulation,
  ): Promise<SimulationOutcome>;
  actOnRefund(target: SimulationTarget, action: RefundSimulation): Promise<SimulationOutcome>;
  actOnDispute(target: SimulationTarget, action: DisputeSimulation): Promise<SimulationOutcome>;
  /** By the SMS provider's id of the message. */
  actOnSms(providerId: string, action: SmsSimulation): Promise<SimulationOutcome>;
}
