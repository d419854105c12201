import { describe, expect, it } from "vitest";
import { noteClientAddress, readClientAddress } from "./client-address.ts";

function known(
  hops: number,
  remoteAddress: string | undefined,
  sent: Record<string, string | string[]> = {},
): string | null {
  const headers = { ...sent };
  noteClientAddress({ headers, socket: { remoteAddress } }, hops);
  return readClientAddress(
    new Headers(Object.entries(headers).map(([name, value]) => [name, String(value)])),
  );
}

describe("the client's address", () => {
  it("is the connection's own where no proxy is trusted, whatever headers say", () => {
    const forged = {
      "x-forwarded-for": "198.51.100.9",
      "x-real-ip": "198.51.100.9",
      forwarded: "for=198.51.100.9",
    };
    expect(known(0, "203.0.113.7", forged)).toBe("203.0.113.7");
  });

  it("is what the outermost trusted proxy was called from, not what the caller wrote before", () => {
    const sent = { "x-forwarded-for": "198.51.100.9, 203.0.113.7" };
    expect(known(1, "10.0.0.1", sent)).toBe("203.0.113.7");
    expect(known(2, "10.0.0.1", { "x-forwarded-for": "198.51.100.9, 203.0.113.7, 10.0.0.2" })).toBe(
      "203.0.113.7",
    );
  });

  it.each([
    ["no proxy wrote", 1, "10.0.0.1", {}],
    ["fewer proxies wrote than are trusted", 3, "10.0.0.1", { "x-forwarded-for": "203.0.113.7" }],
    ["it is no address", 1, "10.0.0.1", { "x-forwarded-for": "unknown" }],
    ["it has a port", 1, "10.0.0.1", { "x-forwarded-for": "203.0.113.7:1234" }],
    ["it is short", 1, "10.0.0.1", { "x-forwarded-for": "127.1" }],
    ["the connection has none", 0, undefined, {}],
  ])("is not known where %s", (_, hops, remote, sent) => {
    expect(known(hops, remote, sent as Record<string, string>)).toBeNull();
  });

  it("has one spelling: IPv4 as IPv4, IPv6 without a zone", () => {
    expect(known(0, "::ffff:203.0.113.7")).toBe("203.0.113.7");
    expect(known(0, "fe80::1%eth0")).toBe("fe80::1");
    expect(known(0, "2001:DB8:0::1")).toBe("2001:db8::1");
  });

  it("cannot be sent by a caller, who does not know the name it is kept under", () => {
    expect(
      readClientAddress(new Headers({ "x-billtext-": "203.0.113.7", "x-real-ip": "203.0.113.7" })),
    ).toBeNull();
  });
});
