// What befalls charges on some test cards soon after they were paid: disputes, inquiries and warnings.
import type { Sandbox } from "../sandbox.ts";
import type { Aftermath } from "./cards.ts";
import type { DisputeReason } from "./dispute-object.ts";
import { openDispute } from "./disputes.ts";
import { emitEvent } from "./events.ts";
import { newId, nowSeconds } from "./ids.ts";
import type { StoredCharge } from "./records.ts";

const aftermathJob = "stripe.aftermath";

/** About as long as Stripe's test mode takes. */
const aftermathDelayMs = 500;

const disputes: Partial<Record<Aftermath, { reason: DisputeReason; isInquiry: boolean }>> = {
  disputed_as_fraudulent: { reason: "fraudulent", isInquiry: false },
  disputed_as_not_received: { reason: "product_not_received", isInquiry: false },
  inquiry: { reason: "general", isInquiry: true },
};

/** Registers the job that brings the aftermath about. */
export function startAftermath(sandbox: Sandbox): void {
  sandbox.scheduler.handle(aftermathJob, (job) => {
    const charge = sandbox.stripe.charges.find(String(job.payload));
    const dispute = charge?.aftermath && disputes[charge.aftermath];
    if (charge && dispute) {
      openDispute(sandbox, charge, dispute.reason, dispute.isInquiry);
    } else if (charge?.aftermath === "early_fraud_warning") {
      warn(sandbox, charge);
    }
    return undefined;
  });
}

/** To be called when the charge's money is there. Its subject is the payment intent. */
export function scheduleAftermath(sandbox: Sandbox, { aftermath, wire }: StoredCharge): void {
  if (aftermath === "early_fraud_warning" || (aftermath && disputes[aftermath])) {
    sandbox.scheduler.schedule({
      kind: aftermathJob,
      subject: wire.payment_intent,
      payload: wire.id,
      delayMs: aftermathDelayMs,
    });
  }
}

/** The card network's word that a charge is probably fraudulent. Only told, not kept. */
function warn(sandbox: Sandbox, charge: StoredCharge): void {
  emitEvent(sandbox, charge.account, "radar.early_fraud_warning.created", {
    id: newId("issfr_"),
    object: "radar.early_fraud_warning",
    actionable: !charge.wire.refunded,
    charge: charge.id,
    created: nowSeconds(),
    fraud_type: "misc",
    livemode: false,
    payment_intent: charge.wire.payment_intent,
  });
}
