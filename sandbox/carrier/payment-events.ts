// Which CloudEvents tell of a payment.
import type { Sandbox } from "../sandbox.ts";
import { keepEvent } from "./deliver.ts";
import { writeInstant } from "./instants.ts";
import type { CarrierPayment, PaymentStatus } from "./records.ts";

/** Which event follows from entering a status; none for the first one of an asynchronous payment. */
const eventOf: Record<
  PaymentStatus,
  { type: string; status: "succeeded" | "failed"; description: string } | null
> = {
  processing: null,
  pending_validation: {
    type: "payment-pending-validation",
    status: "succeeded",
    description: "The payment waits for validation.",
  },
  reserved: { type: "payment-reserved", status: "succeeded", description: "The amount is reserved." },
  succeeded: { type: "payment-completed", status: "succeeded", description: "The payment is completed." },
  denied: { type: "payment-denied", status: "failed", description: "The payment was denied." },
  cancelled: { type: "payment-cancelled", status: "succeeded", description: "The payment was cancelled." },
};

/** Records the event that goes with the payment's status, and sends it when there is a sink. */
export function emitPaymentEvent(sandbox: Sandbox, payment: CarrierPayment, denialReason?: string): void {
  const meaning = eventOf[payment.status];
  if (!meaning) {
    return;
  }
  keepEvent(sandbox, {
    account: payment.account,
    paymentId: payment.id,
    refundId: null,
    type: `org.camaraproject.carrier-billing.v0.${meaning.type}`,
    sink: payment.sink,
    data: {
      paymentId: payment.id,
      status: meaning.status,
      description: meaning.description,
      ...(payment.paidAt === null ? {} : { paymentDate: writeInstant(payment.paidAt) }),
      ...(denialReason ? { denialReason } : {}),
    },
  });
}
