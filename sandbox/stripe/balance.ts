// The account's balance: one balance transaction for each movement of money. The account settles in the
// currency of the charge, so nothing is converted.
import type { Sandbox } from "../sandbox.ts";
import type { ChargeWire } from "./charge-object.ts";
import { fractionDigits } from "./currencies.ts";
import type { DisputeWire } from "./dispute-object.ts";
import { newId, nowSeconds } from "./ids.ts";
import type { StoredBalance } from "./records.ts";
import type { RefundWire } from "./refund-object.ts";

const settleJob = "stripe.settle_movement";

type FeeDetail = {
  amount: number;
  application: null;
  currency: string;
  description: string;
  type: "stripe_fee";
};

export type BalanceWire = {
  id: string;
  object: "balance_transaction";
  /** Minor units of `currency`, negative where money leaves, as all amounts here. */
  amount: number;
  available_on: number;
  balance_type: "payments";
  created: number;
  currency: string;
  description: string | null;
  exchange_rate: null;
  fee: number;
  fee_details: FeeDetail[];
  net: number;
  reporting_category: string;
  source: string;
  status: "pending" | "available";
  type: "charge" | "refund" | "refund_failure" | "adjustment";
};

type Movement = Pick<
  BalanceWire,
  "amount" | "currency" | "description" | "reporting_category" | "source" | "type"
> & { fee: { amount: number; description: string } | null };

/** Books what a charge brought in, less Stripe's fee; answers the movement's id. */
export function postCharge(sandbox: Sandbox, account: string, charge: ChargeWire, amount: number): string {
  return post(sandbox, account, {
    type: "charge",
    reporting_category: "charge",
    amount,
    fee: { amount: processingFee(amount, charge.currency), description: "Stripe processing fees" },
    currency: charge.currency,
    description: charge.description,
    source: charge.id,
  }).id;
}

/** Books what a refund took out; answers the movement's id. Stripe keeps the fee of the charge. */
export function postRefund(sandbox: Sandbox, account: string, refund: RefundWire): string {
  return post(sandbox, account, {
    type: "refund",
    reporting_category: "refund",
    amount: -refund.amount,
    fee: null,
    currency: refund.currency,
    description: "REFUND FOR CHARGE",
    source: refund.id,
  }).id;
}

/** Books what came back of a refund that failed; answers the movement's id. */
export function postRefundFailure(sandbox: Sandbox, account: string, refund: RefundWire): string {
  return post(sandbox, account, {
    type: "refund_failure",
    reporting_category: "refund_failure",
    amount: refund.amount,
    fee: null,
    currency: refund.currency,
    description: "REFUND FAILURE",
    source: refund.id,
  }).id;
}

/** Books what a dispute took, with its fee: 15.00 in the charge's currency. */
export function postWithdrawal(sandbox: Sandbox, account: string, dispute: DisputeWire): BalanceWire {
  const fee = 15 * 10 ** fractionDigits(dispute.currency);
  return post(sandbox, account, {
    type: "adjustment",
    reporting_category: "dispute",
    amount: -dispute.amount,
    fee: { amount: fee, description: "Dispute fee" },
    currency: dispute.currency,
    description: `Chargeback withdrawal for ${dispute.charge}`,
    source: dispute.id,
  });
}

/** Books another fee for a dispute, or what was given back of it; answers the movement. */
export function postDisputeFee(
  sandbox: Sandbox,
  account: string,
  dispute: DisputeWire,
  fee: number,
): BalanceWire {
  return post(sandbox, account, {
    type: "adjustment",
    reporting_category: "dispute",
    amount: 0,
    fee: { amount: fee, description: "Dispute countered fee" },
    currency: dispute.currency,
    description: `Dispute countered fee for ${dispute.charge}`,
    source: dispute.id,
  });
}

/** Books what came back of a dispute that was won. Stripe keeps the fee. */
export function postReinstatement(sandbox: Sandbox, account: string, dispute: DisputeWire): BalanceWire {
  return post(sandbox, account, {
    type: "adjustment",
    reporting_category: "dispute_reversal",
    amount: dispute.amount,
    fee: null,
    currency: dispute.currency,
    description: `Chargeback reversal for ${dispute.charge}`,
    source: dispute.id,
  });
}

/** Registers the job that makes money available. */
export function startSettlement(sandbox: Sandbox): void {
  sandbox.scheduler.handle(settleJob, (job) => {
    const movement = sandbox.stripe.balance.find(job.subject);
    if (movement) {
      settleMovement(sandbox, movement);
    }
    return undefined;
  });
}

/** Makes a movement's money available. False when it is. */
export function settleMovement(sandbox: Sandbox, movement: StoredBalance): boolean {
  if (movement.wire.status === "available") {
    return false;
  }
  sandbox.scheduler.cancel(settleJob, movement.id);
  const wire: BalanceWire = { ...movement.wire, available_on: nowSeconds(), status: "available" };
  sandbox.stripe.balance.save({ ...movement, wire });
  return true;
}

/** At once, or after the account's time of settlement. */
function post(sandbox: Sandbox, account: string, { fee, ...movement }: Movement): BalanceWire {
  const now = nowSeconds();
  const delayMs = sandbox.accounts.find(account)?.stripeSettlementMs ?? 0;
  const { amount, currency } = movement;
  const wire: BalanceWire = {
    id: newId("txn_"),
    object: "balance_transaction",
    available_on: now + Math.ceil(delayMs / 1_000),
    balance_type: "payments",
    created: now,
    exchange_rate: null,
    fee: fee?.amount ?? 0,
    fee_details: fee ? [{ ...fee, application: null, currency, type: "stripe_fee" }] : [],
    net: amount - (fee?.amount ?? 0),
    status: delayMs > 0 ? "pending" : "available",
    ...movement,
  };
  sandbox.stripe.balance.insert({ id: wire.id, account, wire });
  if (delayMs > 0) {
    sandbox.scheduler.schedule({ kind: settleJob, subject: wire.id, delayMs });
  }
  return wire;
}

/** 2.9 % and 0.30 in the charge's currency, and never more than the charge. */
function processingFee(amount: number, currency: string): number {
  const fixed = Math.round(0.3 * 10 ** fractionDigits(currency));
  return Math.min(Math.round(amount * 0.029) + fixed, amount);
}
