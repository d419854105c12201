// Brings invoices to where a payer may stand, over HTTP alone, for tests that are about a page and not the way to it.

import { expect } from "@playwright/test";
import { cancelInvoice, createInvoice, getInvoice, LINES, type NewInvoice } from "./api.ts";
import { demo } from "./demo.ts";
import { type Answer, open, send } from "./http.ts";
import { BARRED, freshPhone } from "./phone.ts";
import { answerPrompt, payHosted, sessionIdOf } from "./sandbox.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The value of the page's hidden field, which proves that a form was read from our page. */
export async function readProof(payUrl: string): Promise<string> {
  const proof = /name="proof" value="([^"]+)"/.exec((await send(payUrl)).text)?.[1];
  if (proof === undefined) throw new Error("There is no form on the page.");
  return proof;
}

/** Sends the form of a payer's page as a client without fetch metadata would. */
export async function postForm(payUrl: string, action: string, fields: Fields = {}): Promise<Answer> {
  const proof = await readProof(payUrl);
  return await send(`${payUrl}/${action}`, { form: { proof, ...(fields as Record<string, string>) } });
}

/** Chooses a method; where the payer is led. */
export async function choose(payUrl: string, method: "card" | "carrier_billing"): Promise<string> {
  const answer = await postForm(payUrl, "pay", { method });
  const { location } = answer.headers;
  if (answer.status !== 303 || location === undefined) throw new Error(`Choosing answered ${answer.status}.`);
  return new URL(location, payUrl).href;
}

export async function startCard(fields: Fields = {}): Promise<NewInvoice & { readonly sessionId: string }> {
  const invoice = await createInvoice(fields);
  return { ...invoice, sessionId: sessionIdOf(await choose(invoice.pay_url, "card")) };
}

export async function startPhoneBill(fields: Fields = {}): Promise<NewInvoice> {
  const invoice = await createInvoice(fields);
  const url = await choose(invoice.pay_url, "carrier_billing");
  expect(url).toBe(`${invoice.pay_url}/waiting`);
  return invoice;
}

export async function payByCard(fields: Fields = {}): Promise<NewInvoice> {
  const invoice = await startCard(fields);
  await open(await payHosted(invoice.sessionId));
  return await expectState(invoice, "paid");
}

export async function payOnPhoneBill(fields: Fields = {}): Promise<NewInvoice> {
  const invoice = await startPhoneBill(fields);
  await answerPrompt(invoice.phone, "approve");
  return await expectState(invoice, "paid");
}

/** A charge that the carrier refused. */
export async function failOnPhoneBill(fields: Fields = {}): Promise<NewInvoice> {
  const invoice = await createInvoice({ phone: freshPhone(BARRED), ...fields });
  const url = await choose(invoice.pay_url, "carrier_billing");
  expect(url).toBe(`${invoice.pay_url}/failed`);
  return invoice;
}

/** An unanswered prompt, given up for another way. */
export async function supersedePhoneBill(fields: Fields = {}): Promise<NewInvoice> {
  const invoice = await startPhoneBill(fields);
  const proof = await readProof(`${invoice.pay_url}/waiting`);
  await send(`${invoice.pay_url}/change`, { form: { proof } });
  return invoice;
}

export async function cancel(fields: Fields = {}): Promise<NewInvoice> {
  const invoice = await createInvoice(fields);
  await cancelInvoice(invoice.id);
  return invoice;
}

/** `expires_at` a little ahead; long enough to do something first. */
export const soon = (ms: number) => new Date(Date.now() + ms).toISOString();

export async function expire(fields: Fields = {}): Promise<NewInvoice> {
  const invoice = await createInvoice({ expires_at: soon(2_500), ...fields });
  return await expectState(invoice, "expired");
}

export async function expectState<T extends { readonly id: string }>(invoice: T, state: string): Promise<T> {
  await expect.poll(async () => (await getInvoice(invoice.id)).state, { timeout: 10_000 }).toBe(state);
  return invoice;
}

/** Every page that a payer may get: how it comes about, its address, and its main heading in two languages. */
export interface PayerPage {
  readonly name: string;
  /** Makes it, for an invoice with these fields; returns its address. */
  readonly make: (fields: Fields) => Promise<string>;
  readonly heading: { readonly en: string | RegExp; readonly nb: string | RegExp };
}

const CHOOSE = { en: /^Pay /, nb: /^Betal / };
const link = (invoice: NewInvoice) => invoice.pay_url;
const under = (path: string) => (invoice: NewInvoice) => `${invoice.pay_url}/${path}`;

export const PAYER_PAGES: readonly PayerPage[] = [
  { name: "landing, two methods", heading: CHOOSE, make: (fields) => createInvoice(fields).then(link) },
  {
    name: "landing, one method",
    heading: CHOOSE,
    make: (fields) => createInvoice({ methods: ["card"], ...fields }).then(link),
  },
  {
    name: "landing, lines and addresses of the merchant",
    heading: CHOOSE,
    make: (fields) =>
      createInvoice({
        lines: LINES,
        due_at: soon(7 * 86_400_000),
        cancel_url: `${demo.base_url}/shop`,
        ...fields,
      }).then(link),
  },
  {
    name: "landing, card begun",
    heading: CHOOSE,
    make: (fields) => startCard(fields).then(link),
  },
  {
    name: "landing, phone bill given up",
    heading: CHOOSE,
    make: (fields) => supersedePhoneBill(fields).then(link),
  },
  {
    name: "waiting for the phone",
    heading: { en: "Approve it on your phone", nb: "Godkjenn på telefonen" },
    make: (fields) => startPhoneBill(fields).then(under("waiting")),
  },
  {
    name: "waiting, refresh off",
    heading: { en: "Approve it on your phone", nb: "Godkjenn på telefonen" },
    make: (fields) => startPhoneBill(fields).then(under("waiting?refresh=off")),
  },
  {
    name: "waiting, card not finished",
    heading: { en: "Your card payment is not finished", nb: "Kortbetalingen er ikke fullført" },
    make: (fields) => startCard(fields).then(under("waiting")),
  },
  {
    name: "failed",
    heading: { en: "The payment was not made", nb: "Betalingen ble ikke gjennomført" },
    make: (fields) => failOnPhoneBill(fields).then(under("failed")),
  },
  {
    name: "receipt, card",
    heading: { en: "Paid, thank you", nb: "Betalt, takk" },
    make: (fields) =>
      payByCard({ lines: LINES, return_url: `${demo.base_url}/shop`, ...fields }).then(under("receipt")),
  },
  {
    name: "receipt, phone bill",
    heading: { en: "Paid, thank you", nb: "Betalt, takk" },
    make: (fields) => payOnPhoneBill(fields).then(under("receipt")),
  },
  {
    name: "already paid",
    heading: { en: "This is already paid", nb: "Dette er allerede betalt" },
    make: (fields) => payOnPhoneBill(fields).then(link),
  },
  {
    name: "expired",
    heading: { en: "This can no longer be paid", nb: "Dette kan ikke betales lenger" },
    make: (fields) => expire(fields).then(link),
  },
  {
    name: "withdrawn",
    heading: { en: / has withdrawn this$/, nb: / har trukket dette tilbake$/ },
    make: (fields) => cancel(fields).then(link),
  },
];
