// What the sandbox's tests share: a running sandbox, the real SDKs pointed at it, and a listener that
// records the notifications it sends.
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import Stripe from "stripe";
import twilio from "twilio";
import { type RunningSandbox, type SandboxOptions, startSandbox } from "./start.ts";

export type Credentials = {
  name: string;
  stripe: { secret_key: string; webhook_secret: string };
  twilio: { account_sid: string; auth_token: string; from: string };
  carrier: { base_url: string; token_url: string; client_id: string; client_secret: string };
};

/** Starts a sandbox on a free port. */
export function startTestSandbox(options: Partial<SandboxOptions> = {}): Promise<RunningSandbox> {
  return startSandbox({ port: 0, host: "127.0.0.1", ...options });
}

/** Makes an account. */
export async function makeAccount(
  sandbox: { publicUrl: string },
  name: string,
  settings: object = {},
): Promise<Credentials> {
  const answer = await fetch(`${sandbox.publicUrl}/accounts/${name}`, {
    method: "PUT",
    body: JSON.stringify(settings),
  });
  return (await answer.json()) as Credentials;
}

/** The real Stripe SDK, asking the sandbox and not retrying by itself. */
export function stripeClient(sandbox: { port: number }, secretKey: string): Stripe {
  return new Stripe(secretKey, {
    host: "127.0.0.1",
    port: sandbox.port,
    protocol: "http",
    maxNetworkRetries: 0,
    telemetry: false,
  });
}

class RedirectedClient extends twilio.RequestClient {
  readonly base: string;

  constructor(base: string) {
    super();
    this.base = base;
  }

  override request<T>(options: Parameters<twilio.RequestClient["request"]>[0] & { data?: T }) {
    return super.request({ ...options, uri: options.uri.replace("https://api.twilio.com", this.base) });
  }
}

/** The real Twilio SDK, asking the sandbox. */
export function twilioClient(
  sandbox: { publicUrl: string },
  credentials: Credentials["twilio"],
): twilio.Twilio {
  return twilio(credentials.account_sid, credentials.auth_token, {
    httpClient: new RedirectedClient(sandbox.publicUrl),
  });
}

export type Received = { path: string; headers: IncomingHttpHeaders; body: string; at: number };

export type Listener = {
  url: string;
  received: Received[];
  /** Statuses to answer with, one after the other; 200 once they are used up. */
  statuses: number[];
  close: () => void;
};

/** A receiver of notifications. */
export async function startListener(): Promise<Listener> {
  const received: Received[] = [];
  const statuses: number[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) {
      chunks.push(chunk);
    }
    const body = Buffer.concat(chunks).toString("utf8");
    received.push({ path: request.url ?? "", headers: request.headers, body, at: Date.now() });
    response.writeHead(statuses.shift() ?? 200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, received, statuses, close: () => void server.close() };
}

/** Waits until `probe` gives something; fails after `deadlineMs`. */
export async function until<T>(
  probe: () => T | null | undefined | false | Promise<T | null | undefined | false>,
  deadlineMs = 5_000,
): Promise<T> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const found = await probe();
    if (found) {
      return found;
    }
    if (Date.now() > deadline) {
      throw new Error(`Nothing came of it within ${deadlineMs} ms: ${probe}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** POSTs JSON to one of the sandbox's own endpoints. */
export function postJson(sandbox: { publicUrl: string }, path: string, body: object = {}): Promise<Response> {
  return fetch(`${sandbox.publicUrl}${path}`, { method: "POST", body: JSON.stringify(body) });
}

/** Reads JSON from one of the sandbox's own endpoints; the caller says what is in it. */
export async function getJson<T>(sandbox: { publicUrl: string }, path: string): Promise<T> {
  const answer = await fetch(`${sandbox.publicUrl}${path}`);
  return (await answer.json()) as T;
}

/** Parameters of a session for 249.00 NOK. */
export const sessionOf249 = {
  mode: "payment" as const,
  line_items: [
    {
      price_data: { currency: "nok", unit_amount: 24_900, product_data: { name: "Order 1017" } },
      quantity: 1,
    },
  ],
  success_url: "http://shop.example/done?session={CHECKOUT_SESSION_ID}",
  cancel_url: "http://shop.example/back",
};

/** Pays a session on its hosted page, as a script would. */
export function payWithCard(
  sandbox: { publicUrl: string },
  sessionId: string,
  number: string,
  fields: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${sandbox.publicUrl}/checkout/c/${sessionId}/pay`, {
    method: "POST",
    redirect: "manual",
    body: new URLSearchParams({ number, exp: "12/40", cvc: "123", name: "Kari Nordmann", ...fields }),
  });
}

/** Pays a session of `sessionOf249` on its page; answers the id of its payment intent. */
export async function paidIntent(
  sandbox: { publicUrl: string },
  stripe: Stripe,
  number = "4242424242424242",
  intentData: Stripe.Checkout.SessionCreateParams.PaymentIntentData = {},
): Promise<string> {
  const made = await stripe.checkout.sessions.create({ ...sessionOf249, payment_intent_data: intentData });
  await payWithCard(sandbox, made.id, number);
  return String((await stripe.checkout.sessions.retrieve(made.id)).payment_intent);
}

/** The error that Stripe refused `work` with. */
export async function stripeFailure(work: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Stripe.errors.StripeError)) {
    throw new Error("Stripe did not refuse.");
  }
  return error;
}

/** Stripe's events about one object that the listener got, verified, in the order they came. */
export function verifiedEvents(
  listener: Listener,
  stripe: Stripe,
  account: Credentials,
  id: string,
): Stripe.Event[] {
  return listener.received
    .map((one) =>
      stripe.webhooks.constructEvent(
        one.body,
        String(one.headers["stripe-signature"]),
        account.stripe.webhook_secret,
      ),
    )
    .filter((event) => JSON.stringify(event.data.object).includes(id));
}

export type StripeShop = {
  sandbox: RunningSandbox;
  /** Hears what Stripe tells the account. */
  listener: Listener;
  stripe: Stripe;
  /** What it has heard about an object, each event verified, in the order of arrival. */
  eventsAbout: (id: string) => Stripe.Event[];
  close: () => Promise<void>;
};

/** A sandbox of its own with one account at Stripe that listens to its events. */
export async function openStripeShop(): Promise<StripeShop> {
  const sandbox = await startTestSandbox();
  const listener = await startListener();
  const account = await makeAccount(sandbox, "shop", { stripe_webhook_url: `${listener.url}/hook` });
  const stripe = stripeClient(sandbox, account.stripe.secret_key);
  return {
    sandbox,
    listener,
    stripe,
    eventsAbout: (id) => verifiedEvents(listener, stripe, account, id),
    async close() {
      await sandbox.close();
      listener.close();
    },
  };
}
