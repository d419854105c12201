import { describe, expect, it } from "vitest";
import { parseNetwork } from "./network.ts";

describe("a network of a key", () => {
  it.each([
    ["203.0.113.7", "203.0.113.7"],
    ["203.0.113.7/32", "203.0.113.7"],
    ["203.0.113.0/24", "203.0.113.0/24"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["2001:DB8:0:0::1", "2001:db8::1"],
    ["2001:db8::/32", "2001:db8::/32"],
    ["::/0", "::/0"],
  ])("has one spelling: %s", (text, canonical) => {
    expect(parseNetwork(text)).toBe(canonical);
  });

  it.each([
    "",
    "example.com",
    "203.0.113.7/24",
    "2001:db8::1/32",
    "203.0.113.0/33",
    "2001:db8::/129",
    "203.0.113",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "fe80::1%eth0",
    "::ffff:203.0.113.7",
    "203.0.113.7/",
    " 203.0.113.7",
    "203.0.113.7/24/24",
  ])("is not %j", (text) => {
    expect(parseNetwork(text)).toBeNull();
  });
});
