// HTTP to a CAMARA carrier: client-credentials token, JSON, one time limit. Answers are data.

import { z } from "zod";
import type { OpenRailAccount } from "#lib/domain/ports/rail.ts";
import { accessTokenSchema, camaraErrorSchema } from "#lib/wire/camara.ts";
import { neverArrived } from "../network.ts";

const CREDENTIALS = z.object({
  clientId: z.string().min(1),
  clientSecret: z.string().min(1),
  /** Absolute, or a path on the carrier's address. */
  tokenUrl: z.string().min(1),
});

/** The two definitions, each with its place and its scopes: a carrier may offer one of them only. */
const APIS = {
  payment: {
    path: "/carrier-billing/v0.5",
    scopes: "carrier-billing:payments:create carrier-billing:payments:read",
  },
  /** Apart, since a carrier may not grant it where there are no two steps. */
  secondStep: { path: "/carrier-billing/v0.5", scopes: "carrier-billing:payments:write" },
  refund: {
    path: "/carrier-billing-refund/v0.3",
    scopes: "carrier-billing-refund:refunds:create carrier-billing-refund:refunds:read",
  },
} as const;
type CarrierApi = keyof typeof APIS;
/** A token is not used in its last minute, nor in the second half of a shorter life. */
const TOKEN_MARGIN_MS = 60_000;
/** Given by what stands before the carrier too, after it may have passed the request on. */
const UNCLEAR_STATUSES = new Set([408, 425, 499]);
const BODY_BYTES_MAX = 1024 * 1024;

export type CarrierAnswer =
  | { readonly kind: "ok"; readonly body: unknown; readonly headers: Headers }
  /** The carrier refused, in the definition's own codes. */
  | { readonly kind: "refused"; readonly status: number; readonly code: string }
  /** The request surely never reached the carrier. */
  | { readonly kind: "unreachable" }
  /** It may have been carried out. */
  | { readonly kind: "unclear"; readonly reason: string };

export interface CarrierRequest {
  /** Payments where it is not said. */
  readonly api?: CarrierApi;
  readonly method: "GET" | "POST";
  /** Below the definition's place, with its query. */
  readonly path: string;
  readonly body?: unknown;
  readonly correlator: string;
  /** Whole milliseconds, where less time is left than a call has. */
  readonly timeoutMs?: number;
}

export type CarrierClient = (account: OpenRailAccount, request: CarrierRequest) => Promise<CarrierAnswer>;

interface CachedToken {
  readonly value: string;
  readonly usableUntil: number;
}

/** Tokens are shared by all calls of an account and fetched once at a time. */
export function createCarrierClient({ timeoutMs }: { readonly timeoutMs: number }): CarrierClient {
  const tokens = new Map<string, CachedToken>();
  const fetching = new Map<string, Promise<CachedToken | CarrierAnswer>>();

  async function tokenFor(account: OpenRailAccount, api: CarrierApi): Promise<CachedToken | CarrierAnswer> {
    const name = tokenName(account, api);
    const cached = tokens.get(name);
    if (cached !== undefined && cached.usableUntil > performance.now()) return cached;
    const underWay = fetching.get(name);
    if (underWay !== undefined) return await underWay;
    const fetched = fetchToken(account, api, timeoutMs).finally(() => fetching.delete(name));
    fetching.set(name, fetched);
    const token = await fetched;
    if ("value" in token) tokens.set(name, token);
    return token;
  }

  return async (account, request) => {
    const { api = "payment" } = request;
    for (let attempt = 1; ; attempt += 1) {
      const token = await tokenFor(account, api);
      if (!("value" in token)) return token;
      const limitMs = Math.min(timeoutMs, request.timeoutMs ?? timeoutMs);
      const answer = await send(account, api, request, token.value, limitMs);
      const isTokenRefused = answer.kind === "refused" && answer.status === 401;
      if (!isTokenRefused || attempt === 2) return answer;
      // Revoked before its time: one more try with a fresh one. A 401 was not carried out.
      tokens.delete(tokenName(account, api));
    }
  };
}

function tokenName(account: OpenRailAccount, api: CarrierApi): string {
  return `${api} ${account.id} ${CREDENTIALS.parse(account.credentials).clientId} ${account.baseUrl ?? ""}`;
}

async function fetchToken(
  account: OpenRailAccount,
  api: CarrierApi,
  timeoutMs: number,
): Promise<CachedToken | CarrierAnswer> {
  const { clientId, clientSecret, tokenUrl } = CREDENTIALS.parse(account.credentials);
  const startedAt = performance.now();
  try {
    const response = await fetch(addressOf(account, tokenUrl), {
      method: "POST",
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        authorization: `Basic ${Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString("base64")}`,
        "content-type": "application/x-www-form-urlencoded",
        accept: "application/json",
      },
      body: new URLSearchParams({ grant_type: "client_credentials", scope: APIS[api].scopes }),
    });
    const parsed = accessTokenSchema.safeParse(await readJson(response));
    // Without a token nothing was asked of the carrier yet, so the attempt has surely not begun.
    if (!response.ok || !parsed.success) return { kind: "unreachable" };
    const lifeMs = parsed.data.expires_in * 1000;
    return {
      value: parsed.data.access_token,
      usableUntil: startedAt + lifeMs - Math.min(TOKEN_MARGIN_MS, lifeMs / 2),
    };
  } catch {
    return { kind: "unreachable" };
  }
}

async function send(
  account: OpenRailAccount,
  api: CarrierApi,
  request: CarrierRequest,
  token: string,
  timeoutMs: number,
): Promise<CarrierAnswer> {
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(addressOf(account, `${APIS[api].path}${request.path}`), {
      method: request.method,
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        authorization: `Bearer ${token}`,
        accept: "application/json",
        "x-correlator": request.correlator,
        ...(request.body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    });
    body = await readJson(response);
  } catch (error) {
    return neverArrived(error) ? { kind: "unreachable" } : { kind: "unclear", reason: String(error) };
  }
  if (response.ok) return { kind: "ok", body, headers: response.headers };
  const parsed = camaraErrorSchema.safeParse(body);
  if (response.status >= 400 && response.status < 500 && !UNCLEAR_STATUSES.has(response.status)) {
    return { kind: "refused", status: response.status, code: parsed.data?.code ?? `HTTP_${response.status}` };
  }
  return { kind: "unclear", reason: `HTTP ${response.status}` };
}

function addressOf(account: OpenRailAccount, pathOrUrl: string): string {
  if (/^https?:/.test(pathOrUrl)) return pathOrUrl;
  if (account.baseUrl === null) throw new Error("A carrier account needs an address.");
  return `${account.baseUrl.replace(/\/$/, "")}${pathOrUrl}`;
}

/** JSON within a size that no honest answer exceeds; undefined where it is none. */
async function readJson(response: Response): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > BODY_BYTES_MAX) throw new Error("The carrier's answer is too large.");
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    return undefined;
  }
}
