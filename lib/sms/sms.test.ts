import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fillTemplate, isSmsSender, unknownPlaceholders } from "#lib/domain/sms.ts";
import { measureSms } from "./segments.ts";
import { composeSms } from "./templates.ts";

const link = "https://pay.example.com/i/0123456789abcdefghijkl";
const values = {
  merchant: "Fjord Swim Club",
  reference: "A-1042",
  description: "Swimming gala",
  amount: "NOK\u00a0249.00",
  due: "5\u00a0Dec 2026",
  link,
};

describe("parts of a text", () => {
  it.each([
    ["a".repeat(160), "gsm7", 1],
    ["a".repeat(161), "gsm7", 2],
    ["a".repeat(306), "gsm7", 2],
    ["a".repeat(307), "gsm7", 3],
    [`€${"a".repeat(158)}`, "gsm7", 1],
    [`€${"a".repeat(159)}`, "gsm7", 2],
    ["æøåÄÖÜßéè", "gsm7", 1],
    ["ç".repeat(70), "ucs2", 1],
    ["ç".repeat(71), "ucs2", 2],
    ["😀".repeat(35), "ucs2", 1],
    ["😀".repeat(36), "ucs2", 2],
  ] as const)("of %j… are counted as the air counts them", (text, encoding, segments) => {
    expect(measureSms(text)).toEqual({ encoding, segments });
  });

  it("never get fewer when a text grows", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", maxLength: 200 }),
        fc.string({ unit: "grapheme", maxLength: 50 }),
        (text, more) => {
          expect(measureSms(text + more).segments).toBeGreaterThanOrEqual(measureSms(text).segments);
        },
      ),
    );
  });
});

describe("our own texts", () => {
  it("name merchant, reference, amount and due date, with the link on a line of its own, in the plain alphabet", () => {
    const text = composeSms({ kind: "invoice", locale: "en", template: null, values });
    expect(text).toBe(`Fjord Swim Club: A-1042, NOK 249.00, due 5 Dec 2026.\nPay: ${link}`);
    expect(measureSms(text)).toEqual({ encoding: "gsm7", segments: 1 });
  });

  it("say it in Norwegian", () => {
    const text = composeSms({
      kind: "invoice",
      locale: "nb",
      template: null,
      values: { ...values, amount: "249,00\u00a0NOK" },
    });
    expect(text).toBe(`Fjord Swim Club: A-1042, 249,00 NOK, forfall 5 Dec 2026.\nBetal: ${link}`);
  });

  it("fit two parts and keep the whole link and the amount, whatever the merchant calls itself and its invoices", () => {
    const long = fc.string({ unit: "grapheme", minLength: 0, maxLength: 200 });
    fc.assert(
      fc.property(
        long,
        long,
        long,
        fc.constantFrom("en", "nb"),
        (merchant, reference, description, locale) => {
          const text = composeSms({
            kind: "invoice",
            locale,
            template: null,
            values: { ...values, merchant: merchant.slice(0, 60), reference, description },
          });
          expect(measureSms(text).segments).toBeLessThanOrEqual(2);
          expect(text.endsWith(link)).toBe(true);
          expect(text).toContain("NOK 249.00");
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("a merchant's text", () => {
  it("is filled once: what comes in through a value is never filled again", () => {
    const text = fillTemplate("{merchant} {amount}", { merchant: "{link}{amount}", amount: "5" });
    expect(text).toBe("{link}{amount} 5");
  });

  it("gets the link on a line of its own where it has none", () => {
    expect(composeSms({ kind: "invoice", locale: "en", template: "Hi", values })).toBe(`Hi\n${link}`);
    expect(composeSms({ kind: "invoice", locale: "en", template: "Hi {link}!", values })).toBe(`Hi ${link}!`);
  });

  it("holds known placeholders only", () => {
    expect(unknownPlaceholders("{merchant} {amount} {link}")).toEqual([]);
    expect(unknownPlaceholders("{code} {constructor} {x}")).toEqual(["code", "constructor", "x"]);
  });
});

describe("a sender", () => {
  it("is a name of at most 11 characters with a letter, or a number", () => {
    for (const sender of ["Billtext", "Fjord Swim", "A1", "+4790000000", "26112"])
      expect(isSmsSender(sender), sender).toBe(true);
    for (const sender of ["", "12345678901 2", "TwelveLetter", "Ærlig", "a_b", " A", "+", "1", "a\nb"])
      expect(isSmsSender(sender), sender).toBe(false);
  });
});
