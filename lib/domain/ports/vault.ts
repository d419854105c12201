// Secrets: sealed values, look-up hashes, derived tokens. Key ids stay with what they made, so keys rotate.

import type { InvoiceId } from "../ids.ts";
import type { Msisdn } from "../msisdn.ts";

export interface DerivedLinkToken {
  readonly token: string;
  /** SHA-256 of the token: all that is stored of it. */
  readonly hash: Uint8Array;
  readonly keyId: number;
}

export interface Vault {
  /** Encrypts and authenticates; `context` must be the same when it is opened. */
  seal(plain: string, context: string): Uint8Array;
  open(sealed: Uint8Array, context: string): string;
  /** Keyed look-up hashes of a phone number, one a key, the current key's first: store the first, seek any. */
  phoneHashes(phone: Msisdn): readonly [Uint8Array, ...Uint8Array[]];
  /** The 22-character token of an invoice's link. The same inputs always give the same token. */
  linkToken(invoiceId: InvoiceId, counter: number, keyId?: number): DerivedLinkToken;
  hash(text: string): Uint8Array;
  /** A proof for `text` that only we can make, for tokens that need no row. */
  sign(purpose: string, text: string, keyId?: number): string;
  verify(purpose: string, text: string, proof: string): boolean;
  /** Cryptographically random base62. */
  random(length: number): string;
}
