// Requests made of the API's description: valid ones, ones with a single fault, and wild ones.

import fc from "fast-check";
import type { ApiDocument, DescribedOperation } from "../description.ts";

interface Schema {
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

/** One call before it is made. Ids that are real stand as `@id:<number>`, filled in from earlier answers. */
export interface Plan {
  readonly method: string;
  /** Below `/api/v1`, with its query. */
  readonly path: string;
  readonly auth: "right" | "none" | "malformed" | "wrong";
  readonly idempotencyKey: "fresh" | "again" | "none" | "invalid";
  readonly contentType: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer> | null;
  /** A number that differs between plans. */
  readonly number: number;
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
const anyId = fc.oneof(
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

export class Arbitraries {
  readonly #document: ApiDocument;
  readonly #world: World;

  constructor(document: ApiDocument, world: World) {
    this.#document = document;
    this.#world = world;
  }

  /** Calls of one operation. */
  plans(method: string, template: string, operation: DescribedOperation): fc.Arbitrary<Plan> {
    return fc.record({
      method: fc.oneof(
        { weight: 60, arbitrary: fc.constant(method) },
        { weight: 1, arbitrary: fc.constantFrom("GET", "POST", "PUT", "PATCH", "DELETE") },
      ),
      path: fc.tuple(this.#path(template), this.#query(operation)).map(([path, query]) => path + query),
      auth: weighted<Plan["auth"]>([
        ["right", 40],
        ["none", 1],
        ["malformed", 1],
        ["wrong", 1],
      ]),
      idempotencyKey: weighted<Plan["idempotencyKey"]>([
        ["fresh", 30],
        ["again", 3],
        ["none", 1],
        ["invalid", 1],
      ]),
      contentType: fc.oneof(
        { weight: 40, arbitrary: fc.constant("application/json") },
        {
          weight: 1,
          arbitrary: fc.constantFrom(
            null,
            "text/plain",
            "application/json; charset=utf-8",
            "application/json; charset=latin1",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
          ),
        },
      ),
      headers: fc.oneof(
        { weight: 20, arbitrary: fc.constant({}) },
        {
          weight: 1,
          arbitrary: fc.constantFrom(
            { "content-encoding": "gzip" },
            { "x-forwarded-for": "256.1.1.1, ::, x" },
            { accept: "text/html" },
            { "if-match": "*" },

            { "x-http-method-override": "DELETE" },
            { "x-middleware-subrequest": "middleware" },
            { "next-action": "x" },
            { rsc: "1" },
            { "x-middleware-prefetch": "1" },
          ),
        },
      ),
      body: this.#body(operation),
      number: fc.nat(),
    });
  }

  #path(template: string): fc.Arbitrary<string> {
    const parts = template.split("/").map((part) => (part.startsWith("{") ? anyId : fc.constant(part)));
    return fc.tuple(...parts).map((found) => found.join("/"));
  }

  #query(operation: DescribedOperation): fc.Arbitrary<string> {
    const parameters = (operation.parameters ?? []).filter((parameter) => parameter.in === "query");
    const valid = fc.tuple(
      ...parameters.map(({ name, schema }) =>
        fc.option(
          this.#valid(schema as Schema, name).map((value) => [name, String(value)] as const),
          { freq: 3 },
        ),
      ),
    );
    const odd = fc.tuple(
      fc.constantFrom(...parameters.map(({ name }) => name), "limit", "constructor", "__proto__", "a b"),
      fc.oneof(fc.string(), fc.constantFrom("", "-1", "1e9", "0x10", "\u0000", "\ud83d\ude00", "NaN")),
    );
    const written = (pairs: readonly (readonly [string, string])[]) =>
      pairs.length === 0
        ? ""
        : `?${pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value.toWellFormed())}`).join("&")}`;
    return fc.oneof(
      {
        weight: 16,
        arbitrary: valid.map((pairs) => written(pairs.flatMap((pair) => (pair === null ? [] : [pair])))),
      },
      {
        weight: 2,
        arbitrary: fc
          .tuple(valid, odd)
          .map(([pairs, one]) => written([...pairs.flatMap((pair) => (pair === null ? [] : [pair])), one])),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          "?",
          "?%ZZ=%ZZ",
          "?a&a",
          "?limit=1&limit=2",
          "?=",
          `?${"x".repeat(5_000)}`,
          "?%F0%28%8C%28=1",
        ),
      },
    );
  }

  #body({ requestBody }: DescribedOperation): fc.Arbitrary<Plan["body"]> {
    const schema = requestBody?.content?.["application/json"]?.schema as Schema | undefined;
    if (schema === undefined) {
      return fc.oneof(
        { weight: 30, arbitrary: fc.constant(null) },
        { weight: 1, arbitrary: fc.constantFrom("{}", "x", "null", "[]") },
      );
    }
    const valid = this.#valid(schema, "");
    const text = valid.map((value) => JSON.stringify(value));
    return fc.oneof(
      { weight: requestBody?.required === false ? 8 : 0, arbitrary: fc.constant(null) },
      { weight: 12, arbitrary: text },
      {
        weight: 8,
        arbitrary: fc
          .tuple(valid, fc.nat(), fault)
          .map(([value, place, wrong]) => withFault(value, place, wrong)),
      },
      { weight: 2, arbitrary: fc.json() },
      {
        weight: 1,
        arbitrary: fc.oneof(
          fc.string(),
          fc.uint8Array({ maxLength: 60 }).map((bytes) => new Uint8Array(bytes)),
        ),
      },
      {
        weight: 1,
        arbitrary: fc.tuple(text, fc.nat()).map(([json, at]) => json.slice(0, at % (json.length + 1))),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          "[".repeat(40),
          "[".repeat(9_000),
          "null",
          '{"a":1,"a":2}',
          "\ufeff{}",
          `{"description":"${"x".repeat(70_000)}"}`,
          "",
        ),
      },
    );
  }

  /** What the description allows. */
  #valid(schema: Schema, name: string): fc.Arbitrary<unknown> {
    if (schema.$ref !== undefined) {
      const referred = this.#document.components.schemas[schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1)];
      return this.#valid(referred as Schema, name);
    }
    if (schema.const !== undefined) return fc.constant(schema.const);
    // What works in the demo more often than what only might.
    if (name === "currency")
      return fc.oneof(
        { weight: 6, arbitrary: fc.constant("NOK") },
        { weight: 1, arbitrary: fc.constantFrom(...(schema.enum ?? [])) },
      );
    if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
    const forms = schema.oneOf ?? schema.anyOf;
    if (forms !== undefined) return fc.oneof(...forms.map((form) => this.#valid(form, name)));
    if (typeof schema.type === "object") {
      return fc.oneof(...schema.type.map((type) => this.#valid({ ...schema, type }, name)));
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

  #object({
    properties = {},
    required = [],
    additionalProperties,
    propertyNames,
  }: Schema): fc.Arbitrary<object> {
    const fields = Object.entries(properties).map(([name, field]) => {
      const value = this.#valid(field, name).map((found) => [[name, found]] as const);
      return required.includes(name)
        ? value
        : fc.oneof({ weight: 9, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: value });
    });
    const known = fc.tuple(...fields).map((found) => Object.fromEntries(found.flat()) as object);
    if (typeof additionalProperties !== "object") return known;
    const key =
      propertyNames === undefined
        ? fc.string()
        : (this.#valid({ type: "string", ...propertyNames }, "") as fc.Arbitrary<string>);
    const more = fc.dictionary(key, this.#valid(additionalProperties, ""), { maxKeys: 4 });
    return fc.tuple(known, more).map(([own, extra]) => ({ ...extra, ...own }));
  }

  #array(
    { items = {}, minItems = 0, maxItems = 4, uniqueItems = false }: Schema,
    name: string,
  ): fc.Arbitrary<unknown[]> {
    const item = this.#valid(items, name);
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

function weighted<T>(choices: readonly (readonly [value: T, weight: number])[]): fc.Arbitrary<T> {
  return fc.oneof(...choices.map(([value, weight]) => ({ weight, arbitrary: fc.constant(value) })));
}

const RAW = "@raw:";

/** A value that is wrong nearly everywhere, or what to do to a field. Raw JSON stands as `@raw:…`. */
const fault: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    0,
    "",
    "x".repeat(5_000),
    [],
    {},
    "\u0000",
    "\ud800",
    "a\u202eb",
    "\uff11\uff12",
    [[]],
    { a: 1 },
  ),
  fc.constantFrom("1.5", "1e3", "1e400", "-0", "9007199254740993", "0.1e-9").map((text) => `${RAW}${text}`),
  fc.constantFrom("@delete", "@unknown", "@twice", "@proto"),
  fc.jsonValue({ maxDepth: 2 }),
);

/** The body with one thing wrong in it, as text. */
function withFault(value: unknown, place: number, wrong: unknown): string {
  const copy: unknown = JSON.parse(JSON.stringify(value) ?? "null");
  const places = placesIn(copy);
  const [holder, key] = places[place % Math.max(places.length, 1)] ?? [null, ""];
  if (holder === null) return JSON.stringify(wrong) ?? "null";
  if (wrong === "@delete") Reflect.deleteProperty(holder, key);
  else if (wrong === "@unknown") Object.assign(holder, { unknown_field: 1 });
  else if (wrong === "@proto") return JSON.stringify(copy).replace("{", '{"__proto__":{"a":1},');
  else if (wrong === "@twice") return JSON.stringify(copy).replace(/\{("[^"]+":)/, "{$1null,$1");
  else Object.assign(holder, { [key]: wrong });
  return JSON.stringify(copy).replaceAll(/"@raw:([^"]+)"/g, "$1");
}

function placesIn(value: unknown): (readonly [holder: object, key: string])[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => [[value, key] as const, ...placesIn(child)]);
}
