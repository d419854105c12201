// Values as the API's description allows them, those that work in the demo more often than those that only might.

import fc from "fast-check";
import type { ApiDocument } from "../description.ts";

export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  readonly examples?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

/** Where callbacks may go, besides all that they may not. */
export interface World {
  readonly callbackUrl: string;
}

const ID = /^(?:invoice|payment|refund|dispute|endpoint|event|delivery|key|sms)(?:_id)?$/;

const realId = fc.nat(1_000).map((number) => `@id:${number}`);
const wellFormedId = fc
  .tuple(
    fc.constantFrom("inv", "pay", "rfn", "dsp", "sms", "evt", "cbe", "dlv", "key"),
    fc.stringMatching(/^[0-9A-Za-z]{22}$/),
  )
  .map(([prefix, random]) => `${prefix}_${random}`);
const oddId = fc.constantFrom(
  "x",
  "inv_",
  "%00",
  "..",
  "%2e%2e%2f",
  "inv_%F0%9F%92%B8",
  "null",
  "0",
  "a".repeat(3_000),
  "%ZZ",
  "'--",
  "__proto__",
);
export const anyId = fc.oneof(
  { weight: 12, arbitrary: realId },
  { weight: 2, arbitrary: wellFormedId },
  { weight: 2, arbitrary: oddId },
);

// Made once each: fast-check prepares a good deal for some of them.
const plainText = fc.string();
const graphemes = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 });
const emailAddresses = fc.emailAddress();
const otherAddresses = fc.webUrl({ validSchemes: ["http", "ftp"] });
const matching = new Map<string, fc.Arbitrary<string>>();

const words = (max: number) =>
  fc.oneof(
    { weight: 6, arbitrary: plainText.map((text) => `a${text.replaceAll(/[^ -~]/g, "")}`.slice(0, max)) },
    { weight: 1, arbitrary: graphemes },
    { weight: 1, arbitrary: fc.constant("x".repeat(max)) },
  );

function matchingPattern(pattern: string): fc.Arbitrary<string> {
  const made = matching.get(pattern) ?? fc.stringMatching(new RegExp(pattern));
  matching.set(pattern, made);
  return made;
}

const instants = fc.oneof(
  fc.integer({ min: -1, max: 60 }).map((days) => new Date(Date.now() + days * 86_400_000).toISOString()),
  fc.constantFrom("2027-01-31T23:59:59+01:00", "9998-12-31T23:59:59Z", "1970-01-01T00:00:00Z"),
);

export class Values {
  readonly #document: ApiDocument;
  readonly #world: World;

  constructor(document: ApiDocument, world: World) {
    this.#document = document;
    this.#world = world;
  }

  /** What the description allows. */
  valid(schema: Schema, name: string): fc.Arbitrary<unknown> {
    if (schema.$ref !== undefined) {
      const referred = this.#document.components.schemas[schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1)];
      return this.valid(referred as Schema, name);
    }
    if (schema.const !== undefined) return fc.constant(schema.const);
    // What works in the demo more often than what only might.
    if (name === "currency")
      return fc.oneof(
        { weight: 6, arbitrary: fc.constant("NOK") },
        { weight: 1, arbitrary: fc.constantFrom(...(schema.enum ?? [])) },
      );
    if (/^(?:refundable_)?amount$/.test(name)) {
      const others = fc.integer({ min: schema.minimum ?? 1, max: schema.maximum ?? 1 });
      return fc.oneof({ weight: 4, arbitrary: fc.constant(24_900) }, { weight: 1, arbitrary: others });
    }
    if (name === "version") {
      return fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, fc.integer({ min: 2, max: 4 }));
    }
    // One jump over a year ends every invoice there is, and little could be done from then on.
    if (name === "advance_seconds" || name === "to") return this.#clock(schema, name);
    if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
    const forms = schema.oneOf ?? schema.anyOf;
    if (forms !== undefined) return fc.oneof(...forms.map((form) => this.valid(form, name)));
    if (typeof schema.type === "object") {
      return fc.oneof(...schema.type.map((type) => this.valid({ ...schema, type }, name)));
    }
    switch (schema.type) {
      case "object":
        return this.#object(schema);
      case "array":
        return this.#array(schema, name);
      case "string":
        return this.#string(schema, name);
      case "integer":
        return fc.oneof(
          fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 1_000_000 }),
          fc.constantFrom(schema.minimum ?? 0, schema.maximum ?? 1),
        );
      case "number":
        return fc
          .integer({ min: (schema.minimum ?? 0) * 100, max: (schema.maximum ?? 1_000) * 100 })
          .map((hundredths) => hundredths / 100);
      case "boolean":
        return fc.boolean();
      case "null":
        return fc.constant(null);
      default:
        return fc.jsonValue();
    }
  }

  #clock(schema: Schema, name: string): fc.Arbitrary<unknown> {
    const seconds = fc.integer({ min: 1, max: 600 });
    const near =
      name === "to"
        ? seconds.map((ahead) => new Date(Date.now() + ahead * 10_000).toISOString())
        : (seconds as fc.Arbitrary<unknown>);
    const far =
      name === "to"
        ? fc.constantFrom("9998-12-31T23:59:59Z", "1970-01-01T00:00:00Z")
        : this.valid(schema, "");
    return fc.oneof({ weight: 12, arbitrary: near }, { weight: 1, arbitrary: far });
  }

  #object({
    properties = {},
    required = [],
    additionalProperties,
    propertyNames,
  }: Schema): fc.Arbitrary<object> {
    const fields = Object.entries(properties).map(([name, field]) => {
      const value = this.valid(field, name).map((found) => [[name, found]] as const);
      return required.includes(name)
        ? value
        : fc.oneof({ weight: 9, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: value });
    });
    const known = fc.tuple(...fields).map((found) => Object.fromEntries(found.flat()) as object);
    if (typeof additionalProperties !== "object") return known;
    const key =
      propertyNames === undefined
        ? fc.string()
        : (this.valid({ type: "string", ...propertyNames }, "") as fc.Arbitrary<string>);
    const more = fc.dictionary(key, this.valid(additionalProperties, ""), { maxKeys: 4 });
    return fc.tuple(known, more).map(([own, extra]) => ({ ...extra, ...own }));
  }

  #array(
    { items = {}, minItems = 0, maxItems = 4, uniqueItems = false }: Schema,
    name: string,
  ): fc.Arbitrary<unknown[]> {
    const item = this.valid(items, name);
    const limits = { minLength: minItems, maxLength: Math.min(maxItems, Math.max(minItems, 4)) };
    return uniqueItems ? fc.uniqueArray(item, limits) : fc.array(item, limits);
  }

  #string({ format, pattern, examples, maxLength = 40 }: Schema, name: string): fc.Arbitrary<string> {
    if (ID.test(name)) return anyId;
    if (name === "phone") return fc.nat(9_999_999).map((number) => `+474${String(number).padStart(7, "0")}`);
    if (format === "date-time") return instants;
    if (format === "email") return emailAddresses;
    if (format === "uri") return this.#address(name);
    if (pattern !== undefined) return matchingPattern(pattern);
    const known = (examples ?? []).map(String);
    return known.length === 0
      ? words(maxLength)
      : fc.oneof(
          { weight: 3, arbitrary: fc.constantFrom(...known) },
          { weight: 1, arbitrary: words(maxLength) },
        );
  }

  #address(name: string): fc.Arbitrary<string> {
    const good = /callback|^url$/.test(name) ? this.#world.callbackUrl : "https://shop.example/thanks";
    return fc.oneof(
      { weight: 6, arbitrary: fc.constant(good) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          "https://evil.example/",
          "http://169.254.169.254/",
          "javascript:alert(1)",
          "https://a@shop.example/",
          "//x",
          "https://[::1]/",
          "https://xn--/",
          "https://shop.example:99999/",
          "https://10.0.0.1/x",
        ),
      },
      { weight: 1, arbitrary: otherAddresses },
    );
  }
}
