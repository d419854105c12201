// The other side of the rails: what the sandbox saw, and what its people do.

import { demo } from "./demo.ts";
import { type Answer, type Call, send } from "./http.ts";

const ACCOUNT = `demo-${demo.merchant_id}`;

export interface Session {
  readonly id: string;
  readonly status: "open" | "complete" | "expired";
  readonly payment_status: string;
  readonly locale: string | null;
  readonly amount_total: number;
  readonly currency: string;
  readonly client_reference_id: string;
}

interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  readonly status: number | null;
  readonly idempotency_key: string | null;
}

export interface Prompt {
  readonly payment_id: string;
  readonly text: string;
  readonly state: "open" | "approved" | "declined" | "closed";
}

export const CARDS = {
  visa: "4242 4242 4242 4242",
  declined: "4000 0000 0000 0002",
  needsAuthentication: "4000 0027 6000 3184",
  /** Completes unpaid, and succeeds 5 seconds later. */
  succeedsLater: "4000 0000 0000 5001",
} as const;

export const phoneUrl = (phone: string) => `${demo.sandbox_url}/phones/${encodeURIComponent(phone)}`;

/** Texts on a phone, oldest first. */
export async function textsOn(phone: string): Promise<readonly string[]> {
  const { messages } = await ask<{ messages: { body: string }[] }>(`/phones/${phone}/messages`);
  return messages.map((message) => message.body);
}

export async function promptsOn(phone: string): Promise<readonly Prompt[]> {
  return (await ask<{ prompts: Prompt[] }>(`/phones/${phone}/prompts`)).prompts;
}

/** The phone's owner answers the open prompt. */
export async function answerPrompt(phone: string, answer: "approve" | "decline"): Promise<void> {
  await ask(`/phones/${phone}/${answer}`, { json: {} });
}

/** The id of the session behind the address of its hosted page. */
export function sessionIdOf(url: string): string {
  const id = /\/checkout\/c\/(cs_test_[0-9A-Za-z]+)/.exec(url)?.[1];
  if (id === undefined) throw new Error(`No hosted page: ${url}`);
  return id;
}

export const hostedUrl = (sessionId: string) => `${demo.sandbox_url}/checkout/c/${sessionId}`;

/** The session as Stripe's API shows it to the merchant's account. */
export async function getSession(id: string): Promise<Session> {
  return await ask(`/v1/checkout/sessions/${id}`, { headers: { authorization: await stripeKey() } });
}

/** Sessions that were asked for on behalf of these payments, told by the payment's id in the retry key. */
export async function sessionRequestsOf(paymentIds: readonly string[]): Promise<readonly LoggedRequest[]> {
  return (await requestsOf("stripe")).filter(
    (entry) =>
      entry.method === "POST" &&
      entry.path === "/v1/checkout/sessions" &&
      paymentIds.some((id) => entry.idempotency_key?.startsWith(id)),
  );
}

/** Everything one of the services was asked for the demo merchant, oldest first. */
export async function requestsOf(
  service: "stripe" | "carrier" | "twilio",
): Promise<readonly LoggedRequest[]> {
  const { requests } = await ask<{ requests: LoggedRequest[] }>(
    `/requests?service=${service}&account=${ACCOUNT}`,
  );
  return requests;
}

/** Pays on the hosted page without a browser. Where the hosted page then leads. */
export async function payHosted(sessionId: string, number: string = CARDS.visa): Promise<string> {
  const answer = await send(`${hostedUrl(sessionId)}/pay`, {
    form: { number, exp: "12/40", cvc: "123", name: "Test Payer" },
  });
  if (answer.headers.location === undefined) throw new Error(`The card was not accepted: ${answer.status}`);
  return answer.headers.location;
}

/** What waits for a session or a payment happens now. */
export async function hurry(id: string): Promise<void> {
  await ask("/hurry", { json: { id } });
}

/** A fault of one of the services; `path` keeps it to one test's own object. */
export async function addFault(fault: Readonly<Record<string, unknown>> & { path: string }): Promise<void> {
  await ask("/faults", { json: { account: ACCOUNT, ...fault } });
}

let key: Promise<string> | null = null;

/** Read with the settings left as they are. */
async function stripeKey(): Promise<string> {
  key ??= ask<{ stripe: { secret_key: string } }>(`/accounts/${ACCOUNT}`, { method: "PUT", json: {} }).then(
    (account) => `Bearer ${account.stripe.secret_key}`,
  );
  return await key;
}

/** Changes how the sandbox treats the demo merchant's account. */
export async function putAccount(change: Readonly<Record<string, unknown>>): Promise<void> {
  await ask(`/accounts/${ACCOUNT}`, { method: "PUT", json: change });
}

async function ask<T>(path: string, call: Call = {}): Promise<T> {
  const answer: Answer = await send(`${demo.sandbox_url}${path}`, call);
  if (answer.status >= 300)
    throw new Error(`The sandbox answered ${answer.status} to ${path}: ${answer.text}`);
  return JSON.parse(answer.text) as T;
}
