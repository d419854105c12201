// What the tests of the carrier share.
import type { RunningSandbox } from "./start.ts";
import {
  type Credentials,
  type Listener,
  makeAccount,
  postJson,
  startListener,
  startTestSandbox,
  until,
} from "./test-harness.ts";

export type Payment = {
  paymentId: string;
  paymentStatus: string;
  paymentDate?: string;
  amountTransaction: { resourceURL: string; paymentAmount: { chargingInformation: { amount: number } } };
  validationInfo?: { action: string; authorizationId?: string; validationURL?: string };
};

export type Reply<T> = { status: number; headers: Headers; body: T };

export type CarrierError = { status: number; code: string; message: string };

export type Refund = {
  refundId: string;
  refundStatus: string;
  type: string;
  refundDate?: string;
  reason?: string;
  amountTransaction: { refundAmount: Record<string, unknown>; referenceCode: string };
};

/** All scopes of both definitions. */
export const allScopes =
  "carrier-billing:payments:create carrier-billing:payments:read carrier-billing:payments:write carrier-billing-refund:refunds:create carrier-billing-refund:refunds:read";

/** A quarter of the usual, to save time. */
export const holdMs = 2_000;

/** Set by `startCarrier`; each file of tests has its own. */
export let sandbox: RunningSandbox;
/** The sink of what `order` makes. */
export let listener: Listener;
/** Whose token `ask` uses. */
export let account: Credentials;
let token: string;
let numbers = 0;

/** Starts a sandbox with one account, whose token `ask` uses, and a listener that is the sink of `order`. */
export async function startCarrier(): Promise<void> {
  sandbox = await startTestSandbox({ holdMs });
  listener = await startListener();
  account = await makeAccount(sandbox, "shop");
  token = await tokenOf(account, allScopes);
}

/** Ends what `startCarrier` started. */
export async function stopCarrier(): Promise<void> {
  await sandbox.close();
  listener.close();
}

/** Asks for a token with exactly these fields. */
export function requestToken(
  fields: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(account.carrier.token_url, { method: "POST", headers, body: new URLSearchParams(fields) });
}

/** A token of this account. */
export async function tokenOf({ carrier }: Credentials, scope: string): Promise<string> {
  const { client_id, client_secret } = carrier;
  const answer = await requestToken({ grant_type: "client_credentials", client_id, client_secret, scope });
  return ((await answer.json()) as { access_token: string }).access_token;
}

/** Asks the carrier about payments; `T` is what the caller expects back. */
export function ask<T = Payment & CarrierError>(
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Reply<T>> {
  return askApi("/carrier-billing/v0.5", path, body, headers);
}

/** Asks the carrier about refunds; the path begins behind `/payments`. */
export function askRefunds<T = Refund & CarrierError>(
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Reply<T>> {
  return askApi("/carrier-billing-refund/v0.3", path, body, headers);
}

async function askApi<T>(
  api: string,
  path: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<Reply<T>> {
  const answer = await fetch(`${account.carrier.base_url}${api}/payments${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: (text ? JSON.parse(text) : null) as T };
}

/** A number nobody has used yet, with the given ending. */
export function freshNumber(ending = "00"): string {
  numbers += 1;
  return `+47${900_000 + numbers}${ending}`;
}

/** A body for create and prepare. */
export function order(phoneNumber: string, amount: unknown = 249, more: object = {}, currency = "NOK") {
  const reference = crypto.randomUUID();
  return {
    amountTransaction: {
      phoneNumber,
      clientCorrelator: `correlator-${reference}`,
      referenceCode: `reference-${reference}`,
      paymentAmount: {
        chargingInformation: { amount, currency, description: "Order 1017" },
        chargingMetaData: { merchantName: "Fjord Books", merchantIdentifier: "fjord" },
      },
    },
    sink: `${listener.url}/sink`,
    sinkCredential: {
      credentialType: "ACCESSTOKEN",
      accessToken: "sink-token",
      accessTokenType: "bearer",
      accessTokenExpiresUtc: "2099-01-01T00:00:00Z",
    },
    ...more,
  };
}

/** A body for a refund of all that is left. */
export function totalRefund(more: object = {}) {
  const reference = crypto.randomUUID();
  const { sink, sinkCredential } = order("+4790000000");
  return {
    type: "total",
    amountTransaction: {
      clientCorrelator: `refund-${reference}`,
      referenceCode: `refund-${reference}`,
      refundAmount: {},
    },
    sink,
    sinkCredential,
    ...more,
  };
}

/** A body for a refund of a part; `refundAmount` may hold more than the charge. */
export function partialRefund(amount: number, refundAmount: object = {}, more: object = {}) {
  const body = totalRefund();
  return {
    ...body,
    type: "partial",
    amountTransaction: {
      ...body.amountTransaction,
      refundAmount: {
        chargingInformation: { amount, currency: "NOK", description: "Order 1017" },
        ...refundAmount,
      },
    },
    ...more,
  };
}

/** A payment that was charged; answers its id. `charge`: further fields of `paymentAmount`. */
export async function chargedPayment(number: string, amount = 249, charge: object = {}): Promise<string> {
  const body = order(number, amount);
  const { paymentAmount } = body.amountTransaction;
  const made = await ask("", {
    ...body,
    amountTransaction: { ...body.amountTransaction, paymentAmount: { ...paymentAmount, ...charge } },
  });
  if (made.body.paymentStatus !== "succeeded") {
    await approve(number);
  }
  return made.body.paymentId;
}

export type CloudEvent = { id: string; type: string; specversion: string; data: Record<string, string> };

/** Events about one payment, in the order they came. */
export function eventsAbout(paymentId: string): CloudEvent[] {
  return listener.received
    .map((one) => JSON.parse(one.body) as CloudEvent)
    .filter((event) => event.data.paymentId === paymentId);
}

/** Waits for the payment's event, named by the end of its type. */
export async function eventOf(paymentId: string, name: string): Promise<CloudEvent> {
  const type = `org.camaraproject.carrier-billing.v0.${name}`;
  return until(() => eventsAbout(paymentId).find((event) => event.type === type));
}

/** Waits for the refund's event, named by the end of its type. */
export async function refundEventOf(refundId: string, name: string): Promise<CloudEvent> {
  const type = `org.camaraproject.carrier-billing-refund.v0.${name}`;
  const events = () => listener.received.map((one) => JSON.parse(one.body) as CloudEvent);
  return until(() => events().find((event) => event.type === type && event.data.refundId === refundId));
}

/** Answers the oldest open prompt of a phone. */
export const approve = (number: string) => postJson(sandbox, `/phones/${encodeURIComponent(number)}/approve`);
/** The same, with a no. */
export const decline = (number: string) => postJson(sandbox, `/phones/${encodeURIComponent(number)}/decline`);
