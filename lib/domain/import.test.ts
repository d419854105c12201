import { describe, expect, it } from "vitest";
import { type ImportMapping, isSameMapping, proposeMapping, requireMapping } from "./import.ts";

const HEADER = ["Mobilnummer", "Beløp", "Beskrivelse", "Fakturanr", "metadata.class"];
const GOOD: ImportMapping = {
  columns: { phone: 0, amount: 1, description: 2 },
  metadata: { class: 4 },
  amountNotation: "comma",
  currency: "NOK",
  shouldSendSms: true,
};

describe("a proposed mapping", () => {
  it("knows columns by the names that people give them, and amounts by their cells", () => {
    expect(proposeMapping(HEADER, [["+4790000000", "249,00", "Gala", "7", "5b"]], "NOK")).toEqual(GOOD);
  });

  it("takes the plainest of several names, whatever their order", () => {
    const { columns } = proposeMapping(["Order number", "Reference", "Amount due", "Amount"], [], null);
    expect(columns).toEqual({ merchant_reference: 1, amount: 3 });
  });

  it("reads a column of minor units as such", () => {
    expect(proposeMapping(["phone", "Amount (minor)"], [["x", "24900"]], null).amountNotation).toBe("minor");
  });

  it("names no currency where a column does", () => {
    expect(proposeMapping(["amount", "currency"], [], "NOK").currency).toBeNull();
  });

  it("finds nothing in names that say nothing", () => {
    expect(proposeMapping(["a", "metadata.__proto__", ""], [], null)).toMatchObject({
      columns: {},
      metadata: {},
    });
  });
});

describe("a mapping", () => {
  it("is kept with nothing in it but what it may have", () => {
    const noisy = { ...GOOD, columns: { ...GOOD.columns, evil: 3 }, extra: true } as ImportMapping;
    expect(requireMapping(noisy, HEADER)).toEqual(GOOD);
  });

  it.each([
    ["a column that is not there", { columns: { ...GOOD.columns, amount: 5 } }, "/mapping/columns/amount"],
    ["a column that is none", { columns: { ...GOOD.columns, amount: 1.5 } }, "/mapping/columns/amount"],
    ["one column for two fields", { columns: { ...GOOD.columns, locale: 1 } }, "/mapping/columns/locale"],
    ["no column for the phone", { columns: { amount: 1, description: 2 } }, "/mapping/columns/phone"],
    ["no currency", { currency: null }, "/mapping/currency"],
    ["a currency that is none", { currency: "nok" }, "/mapping/currency"],
    ["a key that metadata cannot have", { metadata: { "a b": 3 } }, "/mapping/metadata"],
    ["a key that no object can have", { metadata: JSON.parse('{"__proto__":3}') }, "/mapping/metadata"],
    ["a notation that is none", { amountNotation: "roman" as "point" }, "/mapping/amount_notation"],
  ])("with %s is refused", (_what, change, pointer) => {
    expect(() => requireMapping({ ...GOOD, ...change }, HEADER)).toThrow(
      expect.objectContaining({ code: "import_mapping_invalid", pointer }),
    );
  });

  it("is the same in any order, and another where anything differs", () => {
    const reordered = { ...GOOD, columns: { description: 2, amount: 1, phone: 0 } };
    expect(isSameMapping(GOOD, reordered)).toBe(true);
    expect(isSameMapping(GOOD, { ...GOOD, amountNotation: "point" })).toBe(false);
    expect(isSameMapping(GOOD, { ...GOOD, shouldSendSms: false })).toBe(false);
    expect(isSameMapping(GOOD, { ...GOOD, metadata: {} })).toBe(false);
  });
});
