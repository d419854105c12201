// OAuth 2.0 client credentials (RFC 6749, section 4.4), and the bearer tokens that come of it.
import { randomBytes } from "node:crypto";
import { type Account, findByCarrierClient } from "../control/accounts.ts";
import { formFields, mediaType } from "../http/body.ts";
import { type Answer, header, json, type Request } from "../http/message.ts";
import type { Sandbox } from "../sandbox.ts";
import type { CarrierToken } from "./records.ts";

/** Scopes of the definitions, by what they allow. */
export const scopes = {
  create: "carrier-billing:payments:create",
  read: "carrier-billing:payments:read",
  write: "carrier-billing:payments:write",
  createRefund: "carrier-billing-refund:refunds:create",
  readRefund: "carrier-billing-refund:refunds:read",
} as const;

const lifeSeconds = 300;

/** `POST /carrier/oauth/token`. */
export function issueToken(sandbox: Sandbox, request: Request): Answer {
  if (mediaType(request) !== "application/x-www-form-urlencoded") {
    return oauthError(400, "invalid_request", "The body must be form-encoded.");
  }
  const fields = formFields(request);
  const basic = basicCredentials(request);
  if (basic && (fields.has("client_secret") || fields.has("client_id"))) {
    return oauthError(400, "invalid_request", "Only one way to authenticate the client may be used.");
  }
  const clientId = basic?.id ?? fields.get("client_id");
  const secret = basic?.secret ?? fields.get("client_secret");
  const account = clientId ? findByCarrierClient(sandbox, clientId) : undefined;
  if (!account || account.carrierClientSecret !== secret) {
    return oauthError(401, "invalid_client", "The client is unknown or its secret is wrong.");
  }
  if (!fields.get("grant_type")) {
    return oauthError(400, "invalid_request", "grant_type is missing.");
  }
  if (fields.get("grant_type") !== "client_credentials") {
    return oauthError(400, "unsupported_grant_type", "Only client_credentials is played.");
  }
  const wanted = (fields.get("scope") ?? "").split(" ").filter(Boolean);
  const known: string[] = Object.values(scopes);
  if (wanted.length === 0 || wanted.some((scope) => !known.includes(scope))) {
    return oauthError(400, "invalid_scope", `A scope is needed, out of: ${known.join(" ")}`);
  }
  const token: CarrierToken = {
    id: randomBytes(32).toString("base64url"),
    account: account.id,
    scopes: wanted,
    expiresAt: Date.now() + lifeSeconds * 1_000,
  };
  sandbox.carrier.tokens.insert(token);
  return json(
    200,
    { access_token: token.id, token_type: "Bearer", expires_in: lifeSeconds, scope: wanted.join(" ") },
    { "cache-control": "no-store", pragma: "no-cache" },
  );
}

/** The token that the request carries, while it is good. */
export function bearerToken(sandbox: Sandbox, request: Request): CarrierToken | undefined {
  const [scheme, value = ""] = (header(request, "authorization") ?? "").split(/\s+/, 2);
  const token = scheme?.toLowerCase() === "bearer" ? sandbox.carrier.tokens.find(value) : null;
  return token && token.expiresAt > Date.now() ? token : undefined;
}

/** Whose token, or whose client credentials, the request carries. */
export function identifyCarrierClient(sandbox: Sandbox, request: Request): Account | undefined {
  const token = bearerToken(sandbox, request);
  if (token) {
    return sandbox.accounts.find(token.account) ?? undefined;
  }
  const isForm = mediaType(request) === "application/x-www-form-urlencoded";
  const clientId = basicCredentials(request)?.id ?? (isForm ? formFields(request).get("client_id") : null);
  return clientId ? findByCarrierClient(sandbox, clientId) : undefined;
}

/** An error of the token endpoint. */
export function oauthError(status: number, error: string, description: string): Answer {
  const challenge: Record<string, string> =
    status === 401 ? { "www-authenticate": 'Basic realm="carrier"' } : {};
  return json(
    status,
    { error, error_description: description },
    { "cache-control": "no-store", ...challenge },
  );
}

function basicCredentials(request: Request): { id: string; secret: string } | null {
  const [scheme, value = ""] = (header(request, "authorization") ?? "").split(/\s+/, 2);
  if (scheme?.toLowerCase() !== "basic") {
    return null;
  }
  const [id = "", ...rest] = Buffer.from(value, "base64").toString("utf8").split(":");
  return { id: formDecode(id), secret: formDecode(rest.join(":")) };
}

/** RFC 6749 wants both parts form-encoded inside of Basic. */
function formDecode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}
