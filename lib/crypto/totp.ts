// Time-based one-time codes (RFC 6238): six digits, 30 seconds, SHA-1, as every authenticator app has them.

import { Secret, TOTP } from "otpauth";

const PERIOD_SECONDS = 30;
/** Steps on either side that are taken for clocks that are not right. */
const WINDOW = 1;

/** A new secret, in base32. */
export function newTotpSecret(): string {
  return new Secret({ size: 20 }).base32;
}

const totpOf = (secret: string, label = "") =>
  new TOTP({ issuer: "Billtext", label, secret: Secret.fromBase32(secret), period: PERIOD_SECONDS });

/** The `otpauth://` address that apps read as a QR code. */
export function totpUri(secret: string, email: string): string {
  return totpOf(secret, email).toString();
}

/** The time step of a code that is right at `now` (UTC), or null. A step must not be taken twice. */
export function totpStep(secret: string, code: string, now: Date): number | null {
  const timestamp = now.getTime();
  const delta = totpOf(secret).validate({ token: code, timestamp, window: WINDOW });
  return delta === null ? null : Math.floor(timestamp / 1000 / PERIOD_SECONDS) + delta;
}
