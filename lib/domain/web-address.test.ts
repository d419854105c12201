import { describe, expect, it } from "vitest";
import { ServiceError } from "./errors.ts";
import { isRegistrableHost, requireRegisteredUrl } from "./web-address.ts";

function verdict(url: string, hosts: readonly string[], mode: "test" | "live" = "live"): string {
  try {
    requireRegisteredUrl(url, hosts, mode, "/return_url");
    return "allowed";
  } catch (error) {
    return error instanceof ServiceError ? error.code : String(error);
  }
}

const hosts = ["shop.example", "pay.shop.example:8443"];

describe("an address that payers are sent to", () => {
  it.each([
    ["https://shop.example/thanks", "allowed"],
    ["https://shop.example", "allowed"],
    ["https://pay.shop.example:8443/x?y=1", "allowed"],
    ["https://pay.shop.example/x", "url_not_registered"],
    ["https://shop.example:8443/", "url_not_registered"],
    ["https://evil.example/", "url_not_registered"],
    ["https://shop.example.evil.example/", "url_not_registered"],
    ["https://shop.example@evil.example/", "url_not_allowed"],
    ["https://evil.example\\@shop.example/", "url_not_allowed"],
    ["http://shop.example/", "url_not_allowed"],
    ["//shop.example/", "url_not_allowed"],
    ["/thanks", "url_not_allowed"],
    ["javascript:alert(1)", "url_not_allowed"],
    ["data:text/html,x", "url_not_allowed"],
    ["https://shop.example/\nSet-Cookie:x", "url_not_allowed"],
    ["https:// shop.example/", "url_not_allowed"],
    ["https://sh\u0430p.example/", "url_not_registered"],
    ["", "url_not_allowed"],
    [`https://shop.example/${"a".repeat(2_000)}`, "allowed"],
    [`https://shop.example/${"å".repeat(1_000)}`, "url_not_allowed"],
  ])("%s is %s", (url, expected) => {
    expect(verdict(url, hosts)).toBe(expected);
  });

  it.each([
    ["https://shop.example", "https://shop.example/"],
    ["https:shop.example/x", "https://shop.example/x"],
    ["https:/shop.example/x", "https://shop.example/x"],
    ["HTTPS://Shop.example:443/a/../b", "https://shop.example/b"],
    ["https://shop.example/日本?å=ø#é", "https://shop.example/%E6%97%A5%E6%9C%AC?%C3%A5=%C3%B8#%C3%A9"],
  ])("%s is kept as %s, which every browser and header takes", (given, kept) => {
    expect(requireRegisteredUrl(given, hosts, "live", "/return_url")).toBe(kept);
  });

  it("may be loopback http in test mode only, on any port of a registered loopback name", () => {
    expect(verdict("http://localhost:9000/thanks", ["localhost"], "test")).toBe("allowed");
    expect(verdict("http://localhost:9000/thanks", ["localhost"], "live")).toBe("url_not_allowed");
    expect(verdict("http://localhost:9000/thanks", [], "test")).toBe("url_not_registered");
  });
});

describe("a host to register", () => {
  it("is a plain lower-case name with a port or without", () => {
    for (const host of ["shop.example", "localhost", "a-b.c-d.example:8443", "xn--80ak6aa92e.com"]) {
      expect(isRegistrableHost(host), host).toBe(true);
    }
    for (const host of [
      "Shop.example",
      "https://shop.example",
      "shop.example/x",
      "*.shop.example",
      "a..b",
      "-a.b",
      "a b",
      "x@y",
    ]) {
      expect(isRegistrableHost(host), host).toBe(false);
    }
  });
});
