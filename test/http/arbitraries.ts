// Requests made of the API's description: valid ones, ones with a single fault, and wild ones.

import fc from "fast-check";
import type { ApiDocument, DescribedOperation } from "../description.ts";
import { anyId, type Schema, Values, type World } from "./values.ts";

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

export class Arbitraries {
  readonly #values: Values;

  constructor(document: ApiDocument, world: World) {
    this.#values = new Values(document, world);
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
          this.#values.valid(schema as Schema, name).map((value) => [name, String(value)] as const),
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
    const valid = this.#values.valid(schema, "");
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
