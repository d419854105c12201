// The subscriber's decision on a payment, however it comes: from the phone, or from a simulation.
import { closePrompt } from "../phone/prompts.ts";
import type { Sandbox } from "../sandbox.ts";
import type { OneStep } from "./one-step.ts";
import { movePayment } from "./payment.ts";
import type { CarrierPayment } from "./records.ts";
import { endConfirmation, reserve, runOut } from "./two-step.ts";

export type Decision = "approve" | "decline" | "expire";

/** Answers the payment's prompt, if there is one, and charges or denies it. */
export function answerPayment(
  sandbox: Sandbox,
  oneStep: OneStep,
  payment: CarrierPayment,
  isApproved: boolean,
): void {
  const prompt = sandbox.prompts.find(payment.id);
  sandbox.database.transaction(() => {
    if (prompt?.state === "open") {
      closePrompt(sandbox, prompt, isApproved ? "approved" : "declined");
    }
    oneStep.answer(payment, isApproved);
  });
}

/**
 * Brings the payment forward as its subscriber, or the clock, would. False when its status leaves nothing to
 * decide: a reservation waits for its merchant, so it can only run out.
 */
export function decidePayment(
  sandbox: Sandbox,
  oneStep: OneStep,
  payment: CarrierPayment,
  decision: Decision,
): boolean {
  const { status, validation } = payment;
  if (status === "reserved") {
    return payment.isConfirmed
      ? decideConfirmed(sandbox, payment, decision)
      : expire(sandbox, payment, decision);
  }
  if (status !== "processing" && status !== "pending_validation") {
    return false;
  }
  if (decision === "expire") {
    movePayment(sandbox, payment, "denied", "The subscriber did not answer in time.");
  } else if (payment.steps === "one") {
    answerPayment(sandbox, oneStep, payment, decision === "approve");
  } else if (decision === "decline") {
    movePayment(sandbox, payment, "denied", "The subscriber declined.");
  } else if (validation?.action === "validate") {
    reserve(sandbox, { ...payment, validation: { ...validation, isPassed: true } });
  } else {
    reserve(sandbox, payment);
  }
  return true;
}

function expire(sandbox: Sandbox, payment: CarrierPayment, decision: Decision): boolean {
  return decision === "expire" && runOut(sandbox, payment);
}

function decideConfirmed(sandbox: Sandbox, payment: CarrierPayment, decision: Decision): boolean {
  if (decision === "expire") {
    return false;
  }
  endConfirmation(sandbox, payment, decision === "approve");
  return true;
}
