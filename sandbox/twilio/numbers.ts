// Which numbers do what.
import { refused } from "./errors.ts";

/** Twilio's magic recipients: https://www.twilio.com/docs/iam/test-credentials */
export const magicRecipients: Record<string, { code: number; message: (to: string) => string }> = {
  "+15005550001": { code: 21211, message: (to) => `Invalid 'To' Phone Number: ${to}` },
  "+15005550002": {
    code: 21612,
    message: (to) =>
      `Message cannot be sent with the current combination of 'To' (${to}) and/or 'From' parameters`,
  },
  "+15005550003": {
    code: 21408,
    message: (to) =>
      `Permission to send an SMS has not been enabled for the region indicated by the 'To' number: ${to}`,
  },
  "+15005550004": { code: 21610, message: () => "Attempt to send to unsubscribed recipient" },
  "+15005550009": { code: 21614, message: (to) => `'To' number is not a valid mobile number: ${to}` },
};

export type Fate =
  | { kind: "delivered" }
  | { kind: "silent" }
  | { kind: "lost"; status: "undelivered" | "failed"; errorCode: number; errorMessage: string };

/** What becomes of an accepted message, by the last two digits of the number. */
export const fates: Record<string, { fate: Fate; meaning: string }> = {
  "90": {
    fate: {
      kind: "lost",
      status: "undelivered",
      errorCode: 30003,
      errorMessage: "Unreachable destination handset",
    },
    meaning: "undelivered, 30003 unreachable",
  },
  "91": {
    fate: {
      kind: "lost",
      status: "failed",
      errorCode: 30006,
      errorMessage: "Landline or unreachable carrier",
    },
    meaning: "failed, 30006 landline",
  },
  "92": { fate: { kind: "silent" }, meaning: "sent, and then no receipt ever" },
  "93": {
    fate: { kind: "lost", status: "undelivered", errorCode: 30007, errorMessage: "Carrier violation" },
    meaning: "undelivered, 30007 filtered by the carrier",
  },
};

/** The fate of a message to this number. */
export function fateOf(to: string): Fate {
  return fates[to.slice(-2)]?.fate ?? { kind: "delivered" };
}

/** Ends the request when Twilio would not take a message to this number. */
export function checkRecipient(to: string): void {
  const magic = magicRecipients[to];
  if (magic) {
    throw refused(magic.code, magic.message(to));
  }
  if (!/^\+[1-9]\d{6,14}$/.test(to)) {
    throw refused(21211, `Invalid 'To' Phone Number: ${to}`);
  }
}

/** Ends the request unless `from` is the account's number or a name of up to 11 characters. */
export function checkSender(from: string, ownNumber: string): void {
  const isName = /^(?=.*[A-Za-z])[A-Za-z0-9 &+_-]{1,11}$/.test(from);
  if (from === ownNumber || isName) {
    return;
  }
  if (!/^\+[1-9]\d{6,14}$/.test(from)) {
    throw refused(21212, `Invalid 'From' Phone Number: ${from}`);
  }
  throw refused(
    21606,
    `The 'From' phone number provided (${from}) is not a valid message-capable Twilio phone number for this destination/account`,
  );
}
