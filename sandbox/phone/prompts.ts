// The carrier's questions on the virtual phone: one for each payment that waits for its subscriber.
import { writeThousandths } from "../carrier/amounts.ts";
import type { CarrierPayment } from "../carrier/records.ts";
import type { Sandbox } from "../sandbox.ts";
import type { Entry } from "../store/collection.ts";

/** The id is the payment's. `closed` means that the payment was decided some other way. */
export type Prompt = Entry & {
  phone: string;
  text: string;
  merchant: string;
  amount: string;
  description: string;
  state: "open" | "approved" | "declined" | "closed";
  /** Milliseconds since 1970, UTC. */
  createdAt: number;
  answeredAt: number | null;
};

/** Puts the question for `payment` on its phone. */
export function openPrompt(sandbox: Sandbox, payment: CarrierPayment): void {
  const amount = writeThousandths(payment.totalThousandths, payment.currency);
  sandbox.prompts.insert({
    id: payment.id,
    account: payment.account,
    phone: payment.phone,
    text: `${payment.merchantName} wants to charge ${amount} to your phone bill`,
    merchant: payment.merchantName,
    amount,
    description: descriptionOf(payment),
    state: "open",
    createdAt: Date.now(),
    answeredAt: null,
  });
  sandbox.phones.changed(payment.phone);
}

/** Marks a prompt as answered. */
export function closePrompt(
  sandbox: Sandbox,
  prompt: Prompt,
  state: "approved" | "declined" | "closed",
): void {
  sandbox.prompts.save({ ...prompt, state, answeredAt: Date.now() });
  sandbox.phones.changed(prompt.phone);
}

/** Takes the payment's question off the phone, if it still stands there. */
export function cancelPrompt(sandbox: Sandbox, paymentId: string): void {
  const prompt = sandbox.prompts.find(paymentId);
  if (prompt?.state === "open") {
    closePrompt(sandbox, prompt, "closed");
  }
}

/** Open prompts of a phone, oldest first. */
export function openPrompts(sandbox: Sandbox, phone: string): Prompt[] {
  return promptsOf(sandbox, phone).filter((prompt) => prompt.state === "open");
}

/** All prompts of a phone, oldest first. */
export function promptsOf(sandbox: Sandbox, phone: string): Prompt[] {
  return sandbox.prompts.select("body->>'$.phone' = ?", phone);
}

function descriptionOf(payment: CarrierPayment): string {
  const information = payment.paymentAmount.chargingInformation as { description: string };
  return information.description;
}
