// What follows a reservation at the carrier: the payer's code, then confirm or cancel. Whatever these calls
// answer, and also where their answer is lost, the carrier's record says what became of them.

import type { OpenRailAccount, RailAttempt, RailOutcome, ValidationOutcome } from "#lib/domain/ports/rail.ts";
import { renderPhone, renderValidation } from "#lib/wire/camara.ts";
import type { CarrierAnswer, CarrierClient } from "./client.ts";
import { queryPayment, stepsOf } from "./query.ts";

/** Refusals of a code, and whether the carrier takes another. */
const WRONG_CODES: ReadonlyMap<string, { readonly isFinal: boolean }> = new Map([
  ["CARRIER_BILLING.INVALID_CODE", { isFinal: false }],
  ["CARRIER_BILLING.VALIDATION_FAILED", { isFinal: true }],
]);

/** A code that the carrier does not even take for one, unless its record has moved on. */
const MALFORMED = "INVALID_ARGUMENT";

/** Gives the carrier the code that the payer typed. */
export async function validatePayment(
  call: CarrierClient,
  account: OpenRailAccount,
  attempt: RailAttempt,
  code: string,
): Promise<ValidationOutcome> {
  if (attempt.validationReference === null) return await queryPayment(call, account, attempt);
  const answer = await send(
    call,
    account,
    attempt,
    "validate",
    renderValidation(attempt.validationReference, code),
  );
  const refusal = answer?.kind === "refused" ? answer.code : "";
  const wrong = WRONG_CODES.get(refusal);
  if (wrong !== undefined) return { kind: "wrong_code", ...wrong };
  const after = await queryPayment(call, account, attempt);
  const isWaiting = after.kind === "validation";
  return refusal === MALFORMED && isWaiting ? { kind: "wrong_code", isFinal: false } : after;
}

/** Charges what is reserved. */
export async function confirmPayment(
  call: CarrierClient,
  account: OpenRailAccount,
  attempt: RailAttempt,
): Promise<RailOutcome> {
  await send(call, account, attempt, "confirm", renderPhone(attempt.phone));
  return await queryPayment(call, account, attempt);
}

/** Gives back what is reserved. A charge in one step cannot be called back: it is only asked about. */
export async function cancelPayment(
  call: CarrierClient,
  account: OpenRailAccount,
  attempt: RailAttempt,
): Promise<RailOutcome> {
  if (stepsOf(attempt) === "one") return await queryPayment(call, account, attempt);
  let known = attempt;
  if (attempt.railReference === null) {
    const found = await queryPayment(call, account, attempt);
    if (found.kind !== "pending" && found.kind !== "validation" && found.kind !== "authorized") return found;
    known = { ...attempt, railReference: found.railReference };
  }
  await send(call, account, known, "cancel", renderPhone(attempt.phone));
  return await queryPayment(call, account, known);
}

/** Null where the carrier has no id of the payment that we know. */
async function send(
  call: CarrierClient,
  account: OpenRailAccount,
  attempt: RailAttempt,
  step: "validate" | "confirm" | "cancel",
  body: object,
): Promise<CarrierAnswer | null> {
  if (attempt.railReference === null) return null;
  return await call(account, {
    method: "POST",
    path: `/payments/${encodeURIComponent(attempt.railReference)}/${step}`,
    correlator: attempt.paymentId,
    body,
    api: "secondStep",
  });
}
