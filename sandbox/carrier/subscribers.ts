// What a subscriber is like, by the last two digits of the number, whatever the country.
import { refused } from "./errors.ts";

export type SubscriberKind =
  | "ordinary"
  | "waits_for_answer"
  | "approved_beforehand"
  | "unknown"
  | "service_off"
  | "barred"
  | "prepaid_empty"
  | "over_limit"
  | "silent"
  | "needs_code"
  | "needs_link"
  | "slow_to_prepare"
  | "denied_at_confirm"
  | "slow_to_confirm"
  | "short_reservation";

/** Every listed ending with the line that the front page shows. */
export const subscribers: Record<string, { kind: SubscriberKind; meaning: string }> = {
  "00": {
    kind: "ordinary",
    meaning:
      "ordinary, as any ending not listed: a prompt on the phone, processing until answered, denied after 5 minutes",
  },
  "11": {
    kind: "waits_for_answer",
    meaning: "the create call is held until the prompt is answered, at most 8 seconds; then as 00",
  },
  "12": {
    kind: "approved_beforehand",
    meaning: "the owner has agreed with the carrier beforehand: succeeds at once, without a prompt",
  },
  "21": { kind: "unknown", meaning: "404 IDENTIFIER_NOT_FOUND" },
  "22": { kind: "service_off", meaning: "422 SERVICE_NOT_APPLICABLE" },
  "23": { kind: "barred", meaning: "403 CARRIER_BILLING.PAYMENT_DENIED" },
  "24": { kind: "prepaid_empty", meaning: "prepaid and empty: processing, denied after a second, no prompt" },
  "25": { kind: "over_limit", meaning: "422 CARRIER_BILLING.USER_AMOUNT_THRESHOLD_OVERPASSED" },
  "26": { kind: "silent", meaning: "stays processing: no prompt, no notification" },
  "31": {
    kind: "needs_code",
    meaning: "two steps only (prepare): a code arrives as SMS, 3 tries; in one step as all others",
  },
  "32": {
    kind: "needs_link",
    meaning: "two steps only (prepare): a validation link; in one step as all others",
  },
  "33": {
    kind: "slow_to_prepare",
    meaning: "two steps: prepare answers processing, reserved after a second",
  },
  "34": {
    kind: "denied_at_confirm",
    meaning: "two steps: confirm answers 202, and the payment is denied after a second",
  },
  "35": {
    kind: "slow_to_confirm",
    meaning: "two steps: confirm answers 202, and the payment is charged after a second",
  },
  "36": {
    kind: "short_reservation",
    meaning: "two steps: the reservation runs out after 5 seconds, not 10 minutes",
  },
};

/** What the subscriber of this number is like. */
export function subscriberKind(phone: string): SubscriberKind {
  return subscribers[phone.slice(-2)]?.kind ?? "ordinary";
}

/** Ends the request for subscribers that the carrier does not charge at all; these make no payment. */
export function admitSubscriber(kind: SubscriberKind): void {
  if (kind === "unknown") {
    throw refused("IDENTIFIER_NOT_FOUND");
  }
  if (kind === "service_off") {
    throw refused("SERVICE_NOT_APPLICABLE");
  }
  if (kind === "barred") {
    throw refused("CARRIER_BILLING.PAYMENT_DENIED");
  }
  if (kind === "over_limit") {
    throw refused("CARRIER_BILLING.USER_AMOUNT_THRESHOLD_OVERPASSED");
  }
}
