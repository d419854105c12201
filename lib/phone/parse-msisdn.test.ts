import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ServiceError } from "#lib/domain/errors.ts";
import { parseMsisdn } from "./parse-msisdn.ts";

function read(text: string): string {
  try {
    return parseMsisdn(text).phone;
  } catch (error) {
    if (error instanceof ServiceError) return error.code;
    throw error;
  }
}

describe("a phone number", () => {
  it.each([
    "+4790000000",
    "+47 900 00 000",
    "0047 90000000",
    "+47 (900) 00-000",
    " +4790000000 ",
    "+47.900.00.000",
  ])("written as %j is one and the same", (text) => {
    expect(read(text)).toBe("+4790000000");
  });

  it.each([
    "90000000",
    "+0 90000000",
    "+47",
    "+4790000000 ext 5",
    "+4790000000;ext=5",
    "+47900000001234567890",
    "tel:+4790000000",
    "+47 9000000a",
    "１２３",
    "+٤٧٩٠٠٠٠٠٠٠",
    "😀",
    "",
    "+",
    "112",
  ])("written as %j is refused", (text) => {
    expect(read(text)).toBe("phone_invalid");
  });

  it("must be able to receive a text: fixed lines, premium and toll-free numbers are refused", () => {
    for (const text of ["+4722000000", "+4780012345", "+4782012345", "+442079460000"]) {
      expect(read(text), text).toBe("phone_invalid");
    }
  });

  it("tells its country", () => {
    expect(parseMsisdn("+4790000000").country).toBe("NO");
    expect(parseMsisdn("+46733123450").country).toBe("SE");
  });

  it("never fails in any other way, whatever is typed", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
        expect(read(text)).toMatch(/^(\+[1-9]\d{4,14}|phone_invalid)$/);
      }),
    );
  });

  it("is a fixed point: what was read reads as itself", () => {
    fc.assert(
      fc.property(fc.constantFrom("+479", "+4673", "+4479", "+2507"), fc.nat(9_999_999), (prefix, rest) => {
        const first = read(`${prefix}${String(rest).padStart(7, "0")}`);
        if (first !== "phone_invalid") expect(read(first)).toBe(first);
      }),
    );
  });
});
