// What carries money for us. A rail is asked, never tried: what it cannot do is known before any call.
// Its answers are data; only a defect throws.

import type { AmountBounds } from "../eligibility.ts";
import type { MerchantId, PaymentId, RailAccountId, RefundId } from "../ids.ts";
import type { Money } from "../money.ts";
import type { Msisdn } from "../msisdn.ts";
import type { DeclineCode, PaymentMethod } from "../payment.ts";
import type { RefundFailureCode } from "../refund.ts";
import type { Mode } from "../tenant.ts";
import type { InboundMessage } from "./inbound.ts";
import type { JsonValue } from "./json.ts";

export interface RailCapabilities {
  /** An open attempt can be closed so that no money moves on it. */
  readonly cancel: boolean;
  /** The amount can be reserved first and taken, or given back, later. */
  readonly twoSteps: boolean;
  /** Money can be sent back; `total` where only a whole payment can. */
  readonly refund: "none" | "total" | "partial";
  /** The rail asks the phone's owner, or its page shows the amount: consent is the rail's work. */
  readonly asksPayer: boolean;
}

/** A merchant's account at a rail, opened for one call. `credentials` are the rail's own shape. */
export interface OpenRailAccount {
  readonly id: RailAccountId;
  readonly mode: Mode;
  /** The sandbox's address, a carrier's own, or null for a provider with one fixed address. */
  readonly baseUrl: string | null;
  readonly credentials: JsonValue;
  readonly settings: JsonValue;
}

/** What a rail needs to know to build its request. No phone number and no link: the request is stored. */
export interface AttemptTerms {
  readonly paymentId: PaymentId;
  readonly merchantId: MerchantId;
  readonly amount: Money;
  /** Text for the payer's statement or the hosted page. */
  readonly description: string;
  readonly merchantName: string;
  readonly merchantReference: string | null;
  readonly purchaseCategory: string | null;
  /** BCP 47. */
  readonly locale: string;
  /** False: only reserve the amount. */
  readonly shouldCapture: boolean;
  /** What the rail said of two steps for this account and phone. */
  readonly hasTwoSteps: boolean;
  /** The invoice's deadline, in real time (UTC): a rail knows nothing of a test merchant's clock. */
  readonly expiresAt: Date;
  /** The database's time when the attempt was made (UTC). */
  readonly now: Date;
}

/** An attempt as stored, with what must not be stored filled in for the call. */
export interface RailAttempt {
  readonly paymentId: PaymentId;
  readonly merchantId: MerchantId;
  readonly amount: Money;
  /** Our own key for this attempt at this rail; the same on every repeat. */
  readonly railKey: string;
  /** What `prepare` returned, unchanged. */
  readonly railRequest: JsonValue;
  /** The rail's own id, once known. */
  readonly railReference: string | null;
  readonly shouldCapture: boolean;
  readonly settlementReference: string | null;
  /** What the carrier calls the validation it waits for. */
  readonly validationReference: string | null;
  readonly phone: Msisdn;
  /** Our payer pages for this invoice, without a trailing slash. */
  readonly payUrl: string;
  /** Where the rail sends notifications about this attempt, and the bearer token that proves them. */
  readonly notificationUrl: string;
  readonly notificationToken: string;
  /** UTC; after it the token proves nothing. */
  readonly notificationTokenExpiresAt: Date;
  /** When the rail was first asked (UTC). */
  readonly submittedAt: Date;
  /** The database's time (UTC). */
  readonly now: Date;
}

export interface RailDetails {
  readonly cardBrand?: string;
  readonly cardLast4?: string;
  /** What finds the payment in the rail’s own reports of what it settles. */
  readonly settlementReference?: string;
}

/** Everything a rail can say about an attempt. Amounts as the rail states them. */
export type RailOutcome =
  | {
      readonly kind: "redirect";
      readonly railReference: string;
      readonly url: string;
      /** UTC; after it the page is closed by the rail. */
      readonly expiresAt: Date;
    }
  | { readonly kind: "pending"; readonly railReference: string }
  | { readonly kind: "processing"; readonly railReference: string }
  /** The carrier waits for a code that it sent by SMS, or for the payer's word on a page of its own. */
  | {
      readonly kind: "validation";
      readonly railReference: string;
      readonly by: "code" | "link";
      readonly url: string | null;
      readonly reference: string | null;
      /** UTC; null where the rail does not say. */
      readonly expiresAt: Date | null;
    }
  /** The amount is reserved. */
  | {
      readonly kind: "authorized";
      readonly railReference: string;
      readonly amount: Money;
      readonly details: RailDetails;
      /** UTC; null where the rail does not say. */
      readonly expiresAt: Date | null;
    }
  | {
      readonly kind: "succeeded";
      readonly railReference: string;
      readonly amount: Money;
      readonly details: RailDetails;
      /** What the rail kept for its work, where it says so in the amount's currency. */
      readonly cost?: Money;
    }
  | {
      readonly kind: "declined";
      readonly railReference: string | null;
      readonly code: DeclineCode;
      /** The rail's own code, for the merchant's eyes. */
      readonly railCode: string;
    }
  | { readonly kind: "cancelled"; readonly railReference: string }
  | { readonly kind: "expired"; readonly railReference: string }
  /** The rail's record names another payment, amount or mode than ours: never settled on. */
  | { readonly kind: "contradiction"; readonly reason: string }
  /** Asked, and the rail does not know the attempt. Not proof that it never will. */
  | { readonly kind: "not_found" }
  /** No answer, or none that settles anything. A timeout is not a failure. */
  | { readonly kind: "unknown"; readonly reason: string };

/** What a rail says about a code that the payer typed: an outcome, or that the code is wrong. */
export type ValidationOutcome = RailOutcome | { readonly kind: "wrong_code"; readonly isFinal: boolean };

/** What a rail needs to know to build its request for a refund; the request is stored. */
export interface RefundTerms {
  readonly refundId: RefundId;
  readonly paymentId: PaymentId;
  readonly merchantId: MerchantId;
  readonly merchantName: string;
  readonly amount: Money;
  /** True where it is the whole of what was captured, and nothing went back before. */
  readonly isTotal: boolean;
  readonly reason: string | null;
  readonly payment: { readonly railReference: string; readonly settlementReference: string | null };
}

/** A refund as stored, with what must not be stored filled in for the call. */
export interface RailRefund {
  readonly refundId: RefundId;
  readonly paymentId: PaymentId;
  readonly amount: Money;
  /** Our own key for this refund at this rail; the same on every repeat. */
  readonly railKey: string;
  /** What `prepareRefund` returned, unchanged. */
  readonly railRequest: JsonValue;
  readonly railReference: string | null;
  /** False where it is over by all that we know: it is asked about, and never asked for again. */
  readonly canRepeat: boolean;
  readonly payment: { readonly railReference: string; readonly settlementReference: string | null };
  readonly phone: Msisdn;
  readonly notificationUrl: string;
  readonly notificationToken: string;
  /** UTC; after it the token proves nothing. */
  readonly notificationTokenExpiresAt: Date;
  /** When the rail was first asked (UTC). */
  readonly submittedAt: Date;
  /** The database's time (UTC). */
  readonly now: Date;
}

/** Everything a rail can say about a refund. */
export type RefundOutcome =
  | { readonly kind: "pending"; readonly railReference: string }
  | { readonly kind: "succeeded"; readonly railReference: string; readonly amount: Money }
  | {
      readonly kind: "failed";
      readonly railReference: string | null;
      readonly code: RefundFailureCode;
      readonly railCode: string;
    }
  | { readonly kind: "contradiction"; readonly reason: string }
  /** The rail surely has no such refund: it may be asked for it again, with the same key. */
  | { readonly kind: "not_taken"; readonly reason: string }
  | { readonly kind: "unknown"; readonly reason: string };

/** A refund that the rail names; it may have been made at the rail itself. */
export interface RailRefundRecord {
  readonly railReference: string;
  /** Ours, where we asked for it. */
  readonly refundId: RefundId | null;
  readonly settlementReference: string | null;
  readonly outcome: RefundOutcome;
  readonly amount: Money;
}

/** A dispute as the rail has it. Amounts as the rail states them, in the payment's currency. */
export interface RailDisputeRecord {
  readonly railReference: string;
  readonly settlementReference: string | null;
  readonly state: "inquiry" | "open" | "won" | "lost" | "closed";
  readonly amount: Money;
  /** What the rail keeps for it at the moment; minor units of the amount's currency. */
  readonly feeMinor: bigint;
  readonly reason: string;
  /** UTC. */
  readonly evidenceDueAt: Date | null;
}

export type RecordAnswer<T> =
  | { readonly kind: "found"; readonly record: T }
  /** `settlementReference`: the payment that it is about, where that much can be read. */
  | { readonly kind: "contradiction"; readonly reason: string; readonly settlementReference?: string | null }
  | { readonly kind: "not_found" }
  | { readonly kind: "unknown"; readonly reason: string };

/** A message of the rail that has been verified: what to ask about, and an id to store it once by. */
export interface VerifiedNotification {
  readonly eventId: string;
  readonly eventType: string;
  readonly paymentId: PaymentId | null;
  readonly railReference: string | null;
  /** The refund of ours that it is about, where the rail names it. */
  readonly refundId: RefundId | null;
  /** The rail's own ids of a refund or a dispute that it is about. */
  readonly refundReference: string | null;
  readonly disputeReference: string | null;
}

/** What a bearer token of ours was given out for. */
export type TokenSubject =
  | { readonly paymentId: PaymentId; readonly refundId: null }
  | { readonly paymentId: null; readonly refundId: RefundId };

export interface Rail {
  readonly method: PaymentMethod;
  /** `phone`: whose, where an account's subscribers differ. */
  capabilities(account: Pick<OpenRailAccount, "settings">, phone?: Msisdn): RailCapabilities;
  /** The rail's own bounds for one payment in this currency; null: the rail does not carry it. */
  boundsFor(currency: string): AmountBounds | null;
  /** Builds the request to store before the call. Pure: the same terms give the same request. */
  prepare(terms: AttemptTerms): JsonValue;
  /** Asks the rail to take the money. Not every rail knows a repeat from a second request: services call it once. */
  begin(account: OpenRailAccount, attempt: RailAttempt): Promise<RailOutcome>;
  /** Asks the rail for the truth about an attempt; moves no money. */
  query(account: OpenRailAccount, attempt: RailAttempt): Promise<RailOutcome>;
  /** Closes an open attempt, a reserved one too; answers with what the rail's record says afterwards. */
  cancel(account: OpenRailAccount, attempt: RailAttempt): Promise<RailOutcome>;
  /** Gives the rail the code that the payer typed; only of rails with two steps. */
  validate?(account: OpenRailAccount, attempt: RailAttempt, code: string): Promise<ValidationOutcome>;
  /** Takes a reserved amount; the same call again takes it once. Only of rails with two steps. */
  capture?(account: OpenRailAccount, attempt: RailAttempt): Promise<RailOutcome>;
  /** Builds the request of a refund to store before the call. Pure. Only of rails that refund. */
  prepareRefund?(terms: RefundTerms): JsonValue;
  /** Asks the rail to send money back. Services call it once. */
  refund?(account: OpenRailAccount, refund: RailRefund): Promise<RefundOutcome>;
  /** Asks the rail for the truth about a refund; sends no money that was not asked for before. */
  queryRefund?(account: OpenRailAccount, refund: RailRefund): Promise<RefundOutcome>;
  /** Reads a refund that the rail has told of. */
  readRefund?(account: OpenRailAccount, railReference: string): Promise<RecordAnswer<RailRefundRecord>>;
  /** Reads a dispute that the rail has told of. */
  readDispute?(account: OpenRailAccount, railReference: string): Promise<RecordAnswer<RailDisputeRecord>>;
  /**
   * Checks the raw bytes of a message; null where they do not prove themselves. `checkToken` tells what
   * of this account a bearer token was given out for.
   */
  verify(
    account: OpenRailAccount,
    message: InboundMessage,
    checkToken: (token: string) => TokenSubject | null,
  ): Promise<VerifiedNotification | null>;
}
