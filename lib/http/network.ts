// Addresses and networks as a person writes them.

import ipaddr from "ipaddr.js";
import type { Network } from "#lib/domain/api-key.ts";

/**
 * An address or a network in its one spelling, or null where the text is neither. A network's address must be its
 * first (`10.0.0.0/8`, not `10.0.0.5/8`): one that says two things may open more than was meant.
 */
export function parseNetwork(text: string): Network | null {
  const [, address = "", length] = /^([0-9A-Fa-f:.]{2,45})(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const parsed = parseAddress(address);
  if (parsed === null) return null;
  const bits = parsed.kind() === "ipv4" ? 32 : 128;
  const prefix = length === undefined ? bits : Number(length);
  if (prefix > bits) return null;
  const canonical = parsed.toString();
  const first = (parsed.kind() === "ipv4" ? ipaddr.IPv4 : ipaddr.IPv6)
    .networkAddressFromCIDR(`${canonical}/${prefix}`)
    .toString();
  if (first !== canonical) return null;
  return (prefix === bits ? canonical : `${canonical}/${prefix}`) as Network;
}

/** Four decimal numbers, or IPv6 without a zone; an IPv4 address in IPv6's clothes must be written as itself. */
function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  if (!text.includes(":") || !ipaddr.IPv6.isValid(text)) return null;
  const parsed = ipaddr.IPv6.parse(text);
  return parsed.isIPv4MappedAddress() ? null : parsed;
}
