// A person who works for merchants: the address that names them, and how the verbs about them refuse.

import type { Brand } from "./brand.ts";

/** Lower case, ASCII, without quotes or comments. */
export type Email = Brand<string, "Email">;

const EMAIL =
  /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/;
const EMAIL_MAX = 254;

/**
 * The address, or null. Only plain ASCII is taken, before anything is folded: look-alikes and full-width signs must
 * never become somebody else's address.
 */
export function parseEmail(text: string): Email | null {
  const trimmed = text.trim();
  if (trimmed.length > EMAIL_MAX || !/^[\x21-\x7e]*$/.test(trimmed)) return null;
  const lower = trimmed.toLowerCase();
  return EMAIL.test(lower) ? (lower as Email) : null;
}

export const PASSWORD_LENGTH_MIN = 12;
export const PASSWORD_LENGTH_MAX = 200;

/** The closed list of refusals; the screens have a sentence for each. */
export const PERSON_REFUSALS = [
  "credentials_wrong",
  "factor_wrong",
  "factor_exhausted",
  "factor_not_begun",
  "too_many_tries",
  "signed_out",
  "email_invalid",
  "password_too_short",
  "password_too_long",
  "password_common",
  "link_dead",
  "already_member",
  "not_member",
  "last_owner",
  "role_above_yours",
] as const;
export type PersonRefusal = (typeof PERSON_REFUSALS)[number];

const BRAND = Symbol.for("billtext.PersonError");

/** A refusal with a stable code. */
export class PersonError extends Error {
  /** A bundler may load this module twice in one process; an error of either copy is one of ours. */
  static override [Symbol.hasInstance](value: unknown): value is PersonError {
    return typeof value === "object" && value !== null && BRAND in value;
  }

  readonly [BRAND] = true;
  readonly code: PersonRefusal;
  readonly retryAfterSeconds: number | null;

  constructor(code: PersonRefusal, retryAfterSeconds: number | null = null) {
    super(code);
    this.name = "PersonError";
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
