// Test cards: Stripe's own (https://docs.stripe.com/testing), and two of the sandbox for methods that
// confirm later. Whatever else is typed is declined, as Stripe's test mode declines real cards.

/** What of a card may be kept: never the whole number, never the code. */
export type Card = {
  brand: "visa" | "mastercard" | "amex" | "unknown";
  last4: string;
  expMonth: number;
  expYear: number;
  name: string | null;
  outcome: CardOutcome;
  aftermath: Aftermath | null;
};

/** What befalls a charge after it was paid. */
export type Aftermath =
  | "refund_succeeds_later"
  | "refund_fails_later"
  | "refund_stays_pending"
  | "refund_needs_action"
  | "refund_lacks_balance"
  | "disputed_as_fraudulent"
  | "disputed_as_not_received"
  | "inquiry"
  | "early_fraud_warning";

export type Decline = { code: string; declineCode: string | null; message: string };

export type CardOutcome =
  | { kind: "succeeds" }
  | { kind: "needs_authentication" }
  | { kind: "succeeds_later" }
  | { kind: "fails_later" }
  | { kind: "declined"; decline: Decline };

export type CardField = "number" | "exp" | "cvc";

export type ReadCard =
  | { card: Card; problem: null }
  | { card: null; problem: { field: CardField; message: string } };

function declined(declineCode: string | null, code: string, message: string): CardOutcome {
  return { kind: "declined", decline: { code, declineCode, message } };
}

const plain = "Your card was declined.";

type TestCard = { outcome: CardOutcome; aftermath?: Aftermath; meaning: string };

function paidThen(aftermath: Aftermath, meaning: string): TestCard {
  return { outcome: { kind: "succeeds" }, aftermath, meaning };
}

/** Outcome by number, with the line that the front page shows. */
export const testCards: Record<string, TestCard> = {
  "4242424242424242": { outcome: { kind: "succeeds" }, meaning: "succeeds" },
  "5555555555554444": { outcome: { kind: "succeeds" }, meaning: "succeeds (Mastercard)" },
  "4000000000000002": {
    outcome: declined("generic_decline", "card_declined", plain),
    meaning: "is declined",
  },
  "4000000000009995": {
    outcome: declined("insufficient_funds", "card_declined", "Your card has insufficient funds."),
    meaning: "is declined: insufficient funds",
  },
  "4000000000000069": {
    outcome: declined(null, "expired_card", "Your card has expired."),
    meaning: "is declined: expired card",
  },
  "4000000000000127": {
    outcome: declined(null, "incorrect_cvc", "Your card's security code is incorrect."),
    meaning: "is declined: incorrect security code",
  },
  "4000000000000119": {
    outcome: declined(
      null,
      "processing_error",
      "An error occurred while processing your card. Try again in a little bit.",
    ),
    meaning: "is declined: processing error",
  },
  "4000002760003184": {
    outcome: { kind: "needs_authentication" },
    meaning: "needs 3-D Secure",
  },
  "4000002500003155": {
    outcome: { kind: "needs_authentication" },
    meaning: "needs 3-D Secure",
  },
  "4000000000005001": {
    outcome: { kind: "succeeds_later" },
    meaning: "completes unpaid, then succeeds after 5 seconds (the sandbox's own)",
  },
  "4000000000006009": {
    outcome: { kind: "fails_later" },
    meaning: "completes unpaid, then fails after 5 seconds (the sandbox's own)",
  },
  "4000000000000259": paidThen("disputed_as_fraudulent", "succeeds, then is disputed as fraudulent"),
  "4000000000002685": paidThen("disputed_as_not_received", "succeeds, then is disputed as not received"),
  "4000000000001976": paidThen("inquiry", "succeeds, then the bank inquires; no money is taken yet"),
  "4000000000005423": paidThen("early_fraud_warning", "succeeds, then an early fraud warning follows"),
  "4000000000007726": paidThen(
    "refund_succeeds_later",
    "succeeds; its refunds are pending, then succeed after 2 seconds",
  ),
  "4000000000005126": paidThen(
    "refund_fails_later",
    "succeeds; its refunds succeed, then fail after 2 seconds",
  ),
  "4000000000007015": paidThen(
    "refund_stays_pending",
    "succeeds; its refunds stay pending until they are told otherwise (the sandbox's own)",
  ),
  "4000000000007106": paidThen(
    "refund_needs_action",
    "succeeds; its refunds wait for the customer, and can be cancelled (the sandbox's own)",
  ),
  "4000000000007023": paidThen(
    "refund_lacks_balance",
    "succeeds; its refunds are refused: balance_insufficient (the sandbox's own)",
  ),
};

const notATestCard = declined(
  "test_mode_live_card",
  "card_declined",
  "Your card was declined. Your request was in test mode, but used a non test card. For a list of valid test cards, visit: https://docs.stripe.com/testing.",
);

/** Reads the form's fields; a problem is one that the form itself would show, before anything is tried. */
export function readCard(fields: URLSearchParams): ReadCard {
  const number = (fields.get("number") ?? "").replace(/[\s-]/g, "");
  const cvc = (fields.get("cvc") ?? "").trim();
  const expiry = readExpiry(fields.get("exp") ?? "");
  if (!/^\d{12,19}$/.test(number) || !passesLuhn(number)) {
    return refuse("number", "Your card number is invalid.");
  }
  if (!expiry) {
    return refuse("exp", "Your card's expiration date is invalid.");
  }
  if (isPast(expiry)) {
    return refuse("exp", "Your card's expiration date is in the past.");
  }
  if (!/^\d{3,4}$/.test(cvc)) {
    return refuse("cvc", "Your card's security code is incomplete.");
  }
  const card: Card = {
    brand: brandOf(number),
    last4: number.slice(-4),
    expMonth: expiry.month,
    expYear: expiry.year,
    name: (fields.get("name") ?? "").trim().slice(0, 200) || null,
    outcome: testCards[number]?.outcome ?? notATestCard,
    aftermath: testCards[number]?.aftermath ?? null,
  };
  return { card, problem: null };
}

function refuse(field: CardField, message: string): ReadCard {
  return { card: null, problem: { field, message } };
}

/** Takes `12/30`, `12 / 2030` and `1230`. */
function readExpiry(text: string): { month: number; year: number } | null {
  const match = /^\s*(\d{1,2})\s*\/\s*(\d{2}|\d{4})\s*$|^\s*(\d{2})(\d{2})\s*$/.exec(text);
  const month = Number(match?.[1] ?? match?.[3]);
  const year = Number(match?.[2] ?? match?.[4]);
  if (!match || month < 1 || month > 12) {
    return null;
  }
  return { month, year: year < 100 ? 2000 + year : year };
}

/** A card is good until the end of its month. */
function isPast({ month, year }: { month: number; year: number }): boolean {
  return Date.UTC(year, month) <= Date.now();
}

function passesLuhn(number: string): boolean {
  let sum = 0;
  for (const [index, digit] of [...number].reverse().entries()) {
    const value = Number(digit) * (index % 2 === 1 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 === 0;
}

function brandOf(number: string): Card["brand"] {
  if (number.startsWith("4")) {
    return "visa";
  }
  if (/^3[47]/.test(number)) {
    return "amex";
  }
  return /^(5[1-5]|2[2-7])/.test(number) ? "mastercard" : "unknown";
}
