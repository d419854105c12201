// A payer's browser without the browser, and the other side of the rails.

import type { TestStack } from "../../scripts/test/with-stack.ts";

export interface Page {
  /** 0: the connection was cut. */
  readonly status: number;
  readonly location: string | null;
  readonly html: string;
}

async function fetchPage(url: string, init: RequestInit = {}): Promise<Page> {
  try {
    const response = await fetch(url, {
      ...init,
      redirect: "manual",
      signal: AbortSignal.timeout(15_000),
    });
    const location = response.headers.get("location");
    return {
      status: response.status,
      location: location === null ? null : new URL(location, url).href,
      html: await response.text(),
    };
  } catch {
    return { status: 0, location: null, html: "" };
  }
}

/** One page, redirects of ours followed as a browser would; the hosted page is not opened. */
export async function open(url: string): Promise<Page> {
  const page = await fetchPage(url);
  const isOurs = page.location !== null && new URL(page.location).origin === new URL(url).origin;
  return isOurs && page.location !== null ? await open(page.location) : page;
}

/** Sends a form of ours with the proof that its page holds. */
export async function sendForm(
  page: Page,
  action: string,
  fields: Readonly<Record<string, string>>,
): Promise<Page> {
  const proof = /name="proof" value="([^"]+)"/.exec(page.html)?.[1] ?? "";
  return await fetchPage(action, { method: "POST", body: new URLSearchParams({ ...fields, proof }) });
}

/** Chooses a method on the landing page, as it was read before. */
export function choose(landing: Page, payUrl: string, method: "card" | "carrier_billing"): Promise<Page> {
  return sendForm(landing, `${payUrl}/pay`, { method });
}

export const accountOf = (stack: TestStack) => `demo-${stack.demo?.merchant_id}`;

interface AskedOfRail {
  readonly method: string;
  readonly path: string;
  readonly correlator: string | null;
  readonly idempotency_key: string | null;
}

/** What a service was asked for the demo merchant, oldest first. */
export async function requestsTo(
  stack: TestStack,
  service: "stripe" | "carrier" | "twilio",
): Promise<readonly AskedOfRail[]> {
  const response = await fetch(`${stack.sandboxUrl}/requests?service=${service}&account=${accountOf(stack)}`);
  return ((await response.json()) as { requests: AskedOfRail[] }).requests;
}

export interface Session {
  readonly id: string;
  readonly url: string | null;
  readonly status: string;
}

/** Reads Stripe's API as the demo merchant. */
export async function askStripe<T>(stack: TestStack, path: string): Promise<T> {
  const account = await fetch(`${stack.sandboxUrl}/accounts/${accountOf(stack)}`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  const { stripe } = (await account.json()) as { stripe: { secret_key: string } };
  const headers = { authorization: `Bearer ${stripe.secret_key}` };
  return (await (await fetch(`${stack.sandboxUrl}/v1${path}`, { headers })).json()) as T;
}

/** Every hosted page that was made for a payment. */
export async function sessionsOf(stack: TestStack, paymentId: string): Promise<readonly Session[]> {
  type Named = Session & { readonly client_reference_id: string };
  const { data } = await askStripe<{ data: Named[] }>(stack, "/checkout/sessions?limit=100");
  return data.filter((session) => session.client_reference_id === paymentId);
}

/** Sends the news of a hosted page's payment again at once, where it waits to be sent again. */
export async function hurryNews(stack: TestStack, hosted: string): Promise<void> {
  type Events = { data: { id: string; data: { object: { id: string } } }[] };
  const path = "/events?limit=100&type=checkout.session.completed";
  const { data: events } = await askStripe<Events>(stack, path);
  const event = events.find(({ data }) => hosted.includes(data.object.id));
  await fetch(`${stack.sandboxUrl}/hurry`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ id: event?.id }),
  });
}

/** Pays on the hosted page; where that leads the payer. */
export async function payHosted(url: string): Promise<string> {
  const page = await fetchPage(`${url}/pay`, {
    method: "POST",
    body: new URLSearchParams({ number: "4242424242424242", exp: "12/40", cvc: "123", name: "Test Payer" }),
  });
  if (page.location === null) throw new Error(`The card was not accepted: ${page.status}`);
  return page.location;
}
