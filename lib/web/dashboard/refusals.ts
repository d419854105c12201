// What people are told when a verb refuses, in the dashboard's words.

import { ServiceError } from "#lib/domain/errors.ts";
import { PASSWORD_LENGTH_MIN, PERSON_REFUSALS, PersonError, type PersonRefusal } from "#lib/domain/person.ts";

const SENTENCES: { readonly [R in PersonRefusal]: string } = {
  credentials_wrong: "The address or the password is not right.",
  factor_wrong: "That code is not right.",
  factor_exhausted: "Too many wrong codes. Sign in again.",
  factor_not_begun: "Start again: there is no second factor waiting to be confirmed.",
  too_many_tries: "Too many tries. Wait a while, then try again.",
  signed_out: "You have been signed out. Sign in again.",
  email_invalid: "Give an address such as name@example.com.",
  password_too_short: `Choose a password of at least ${PASSWORD_LENGTH_MIN} characters.`,
  password_too_long: "That password is too long.",
  password_common: "That password is easy to guess. Choose another one.",
  link_dead: "This link has been used, or is too old. Ask for a new one.",
  already_member: "This person is in the team already.",
  not_member: "This person is not in the team any more.",
  last_owner: "A merchant needs an owner: make somebody else one first.",
  role_above_yours: "Only owners can do this to owners.",
};

const UNAVAILABLE = "That did not work just now. Try again in a moment.";

/** The sentence for a code that came in an address, where it is one of ours. */
export function sentenceFor(code: string | null): string | null {
  if (code === null) return null;
  const known = PERSON_REFUSALS.find((refusal) => refusal === code);
  return known === undefined ? UNAVAILABLE : SENTENCES[known];
}

/** The sentence for what a verb threw; what is nobody's refusal is thrown on. */
export function refusalSentence(error: unknown): string {
  if (error instanceof PersonError) {
    const wait = error.retryAfterSeconds;
    if (error.code !== "too_many_tries" || wait === null) return SENTENCES[error.code];
    const minutes = Math.ceil(wait / 60);
    return `Too many tries. Try again in ${minutes === 1 ? "a minute" : `${minutes} minutes`}.`;
  }
  if (error instanceof ServiceError)
    return error.code === "service_unavailable" ? UNAVAILABLE : error.message;
  throw error;
}
