// One text message: its states, and the texts' placeholders.

import type { StateTable } from "./state-table.ts";

export const SMS_KINDS = ["invoice", "receipt", "code"] as const;
export type SmsKind = (typeof SMS_KINDS)[number];

export const SMS_STATES = [
  "queued",
  "sending",
  "sent",
  "delivered",
  "undelivered",
  "failed",
  "skipped",
] as const;
export type SmsState = (typeof SMS_STATES)[number];

export const SMS_EVENTS = [
  "claimed",
  "returned",
  "accepted",
  "delivered",
  "undelivered",
  "refused",
  "skipped",
] as const;
export type SmsEvent = (typeof SMS_EVENTS)[number];

export const SMS_TRANSITIONS: StateTable<SmsState, SmsEvent> = [
  {
    from: "queued",
    event: "claimed",
    to: "sending",
    note: "The intent, committed before the provider is asked.",
  },
  { from: "queued", event: "skipped", to: "skipped", note: "The invoice was no longer open." },
  { from: "queued", event: "refused", to: "failed", note: "It could not be sent for hours." },
  {
    from: "queued",
    event: "accepted",
    to: "sent",
    note: "A report shows that an earlier send was taken after all.",
  },
  {
    from: "sending",
    event: "returned",
    to: "queued",
    note: "The provider surely did not take it; tried again later.",
  },
  {
    from: "sending",
    event: "accepted",
    to: "sent",
    note: "The provider took it, or a look-up or its own report shows so.",
  },
  { from: "sending", event: "refused", to: "failed", note: "The provider refused it for good." },
  { from: "sent", event: "delivered", to: "delivered", note: "The phone has it." },
  { from: "sent", event: "undelivered", to: "undelivered", note: "The network could not deliver it." },
  {
    from: "undelivered",
    event: "delivered",
    to: "delivered",
    note: "A late report; delivery is never taken back.",
  },
  { from: "failed", event: "delivered", to: "delivered", note: "Given up in doubt, and it had gone out." },
];

export const SMS_ENCODINGS = ["gsm7", "ucs2"] as const;
export type SmsEncoding = (typeof SMS_ENCODINGS)[number];

export interface SmsSize {
  readonly encoding: SmsEncoding;
  readonly segments: number;
}

/** Parts of an invoice's text at most. */
export const SMS_SEGMENTS_MAX = 2;

/** Placeholders that a merchant's text may hold. */
export const SMS_PLACEHOLDERS = ["merchant", "reference", "description", "amount", "due", "link"] as const;
export type SmsPlaceholder = (typeof SMS_PLACEHOLDERS)[number];

/** What placeholders stand for; `code` is in our own code message only. */
export type SmsValues = { readonly [P in SmsPlaceholder]: string } & { readonly code?: string };

const PLACEHOLDER = /\{([a-z_]+)\}/g;

/** The placeholders in a template that we do not know. */
export function unknownPlaceholders(template: string): string[] {
  const known: readonly string[] = SMS_PLACEHOLDERS;
  return [...template.matchAll(PLACEHOLDER)].map((match) => match[1] ?? "").filter((n) => !known.includes(n));
}

/** Fills a template in one pass: text that came in through a value is never filled again. */
export function fillTemplate(template: string, values: Partial<SmsValues>): string {
  return template.replaceAll(PLACEHOLDER, (whole, name: string) => values[name as keyof SmsValues] ?? whole);
}

/** A sender name: 1 to 11 letters, digits or spaces, at least one letter; or an E.164 number or short code. */
export function isSmsSender(text: string): boolean {
  if (/^\+?[0-9]{3,15}$/.test(text)) return true;
  return /^[A-Za-z0-9 ]{1,11}$/.test(text) && /[A-Za-z]/.test(text) && text.trim() === text;
}
