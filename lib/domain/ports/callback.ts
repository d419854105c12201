// How merchants are called back.

import type { Brand } from "../brand.ts";
import type { Mode } from "../tenant.ts";

/** An address that passed the guard when it was saved. It is checked again at every send. */
export type VettedUrl = Brand<string, "VettedUrl">;

export interface CallbackRequest {
  readonly url: string;
  readonly mode: Mode;
  readonly eventId: string;
  readonly body: string;
  /** Standard Webhooks secrets (`whsec_…`), newest first; each signs. */
  readonly secrets: readonly string[];
  /** The database's time (UTC); it is what receivers check. */
  readonly now: Date;
}

/** One try. Durations in milliseconds. */
export interface CallbackResult {
  readonly isDelivered: boolean;
  /** Status of the answer, or null where there was none. */
  readonly status: number | null;
  /** Why there was no answer, or why it was not even tried; null after any answer. */
  readonly failure: string | null;
  readonly isBlocked: boolean;
  readonly retryAfterSeconds: number | null;
  /** The first 2 KB of the answer. */
  readonly responseText: string;
  readonly durationMs: number;
  readonly resolvedIp: string | null;
}

export interface CallbackPort {
  /** Sends once; follows no redirect, reaches no private address. Never throws for the receiver's sake. */
  post(request: CallbackRequest): Promise<CallbackResult>;
  /**
   * Checks an address before it is stored. Names only, https only (loopback http in test mode), and no name
   * that resolves to a private address; a name that does not resolve at all is left to the check at each send.
   *
   * @throws url_not_allowed  with the reason
   */
  vet(url: string, mode: Mode, pointer: string): Promise<VettedUrl>;
}
