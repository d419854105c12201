// The merchant's own pages: only on hosts that the merchant has registered, so that no link of ours can be
// made to lead elsewhere.

import { ServiceError } from "./errors.ts";
import type { Mode } from "./tenant.ts";

export const WEB_ADDRESS_LENGTH_MAX = 2_048;

const REGISTRABLE_HOST =
  /^(?=.{1,253}(?::|$))(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?::\d{1,5})?$/;

/** Browsers strip or turn these, so what we check would not be what they follow. */
const UNSAFE = /[\s\\\p{Cc}]/u;

/** A host as it may be registered: lower-case ASCII name (punycode for others), with a port or without. */
export function isRegistrableHost(text: string): boolean {
  return REGISTRABLE_HOST.test(text);
}

/** The canonical form of an https address without user-info, at most `lengthMax` long; null for any other text. */
export function canonicalHttpsUrl(text: string, lengthMax: number): string | null {
  if (UNSAFE.test(text) || !URL.canParse(text)) return null;
  const { protocol, username, password, href } = new URL(text);
  const isPlain = protocol === "https:" && username === "" && password === "" && href.length <= lengthMax;
  return isPlain ? href : null;
}

/**
 * The canonical form of an address that a payer may be sent to, in ASCII and absolute for every browser: https (loopback http in test mode), no user-info, and a host
 * that is registered. Only this form is stored: it is what was checked. A registered name without a port covers that name's default port, and any port of a
 * loopback name.
 *
 * @throws url_not_allowed     not such an address
 * @throws url_not_registered  its host is not registered
 */
export function requireRegisteredUrl(
  text: string,
  hosts: readonly string[],
  mode: Mode,
  pointer: string,
): string {
  const refuse = (detail: string) => new ServiceError("url_not_allowed", detail, { pointer });
  if (UNSAFE.test(text) || text.length > WEB_ADDRESS_LENGTH_MAX) throw refuse("The address is malformed.");
  if (!URL.canParse(text)) throw refuse("The address is malformed.");
  const url = new URL(text);
  // Letters outside ASCII grow when they are written as addresses have them.
  if (url.href.length > WEB_ADDRESS_LENGTH_MAX) throw refuse("The address is too long.");
  const isLoopback = isLoopbackHost(url.hostname);
  const isAllowed = url.protocol === "https:" || (url.protocol === "http:" && mode === "test" && isLoopback);
  if (!isAllowed) throw refuse("The address must be https.");
  if (url.username !== "" || url.password !== "") throw refuse("The address must not hold a user name.");
  const isRegistered = hosts.some(
    (host) => host === url.host || (host === url.hostname && (url.port === "" || isLoopback)),
  );
  if (!isRegistered) {
    throw new ServiceError("url_not_registered", "The address is not on a registered host.", { pointer });
  }
  return url.href;
}

function isLoopbackHost(hostname: string): boolean {
  return hostname === "localhost" || hostname === "127.0.0.1" || hostname === "[::1]";
}
