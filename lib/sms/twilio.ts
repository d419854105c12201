// Text messages through Twilio's SDK. Sending is not idempotent there, so an unclear answer is data here.
// Sources: Programmable Messaging API, error and warning dictionary, webhook security.

import twilio from "twilio";
import type RequestClient from "twilio/lib/base/RequestClient.js";
import { z } from "zod";
import type { OpenRailAccount } from "#lib/domain/ports/rail.ts";
import type {
  OutboundSms,
  SmsFound,
  SmsLookUp,
  SmsOutcome,
  SmsPort,
  SmsReport,
} from "#lib/domain/ports/sms.ts";
import { measureSms } from "./segments.ts";
import { composeSms } from "./templates.ts";

const CREDENTIALS = z.object({
  accountSid: z.string().min(1),
  authToken: z.string().min(1),
  from: z.string().min(1).nullable(),
  messagingServiceSid: z.string().min(1).nullable(),
});

type TwilioClient = ReturnType<typeof twilio>;

const API_ORIGIN = "https://api.twilio.com";
const NEVER_CONNECTED = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);
const LOOK_UP_MAX = 200;
/** Twilio's clock and ours may differ; its dates are whole seconds. */
const LOOK_UP_SKEW_MS = 30_000;
const CLIENTS_MAX = 1_000;

/** Sends what is meant for Twilio to another address: the sandbox's. */
class RedirectedClient extends twilio.RequestClient {
  readonly #baseUrl: string;

  constructor(baseUrl: string, timeout: number) {
    super({ timeout });
    this.#baseUrl = baseUrl;
  }

  override request<T>(options: RequestClient.RequestOptions<T>) {
    return super.request<T>({ ...options, uri: options.uri.replace(API_ORIGIN, this.#baseUrl) });
  }
}

export function createTwilioSms({ timeoutMs }: { readonly timeoutMs: number }): SmsPort {
  const clients = new Map<string, TwilioClient>();

  function clientFor(account: OpenRailAccount): TwilioClient {
    const { accountSid, authToken } = CREDENTIALS.parse(account.credentials);
    const name = `${account.id} ${account.baseUrl ?? ""} ${authToken}`;
    const known = clients.get(name);
    if (known !== undefined) return known;
    if (clients.size >= CLIENTS_MAX) clients.clear();
    const httpClient =
      account.baseUrl === null
        ? new twilio.RequestClient({ timeout: timeoutMs })
        : new RedirectedClient(account.baseUrl, timeoutMs);
    const client = twilio(accountSid, authToken, { httpClient });
    clients.set(name, client);
    return client;
  }

  return {
    send: (account, sms) => send(clientFor(account), account, sms),
    find: (account, wanted) => find(clientFor(account), wanted),
    verify: verifyReport,
    compose: composeSms,
    measure: measureSms,
  };
}

async function send(client: TwilioClient, account: OpenRailAccount, sms: OutboundSms): Promise<SmsOutcome> {
  const { from, messagingServiceSid } = CREDENTIALS.parse(account.credentials);
  const origin =
    sms.sender === null && messagingServiceSid !== null
      ? { messagingServiceSid }
      : { from: sms.sender ?? from ?? "" };
  try {
    const message = await client.messages.create({
      to: sms.to,
      body: sms.body,
      ...origin,
      ...(sms.statusUrl === null ? {} : { statusCallback: sms.statusUrl }),
    });
    return { kind: "accepted", providerId: message.sid };
  } catch (error) {
    return toOutcome(error);
  }
}

/** 4xx is a refusal, 429 a request to wait. After 5xx, a cut or a timeout the message may be on its way. */
function toOutcome(error: unknown): SmsOutcome {
  const status = numberField(error, "status");
  const code = numberField(error, "code");
  if (status === 429) return { kind: "not_taken", reason: "429", retryAfterSeconds: null };
  if (status !== null && status >= 400 && status < 500) {
    // Credentials are repaired by people; the message is still wanted then.
    if (status === 401 || status === 403)
      return { kind: "not_taken", reason: `${status}`, retryAfterSeconds: 60 };
    return { kind: "refused", providerCode: String(code ?? status) };
  }
  const networkCode = stringField(error, "code");
  if (networkCode !== null && NEVER_CONNECTED.has(networkCode)) {
    return { kind: "not_taken", reason: networkCode, retryAfterSeconds: null };
  }
  return { kind: "unknown", reason: String(status ?? networkCode ?? "no answer") };
}

/** Lists what went to the number since the intent, and matches the exact text. */
async function find(client: TwilioClient, wanted: SmsLookUp): Promise<SmsFound> {
  const since = wanted.since.getTime() - LOOK_UP_SKEW_MS;
  try {
    const sent = await client.messages.list({ to: wanted.to, limit: LOOK_UP_MAX });
    const match = sent.find(
      (message) =>
        message.body === wanted.body &&
        !wanted.excludedIds.includes(message.sid) &&
        message.dateCreated.getTime() >= since,
    );
    return match === undefined ? { kind: "not_found" } : { kind: "found", providerId: match.sid };
  } catch (error) {
    return {
      kind: "unavailable",
      reason: String(numberField(error, "status") ?? stringField(error, "code")),
    };
  }
}

/** Every status that Twilio reports, in our words. */
const REPORTS: ReadonlyMap<string, SmsReport["status"]> = new Map([
  ["accepted", "accepted"],
  ["scheduled", "accepted"],
  ["queued", "accepted"],
  ["sending", "accepted"],
  ["sent", "accepted"],
  ["delivered", "delivered"],
  ["read", "delivered"],
  // Some parts arrived: neither all of it nor lost for good.
  ["partially_delivered", "accepted"],
  ["undelivered", "undelivered"],
  ["failed", "refused"],
  ["canceled", "refused"],
]);

function verifyReport(
  account: OpenRailAccount,
  message: { readonly url: string; readonly headers: ReadonlyMap<string, string>; readonly body: Uint8Array },
): SmsReport | null {
  const signature = message.headers.get("x-twilio-signature");
  if (signature === undefined) return null;
  const form = Object.fromEntries(new URLSearchParams(Buffer.from(message.body).toString("utf8")));
  const { authToken } = CREDENTIALS.parse(account.credentials);
  if (!twilio.validateRequest(authToken, signature, message.url, form)) return null;
  // A status that Twilio adds some day is no forgery.
  const status = REPORTS.get(form.MessageStatus ?? "") ?? "other";
  const providerId = form.MessageSid;
  if (providerId === undefined || !/^(SM|MM)[0-9a-f]{32}$/i.test(providerId)) return null;
  return { providerId, status, providerCode: form.ErrorCode ?? null };
}

function numberField(value: unknown, name: "status" | "code"): number | null {
  if (typeof value !== "object" || value === null || !(name in value)) return null;
  const field: unknown = (value as Record<string, unknown>)[name];
  return typeof field === "number" ? field : null;
}

function stringField(value: unknown, name: "code"): string | null {
  if (typeof value !== "object" || value === null || !(name in value)) return null;
  const field: unknown = (value as Record<string, unknown>)[name];
  return typeof field === "string" ? field : null;
}
