// Whose request it is, by network address. Web requests do not carry the connection's address, and headers that
// come from outside prove nothing: what is known is written down where Node tells of each request, before the
// framework sees it, in a header whose name nobody outside can know.

import ipaddr from "ipaddr.js";

/** A request as Node has it. */
export interface ArrivingRequest {
  readonly headers: { [name: string]: string | string[] | undefined };
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/** One name a process, however often a bundler loads this module. */
const shared = globalThis as typeof globalThis & { billtextClientAddressHeader?: string };
shared.billtextClientAddressHeader ??= `x-billtext-${globalThis.crypto.randomUUID()}`;
const HEADER = shared.billtextClientAddressHeader;

/**
 * Writes down the client's address, where it can be known. `trustedHops` proxies of ours stand before the process,
 * and each adds the address that it was called from at the end of X-Forwarded-For; what stands before those was
 * written by whoever called, and is not read.
 */
export function noteClientAddress(request: ArrivingRequest, trustedHops: number): void {
  const address = clientAddress(request, trustedHops);
  if (address !== null) request.headers[HEADER] = address;
}

/** The address that was written down, in its one spelling; null where it could not be known. */
export function readClientAddress(headers: Headers): string | null {
  return headers.get(HEADER);
}

function clientAddress({ headers, socket }: ArrivingRequest, trustedHops: number): string | null {
  const forwarded = [headers["x-forwarded-for"] ?? []].flat().join(",");
  const hops = forwarded === "" ? [] : forwarded.split(",").map((hop) => hop.trim());
  const told = [...hops, socket.remoteAddress ?? ""].at(-1 - trustedHops) ?? "";
  // The zone of a link-local address is this machine's own name for a network, and no part of the address.
  const [text = ""] = told.split("%");
  const isAddress = text.includes(":") ? ipaddr.IPv6.isValid(text) : ipaddr.IPv4.isValidFourPartDecimal(text);
  // A connection from IPv4 to a socket that also serves IPv6 is told in IPv6's clothes.
  return isAddress ? ipaddr.process(text).toString() : null;
}
