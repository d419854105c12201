import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson, ImplicitNumber, JsonSyntaxError, parseStrictJson } from "./strict-json.ts";

describe("strict JSON", () => {
  it("agrees with the runtime's parser on every document of texts, whole numbers, lists and objects", () => {
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.string({ unit: "binary" }),
        fc.maxSafeInteger().filter((n) => !Object.is(n, -0)),
        fc.boolean(),
        fc.constant(null),
        tie("list"),
        tie("object"),
      ),
      list: fc.array(tie("value"), { maxLength: 5 }),
      object: fc.dictionary(
        fc.string({ unit: "binary", maxLength: 8 }).filter((key) => key !== "__proto__"),
        tie("value"),
        { maxKeys: 5, noNullPrototype: true },
      ),
    }));
    fc.assert(
      fc.property(value, (document) => {
        const text = JSON.stringify(document);
        expect(parseStrictJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each(["1.5", "1e3", "-0", "1.0", "9007199254740993", "1e400", "12345678901234567890"])(
    "does not pretend that %s is a plain whole number",
    (text) => {
      expect(parseStrictJson(text)).toBeInstanceOf(ImplicitNumber);
    },
  );

  it.each([
    "",
    "{",
    '{"a":1} x',
    '{"a":1,}',
    "[1,]",
    "{'a':1}",
    "// x\n1",
    "NaN",
    "Infinity",
    "+1",
    "0x10",
    "01",
    '"\u0001"',
    "undefined",
    "\u00a01",
    '{"a":1}{"b":2}',
  ])("refuses %j", (text) => {
    expect(() => parseStrictJson(text)).toThrow(JsonSyntaxError);
  });

  it("refuses a key that stands twice, at any depth, also with the same value", () => {
    expect(() => parseStrictJson('{"a":1,"a":1}')).toThrow("twice");
    expect(() => parseStrictJson('{"x":[{"a":1,"\\u0061":2}]}')).toThrow("twice");
  });

  it("refuses deep nesting without running out of stack", () => {
    expect(() => parseStrictJson("[".repeat(60_000))).toThrow(JsonSyntaxError);
    expect(() => parseStrictJson('{"a":'.repeat(10_000))).toThrow(JsonSyntaxError);
  });

  it("treats __proto__ as a key like any other", () => {
    const parsed = parseStrictJson('{"__proto__":{"polluted":true}}') as object;
    expect(Object.hasOwn(parsed, "__proto__")).toBe(true);
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it("has one canonical text for one document, whatever the order of its keys", () => {
    const a = parseStrictJson('{"b":[1,{"y":2,"x":1.50}],"a":"é"}');
    const b = parseStrictJson('{ "a":"\\u00e9", "b":[1,{"x":1.50,"y":2}] }');
    expect(canonicalJson(a)).toBe(canonicalJson(b));
    expect(canonicalJson(a)).not.toBe(canonicalJson(parseStrictJson('{"b":[1,{"y":2,"x":1.5}],"a":"é"}')));
  });
});
