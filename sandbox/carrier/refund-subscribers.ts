// What becomes of refunds, by the last two digits of the number that was charged, whatever the country.
import { refused } from "./errors.ts";

export type RefundKind =
  | "at_once"
  | "succeeds_later"
  | "denied_later"
  | "silent"
  | "next_bill"
  | "refused"
  | "not_eligible"
  | "over_limit";

/** Every listed ending with the line that the front page shows. */
export const refundSubscribers: Record<string, { kind: RefundKind; meaning: string }> = {
  "41": { kind: "succeeds_later", meaning: "processing, succeeded after a second" },
  "42": { kind: "denied_later", meaning: "processing, denied after a second" },
  "43": { kind: "silent", meaning: "stays processing: no notification" },
  "44": {
    kind: "next_bill",
    meaning:
      "processing; after a second the notification that it will be in the next bill, succeeded 5 seconds later",
  },
  "45": { kind: "refused", meaning: "403 CARRIER_BILLING_REFUND.REFUND_DENIED" },
  "46": { kind: "not_eligible", meaning: "403 CARRIER_BILLING_REFUND.PAYMENT_NOT_ELIGIBLE_FOR_REFUND" },
  "47": { kind: "over_limit", meaning: "422 CARRIER_BILLING_REFUND.USER_AMOUNT_THRESHOLD_OVERPASSED" },
};

/** What becomes of refunds to this number. */
export function refundKind(phone: string): RefundKind {
  return refundSubscribers[phone.slice(-2)]?.kind ?? "at_once";
}

/** Ends the request where the carrier does not refund at all; no refund is made then. */
export function admitRefund(kind: RefundKind): void {
  if (kind === "refused") {
    throw refused("CARRIER_BILLING_REFUND.REFUND_DENIED");
  }
  if (kind === "not_eligible") {
    throw refused("CARRIER_BILLING_REFUND.PAYMENT_NOT_ELIGIBLE_FOR_REFUND");
  }
  if (kind === "over_limit") {
    throw refused("CARRIER_BILLING_REFUND.USER_AMOUNT_THRESHOLD_OVERPASSED");
  }
}
