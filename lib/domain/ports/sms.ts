// Who carries our text messages.

import type { Msisdn } from "../msisdn.ts";
import type { SmsKind, SmsSize, SmsValues } from "../sms.ts";
import type { InboundMessage } from "./inbound.ts";
import type { OpenRailAccount } from "./rail.ts";

export interface OutboundSms {
  readonly to: Msisdn;
  /** Sender name or number; null: the account's own. */
  readonly sender: string | null;
  readonly body: string;
  /** Where the provider reports delivery; null where it cannot reach us. */
  readonly statusUrl: string | null;
}

export type SmsOutcome =
  | { readonly kind: "accepted"; readonly providerId: string }
  /** Refused for good. */
  | { readonly kind: "refused"; readonly providerCode: string }
  /** Surely not taken; may be tried again. */
  | { readonly kind: "not_taken"; readonly reason: string; readonly retryAfterSeconds: number | null }
  /** No clear answer: it may have been taken. Look before sending again. */
  | { readonly kind: "unknown"; readonly reason: string };

export interface SmsLookUp {
  readonly to: Msisdn;
  readonly body: string;
  /** When the intent was committed (UTC). */
  readonly since: Date;
  /** Provider ids that belong to other intents. */
  readonly excludedIds: readonly string[];
}

export type SmsFound =
  | { readonly kind: "found"; readonly providerId: string }
  | { readonly kind: "not_found" }
  | { readonly kind: "unavailable"; readonly reason: string };

export interface SmsReport {
  readonly providerId: string;
  /** `other` is a status that we have no word for: nothing follows from it. */
  readonly status: "accepted" | "delivered" | "undelivered" | "refused" | "other";
  readonly providerCode: string | null;
}

export interface SmsPort {
  send(account: OpenRailAccount, sms: OutboundSms): Promise<SmsOutcome>;
  /** Asks the provider for a message it may have taken; sends nothing. */
  find(account: OpenRailAccount, wanted: SmsLookUp): Promise<SmsFound>;
  /** Checks the signature of a delivery report; null where it does not prove itself. */
  verify(account: OpenRailAccount, message: InboundMessage): SmsReport | null;
  /** The text to send: the merchant's template, or ours in `locale` (BCP 47) kept within two parts. */
  compose(input: ComposeSms): string;
  measure(text: string): SmsSize;
}

export interface ComposeSms {
  readonly kind: SmsKind;
  readonly locale: string;
  readonly template: string | null;
  readonly values: SmsValues;
}
