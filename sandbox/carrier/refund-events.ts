// Which CloudEvents tell of a refund.
import type { Sandbox } from "../sandbox.ts";
import { keepEvent } from "./deliver.ts";
import { writeInstant } from "./instants.ts";
import type { CarrierRefund } from "./records.ts";

const meanings = {
  completed: {
    type: "refund-completed",
    status: "succeeded",
    description: "The refund is completed.",
  },
  denied: { type: "refund-denied", status: "failed", description: "The refund was denied." },
  in_bill: {
    type: "refund-in-bill",
    status: "succeeded",
    description: "The refund will be taken off the next bill.",
  },
} as const;

/** Records what became of the refund, and sends it when there is a sink. */
export function emitRefundEvent(
  sandbox: Sandbox,
  refund: CarrierRefund,
  outcome: keyof typeof meanings,
): void {
  const { type, status, description } = meanings[outcome];
  keepEvent(sandbox, {
    account: refund.account,
    paymentId: refund.paymentId,
    refundId: refund.id,
    type: `org.camaraproject.carrier-billing-refund.v0.${type}`,
    sink: refund.sink,
    data: {
      paymentId: refund.paymentId,
      refundId: refund.id,
      status,
      description,
      ...(refund.refundedAt === null ? {} : { refundDate: writeInstant(refund.refundedAt) }),
      ...(outcome === "denied" ? { denialReason: "The carrier could not credit the subscriber." } : {}),
    },
  });
}
