// Where a callback may go: public names only. Checked when an address is stored and again at every send, where
// the name is resolved once and the connection goes to the address that was checked.

import { Resolver } from "node:dns/promises";
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import type { Mode } from "#lib/domain/tenant.ts";

export const URL_LENGTH_MAX = 2_048;

export interface GuardOptions {
  /** True where a merchant in test mode may be called back on this machine. Never in a live installation. */
  readonly isLoopbackAllowed: boolean;
  /** Ports that a receiver may listen on. */
  readonly ports: readonly number[];
  /** What belongs to this installation, and is no receiver. */
  readonly own: OwnAddresses;
  /** Resolves a name to every address it has. */
  readonly resolve: (hostname: string) => Promise<readonly string[]>;
}

export interface OwnAddresses {
  /** Public names, whatever the port. */
  readonly names: readonly string[];
  /** Ports on this machine. */
  readonly loopbackPorts: readonly number[];
}

export type CheckedUrl =
  | { readonly isAllowed: true; readonly url: URL; readonly isLoopback: boolean }
  | { readonly isAllowed: false; readonly reason: string };

export type CheckedHost =
  | { readonly kind: "address"; readonly ip: string }
  | { readonly kind: "blocked"; readonly reason: string }
  | { readonly kind: "unresolved"; readonly reason: string };

const RESOLVE_TRY_MS = 1_500;
const RESOLVE_TRIES = 2;

/**
 * Every A and AAAA record, the A records first; none where the name has neither. Name servers are asked directly:
 * getaddrinfo cannot be bounded, and holds one of the few threads that files and hashes need as well. `servers`
 * are the system's unless they are given.
 */
export async function resolveAll(hostname: string, servers?: readonly string[]): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: RESOLVE_TRY_MS, tries: RESOLVE_TRIES });
  if (servers !== undefined) resolver.setServers(servers);
  const families = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
  // Many names have one family only, and some name servers fail on the one they do not know.
  return families.flatMap((family) => (family.status === "fulfilled" ? family.value : []));
}

const DEFAULT_PORTS: ReadonlyMap<string, number> = new Map([
  ["http:", 80],
  ["https:", 443],
  ["postgres:", 5432],
  ["postgresql:", 5432],
]);

/**
 * The installation's own origin, database and the like, as addresses that no callback goes to. A name that someone
 * else points at our public address is not told apart: behind it is what the whole world may call anyway.
 */
export function ownAddresses(urls: readonly string[]): OwnAddresses {
  // Letters of a database's name keep their case, and an address by a socket file has no name.
  const own = urls.filter((url) => URL.canParse(url)).map((url) => new URL(url.toLowerCase()));
  const isHere = (url: URL) => isLoopbackName(url.hostname);
  return {
    names: own.filter((url) => !isHere(url) && url.hostname !== "").map(bareName),
    loopbackPorts: own.filter(isHere).flatMap((url) => portOf(url) ?? []),
  };
}

/** Checks what can be seen without the network. */
export function checkUrl(text: string, mode: Mode, options: GuardOptions): CheckedUrl {
  const refuse = (reason: string): CheckedUrl => ({ isAllowed: false, reason });
  if (text.length > URL_LENGTH_MAX) return refuse("The address is too long.");
  // Parsers drop or turn these, so the address that is checked would not be the one that is written.
  if (/[\s\\\p{Cc}]/u.test(text) || !URL.canParse(text)) return refuse("The address is malformed.");
  const url = new URL(text);
  // Letters outside ASCII grow when they are written as addresses have them, and that form is what is kept.
  if (url.href.length > URL_LENGTH_MAX) return refuse("The address is too long.");
  if (url.username !== "" || url.password !== "") return refuse("The address must not hold a user name.");
  if (url.hash !== "") return refuse("The address must not hold a fragment.");
  const port = portOf(url);
  const isLoopback = isLoopbackName(url.hostname);
  if (isLoopback && mode === "test" && options.isLoopbackAllowed) {
    if (port === undefined || !/^https?:$/.test(url.protocol))
      return refuse("The address must be http or https.");
    return options.own.loopbackPorts.includes(port)
      ? refuse("The address belongs to this installation.")
      : { isAllowed: true, url, isLoopback };
  }
  if (url.protocol !== "https:") return refuse("The address must be https.");
  if (port === undefined || !options.ports.includes(port))
    return refuse("The address uses a port that is not allowed.");
  const bare = bareName(url);
  if (isIP(bare) !== 0) return refuse("The address must be a name, not a number.");
  if (options.own.names.includes(bare)) return refuse("The address belongs to this installation.");
  if (isLoopback || !isPublicName(bare)) return refuse("The address is not a public name.");
  return { isAllowed: true, url, isLoopback: false };
}

/**
 * Resolves once, until `deadline`. One private record refuses the name: a mixed answer is how a check is got
 * around.
 */
export async function checkHost(
  { url, isLoopback }: { readonly url: URL; readonly isLoopback: boolean },
  options: GuardOptions,
  deadline: AbortSignal,
): Promise<CheckedHost> {
  if (isLoopback) return { kind: "address", ip: url.hostname === "[::1]" ? "::1" : "127.0.0.1" };
  let addresses: readonly string[];
  try {
    addresses = await before(deadline, options.resolve(url.hostname));
  } catch {
    const reason = deadline.aborted ? "The name was not resolved in time." : "The name does not resolve.";
    return { kind: "unresolved", reason };
  }
  const [first] = addresses;
  if (first === undefined) return { kind: "unresolved", reason: "The name does not resolve." };
  if (!addresses.every(isPublicAddress)) {
    return { kind: "blocked", reason: "The name leads to an address that is not public." };
  }
  return { kind: "address", ip: first };
}

/** The platform address of a large cloud: public by its range, private by its use. */
const CLOUD_PLATFORM_ADDRESS = "168.63.129.16";

/** All that is given out of IPv6 for global unicast (RFC 4291); mapped and compatible IPv4 addresses are outside. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR("2000::/3");

/** True for global unicast only; an IPv6 address that carries an IPv4 one inside is refused whatever it carries. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0 || !ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed instanceof ipaddr.IPv6 && !parsed.match(GLOBAL_UNICAST)) return false;
  return parsed.range() === "unicast" && parsed.toNormalizedString() !== CLOUD_PLATFORM_ADDRESS;
}

/** Undefined for a scheme that we know none of. */
function portOf({ port, protocol }: URL): number | undefined {
  return port === "" ? DEFAULT_PORTS.get(protocol) : Number(port);
}

/** Without the brackets of an IPv6 address and the dot that ends a name. */
function bareName(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
}

function isLoopbackName(hostname: string): boolean {
  return hostname === "localhost" || hostname === "127.0.0.1" || hostname === "[::1]";
}

/** At least two labels, and none of the endings that never are public. */
function isPublicName(hostname: string): boolean {
  if (!/^(?:[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/.test(hostname))
    return false;
  return !/(^|\.)(localhost|local|internal|intranet|private|lan|home|corp|localdomain|svc|consul|arpa|alt|onion|test|invalid|example)$/.test(
    hostname,
  );
}

/** What `work` gives, or a rejection at the deadline, whatever `work` is waiting for then. */
export function before<T>(deadline: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onDeadline = () => reject(new Error("The time is up."));
    if (deadline.aborted) onDeadline();
    deadline.addEventListener("abort", onDeadline, { once: true });
    work.then(resolve, reject).finally(() => deadline.removeEventListener("abort", onDeadline));
  });
}
