import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { MONEY_BACK_KINDS } from "#lib/domain/money-back.ts";
import { DECLINE_CODES, PAYMENT_METHODS } from "#lib/domain/payment.ts";
import { payerText } from "#lib/web/payer/translator.ts";
import { projectRoot } from "../../scripts/stack/paths.ts";

const folder = join(projectRoot, "lib/web/payer/messages");
const languages = readdirSync(folder).map((file) => file.replace(".json", ""));
const read = (language: string) =>
  JSON.parse(readFileSync(join(folder, `${language}.json`), "utf8")) as Record<string, string>;
const english = read("en");

/** Keys that code puts together. */
const BUILT = [
  ...DECLINE_CODES.map((code) => `decline_${code}`),
  ...PAYMENT_METHODS.flatMap((method) => [
    `pay_${method}`,
    `pay_${method}_note`,
    `method_${method}`,
    `by_${method}`,
  ]),
  ...MONEY_BACK_KINDS.map((kind) => `money_${kind}`),
  "pay_carrier_billing_code_note",
  "method_card_detail",
  ...["home", "not_found", "unavailable", "refused"].flatMap((page) =>
    ["title", "heading", "text"].map((part) => `${page}_${part}`),
  ),
];

function sources(dir: string): string {
  return readdirSync(join(projectRoot, dir), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name) && !name.endsWith(".test.ts"))
    .map((name) => readFileSync(join(projectRoot, dir, name), "utf8"))
    .join("\n");
}

const placeholders = (message: string) =>
  [...message.matchAll(/\{(\w+)[},]/g)].map((match) => match[1]).sort();

describe("payer messages", () => {
  it.each(languages)("in %s are complete, with the same placeholders as in English", (language) => {
    const messages = read(language);
    expect(Object.keys(messages).sort()).toEqual(Object.keys(english).sort());
    for (const [key, message] of Object.entries(messages)) {
      expect(placeholders(message), key).toEqual(placeholders(english[key] ?? ""));
    }
  });

  it("are all used, and none that is used is missing", () => {
    const code = sources("lib/web/payer") + sources("components/payer");
    const named = [...code.matchAll(/"([a-z0-9_]+)"/g)].map((match) => match[1] ?? "");
    const used = new Set([...named, ...BUILT].filter((key) => key in english));
    expect(Object.keys(english).filter((key) => !used.has(key))).toEqual([]);
    const asked = [...code.matchAll(/\bt\(\s*"([a-z0-9_]+)"/g)].map((match) => match[1] ?? "");
    expect([...asked, ...BUILT].filter((key) => !(key in english))).toEqual([]);
  });

  it.each(languages)("in %s speak without error, plurals included", (language) => {
    const text = payerText({ locale: language, country: "NO", timeZone: "Europe/Oslo" });
    const sample = {
      merchant: "M",
      amount: "A",
      description: "W",
      date: "D",
      last4: "0000",
      seconds: 4,
      left: 1,
      brand: "Visa",
      rate: "25",
      number: "1",
      method: "by card",
    };
    for (const key of Object.keys(english)) {
      const spoken = text.t(key, sample);
      expect(spoken, key).not.toMatch(/[{}]/);
      expect(spoken, key).not.toBe(key);
    }
    expect(text.t("code_wrong", { left: 1 })).not.toBe(text.t("code_wrong", { left: 3 }));
  });
});
