import { until } from "../until.ts";
// Small steps that many database tests take.

import { parseCurrency } from "#lib/domain/currency.ts";
import { billableMoney } from "#lib/domain/money.ts";
import type { Msisdn } from "#lib/domain/msisdn.ts";
import type { CreateInvoiceInput } from "#lib/services/invoices/create.ts";

let lastNumber = 0;

/** A Norwegian mobile number that no other test uses; the last two digits tell the sandbox's carrier how to act. */
export function freshPhone(ending = "00"): Msisdn {
  lastNumber += 1;
  const middle = String((process.pid * 1000 + lastNumber) % 100_000).padStart(5, "0");
  return `+479${middle}${ending}` as Msisdn;
}

/** A valid invoice; what a test is about is given. */
export function invoiceInput(overrides: Partial<CreateInvoiceInput> = {}): CreateInvoiceInput {
  return {
    amount: billableMoney(24_900n, parseCurrency("NOK")),
    phone: freshPhone(),
    phoneCountry: "NO",
    description: "Swimming gala, two tickets",
    merchantReference: null,
    lines: [],
    purchaseCategory: null,
    dueAt: null,
    expiresAt: null,
    methods: null,
    locale: null,
    sms: { sender: null, text: null, sendAt: null },
    shouldSendSms: false,
    returnUrl: null,
    failureUrl: null,
    cancelUrl: null,
    landingUrl: null,
    callbackUrl: null,
    metadata: {},
    door: "native",
    ...overrides,
  };
}

export interface SandboxMessage {
  readonly sid: string;
  readonly to: string;
  readonly body: string;
  readonly status: string;
}

/** What the sandbox's phone has received, oldest first. */
export async function messagesOn(sandboxUrl: string, phone: string): Promise<SandboxMessage[]> {
  const response = await fetch(`${sandboxUrl}/phones/${encodeURIComponent(phone)}/messages`);
  return ((await response.json()) as { messages: SandboxMessage[] }).messages;
}

/** Answers the open prompt on a sandbox phone, waiting for it to appear. */
export async function answerPrompt(
  sandboxUrl: string,
  phone: string,
  answer: "approve" | "decline",
): Promise<void> {
  await until(`a prompt on ${phone}`, async () => {
    const response = await fetch(`${sandboxUrl}/phones/${encodeURIComponent(phone)}/${answer}`, {
      method: "POST",
    });
    await response.arrayBuffer();
    return response.ok;
  });
}

/** Pays an open hosted checkout page with a test card. Returns the status of the page's answer. */
export async function payHosted(url: string, number = "4242424242424242"): Promise<number> {
  const response = await fetch(`${url}/pay`, {
    method: "POST",
    redirect: "manual",
    body: new URLSearchParams({ number, exp: "12/34", cvc: "123", name: "Test" }),
  });
  await response.arrayBuffer();
  return response.status;
}

export interface Fault {
  readonly service: "stripe" | "twilio" | "carrier";
  readonly fault: string;
  readonly [option: string]: unknown;
}

/** Adds a fault at the sandbox, for one account; returns the function that takes it away. */
export async function addFault(
  sandboxUrl: string,
  account: string,
  fault: Fault,
): Promise<() => Promise<void>> {
  const response = await fetch(`${sandboxUrl}/faults`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...fault, account }),
  });
  const { id } = (await response.json()) as { id: string };
  return async () => {
    await fetch(`${sandboxUrl}/faults/${id}`, { method: "DELETE" });
  };
}

export interface SandboxRequest {
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly status: number | null;
  readonly idempotency_key: string | null;
}

/** The API requests that a sandbox account has received, oldest first. */
export async function requestsOf(sandboxUrl: string, account: string): Promise<SandboxRequest[]> {
  const response = await fetch(`${sandboxUrl}/requests?account=${encodeURIComponent(account)}`);
  return ((await response.json()) as { requests: SandboxRequest[] }).requests;
}

/** What waits for one object of the sandbox happens now. */
export async function hurry(sandboxUrl: string, id: string): Promise<void> {
  const response = await fetch(`${sandboxUrl}/hurry`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ id }),
  });
  await response.arrayBuffer();
}

/** The code that the sandbox's carrier has texted to a phone last. */
export async function carrierCodeOn(sandboxUrl: string, phone: string): Promise<string> {
  const message = (await messagesOn(sandboxUrl, phone)).findLast(({ body }) =>
    /^\d{6} is your code/.test(body),
  );
  if (message === undefined) throw new Error("The carrier has sent no code.");
  return message.body.slice(0, 6);
}

/** Another code of six digits than the right one. */
export const wrongCode = (right: string, step = 1) =>
  String((Number(right) + step) % 1_000_000).padStart(6, "0");
