// The merchant's side: the API of the demo merchant.

import { randomUUID } from "node:crypto";
import { descriptionOf } from "../../test/description.ts";
import { demo } from "./demo.ts";
import { type Answer, send } from "./http.ts";
import { freshPhone } from "./phone.ts";

export interface Payment {
  readonly id: string;
  readonly invoice_id: string;
  readonly method: string;
  readonly state: string;
  readonly amount: number;
  readonly currency: string;
  readonly disposition: string | null;
  readonly card: { readonly brand: string; readonly last4: string } | null;
  readonly rail_reference: string | null;
  readonly superseded_at: string | null;
  readonly next_action: { readonly type: string; readonly url: string } | null;
}

export interface Invoice {
  readonly id: string;
  readonly state: string;
  readonly amount: number;
  readonly amount_paid: number;
  readonly currency: string;
  readonly merchant_reference: string | null;
  readonly payment_id: string | null;
  readonly opened_at: string | null;
  readonly pay_url: string;
}

export interface InvoiceDetail extends Invoice {
  readonly payments: readonly Payment[];
  readonly messages: readonly { readonly kind: string; readonly state: string }[];
  readonly available_methods: readonly {
    readonly method: string;
    readonly is_available: boolean;
    readonly pay_url: string | null;
  }[];
}

export interface TimelineEvent {
  readonly id: string;
  readonly type: string;
  readonly sequence: number;
}

/** Two lines at two tax rates, 249.00 together. */
export const LINES = [
  { description: "Swimming course", quantity: 1, unit_amount: 20_000, tax_rate: 25 },
  { description: "Swimming cap", quantity: 2, unit_amount: 2_450, tax_rate: 15 },
] as const;

/** An invoice with the phone it is for. */
export type NewInvoice = Invoice & { readonly phone: string };

/** An open invoice of NOK 249.00 for a phone of its own, without an SMS; `fields` as in the API win. */
export async function createInvoice(fields: Readonly<Record<string, unknown>> = {}): Promise<NewInvoice> {
  const { phone = freshPhone(), ...rest } = fields as { phone?: string };
  const invoice = await post<Invoice>("/invoices", {
    amount: 24_900,
    currency: "NOK",
    payer: { phone },
    description: "Swimming course, autumn",
    merchant_reference: `FSC-${phone.slice(-6)}`,
    send_sms: false,
    ...rest,
  });
  return { ...invoice, phone };
}

export async function getInvoice(id: string): Promise<InvoiceDetail> {
  return await read(await ask(`/invoices/${id}`));
}

export async function cancelInvoice(id: string): Promise<Invoice> {
  return await post(`/invoices/${id}/cancel`, undefined);
}

/** Opens an expired invoice again, until `expiresAt` (ISO 8601). */
export async function reopenInvoice(id: string, expiresAt: string): Promise<Invoice> {
  return await post(`/invoices/${id}/reopen`, { expires_at: expiresAt });
}

/** Starts a payment of an invoice by a known method. */
export async function createPayment(
  invoice: string,
  method: string,
  fields: Readonly<Record<string, unknown>> = {},
): Promise<Payment> {
  return await post("/payments", { invoice, method, ...fields });
}

/** Takes what is reserved. */
export async function confirmPayment(id: string): Promise<Payment> {
  return await post(`/payments/${id}/confirm`, undefined);
}

/** Gives back what is reserved. */
export async function cancelPayment(id: string): Promise<Payment> {
  return await post(`/payments/${id}/cancel`, undefined);
}

/** Everything that has happened to an invoice, oldest first. */
export async function timelineOf(id: string): Promise<readonly TimelineEvent[]> {
  return (await read<{ readonly data: readonly TimelineEvent[] }>(await ask(`/invoices/${id}/events`))).data;
}

/** How often an event stands in an invoice's timeline. */
export async function countEvents(id: string, type: string): Promise<number> {
  return (await timelineOf(id)).filter((event) => event.type === type).length;
}

export async function changeSettings(fields: Readonly<Record<string, unknown>>): Promise<void> {
  await read(await ask("/me", { method: "PATCH", json: fields }));
}

export async function readSettings(): Promise<Readonly<Record<string, unknown>>> {
  return await read(await ask("/me"));
}

async function post<T>(path: string, json: unknown): Promise<T> {
  return await read(await ask(path, { method: "POST", json }));
}

/** One call; an answer that the API's description does not promise fails the test that got it. */
async function ask(
  path: string,
  call: { readonly method?: string; readonly json?: unknown } = {},
): Promise<Answer> {
  const { method = "GET" } = call;
  const answer = await send(`${demo.base_url}/api/v1${path}`, {
    ...call,
    method,
    headers: { authorization: `Bearer ${demo.api_key}`, "idempotency-key": randomUUID() },
  });
  (await descriptionOf(demo.base_url)).check({
    method,
    path,
    status: answer.status,
    contentType: answer.headers["content-type"] ?? null,
    requestId: answer.headers["x-request-id"] === undefined ? null : String(answer.headers["x-request-id"]),
    text: answer.text,
  });
  return answer;
}

/** The body of an answer that is a success; tests that want a refusal ask for it themselves. */
async function read<T>(answer: Answer): Promise<T> {
  if (answer.status >= 300) throw new Error(`The API answered ${answer.status}: ${answer.text}`);
  return JSON.parse(answer.text) as T;
}
