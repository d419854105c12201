// Who is asking: `Authorization: Bearer sk_test_…`, or Basic with the key as the user name.
import { type Account, findByStripeKey } from "../control/accounts.ts";
import { header, type Request } from "../http/message.ts";
import type { Sandbox } from "../sandbox.ts";
import { refused } from "./errors.ts";

/** The account whose key the request carries. */
export function identifyStripe(sandbox: Sandbox, request: Request): Account | undefined {
  const key = secretKey(request);
  return key ? findByStripeKey(sandbox, key) : undefined;
}

/** The same, ending the request with Stripe's 401 when there is no valid key. */
export function requireStripeAccount(sandbox: Sandbox, request: Request): Account {
  const key = secretKey(request);
  if (!key) {
    throw refused(401, {
      message:
        "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://docs.stripe.com/api#authentication for details.",
    });
  }
  const account = findByStripeKey(sandbox, key);
  if (!account) {
    throw refused(401, { message: `Invalid API Key provided: ${mask(key)}` });
  }
  const connected = header(request, "stripe-account");
  if (connected) {
    throw refused(403, {
      code: "account_invalid",
      message: `The provided key '${mask(key)}' does not have access to account '${connected}' (or that account does not exist). Application access may have been revoked.`,
    });
  }
  return account;
}

function secretKey(request: Request): string | undefined {
  const [scheme, value = ""] = (header(request, "authorization") ?? "").split(/\s+/, 2);
  if (scheme?.toLowerCase() === "bearer") {
    return value;
  }
  if (scheme?.toLowerCase() === "basic") {
    return Buffer.from(value, "base64").toString("utf8").split(":")[0];
  }
  return undefined;
}

function mask(key: string): string {
  return key.length > 12
    ? `${key.slice(0, 8)}${"*".repeat(key.length - 12)}${key.slice(-4)}`
    : "*".repeat(key.length);
}
