import { describe, expect, it } from "vitest";
import { tameRequest } from "./tame-request.ts";

function tamed(method: string, url: string) {
  const request = { method, url };
  tameRequest(request);
  return request;
}

describe("a request as it reaches the doors", () => {
  it.each([
    ["/i/%ZZ", "/i/%25ZZ"],
    ["/i/%ff/pay", "/i/%25ff/pay"],
    ["/i/%", "/i/%25"],
    ["/a%20b/%E0%A4%A", "/a%20b/%25E0%25A4%25A"],
    ["/i/%ZZ?x=%ZZ", "/i/%25ZZ?x=%ZZ"],
  ])("has a path that can be decoded: %s", (url, expected) => {
    expect(tamed("GET", url)).toEqual({ method: "GET", url: expected });
  });

  it.each(["/", "/i/abc", "/i/%C3%A5?x=%ZZ", "/api/v1/invoices/..%2f..%2fetc", "*"])(
    "is left as it is where nothing is wrong with it: %s",
    (url) => {
      expect(tamed("POST", url)).toEqual({ method: "POST", url });
    },
  );

  it("is no TRACE", () => {
    expect(tamed("TRACE", "/i/abc")).toEqual({ method: "PUT", url: "/" });
  });

  it("asks for no page of the framework's", () => {
    const headers = { rsc: "1", "x-middleware-prefetch": "1", accept: "*/*" };
    tameRequest({ method: "GET", url: "/api/v1/me", headers });
    expect(headers).toEqual({ accept: "*/*" });
  });
});
