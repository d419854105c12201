// JSON as callers mean it: no key twice, no number that would be rounded or is written in another way than
// digits, nothing after the end. The document is read by a library's scanner; what it finds is put together here.

import { visit } from "jsonc-parser";

/** A number that is not a plain whole number within the exact range: kept as its text. */
export class ImplicitNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export class JsonSyntaxError extends Error {}

const DEPTH_MAX = 32;
const PLAIN_INTEGER = /^-?(?:0|[1-9]\d{0,15})$/;

type Container = unknown[] | Record<string, unknown>;

/**
 * Parses strictly. Plain whole numbers become numbers; every other number becomes an ImplicitNumber, for the
 * field's own rule to take or refuse.
 *
 * @throws JsonSyntaxError  with one sentence that does not repeat the input
 */
export function parseStrictJson(text: string): unknown {
  const stack: Container[] = [];
  let pendingKey: string | null = null;
  let root: unknown;

  function put(value: unknown): void {
    const top = stack.at(-1);
    if (top === undefined) root = value;
    else if (Array.isArray(top)) top.push(value);
    // Defined, not assigned: a key named __proto__ is a key like any other.
    else
      Object.defineProperty(top, pendingKey ?? "", {
        value,
        enumerable: true,
        writable: true,
        configurable: true,
      });
  }

  function enter(container: Container): void {
    if (stack.length >= DEPTH_MAX) throw new JsonSyntaxError("The JSON is nested too deeply.");
    put(container);
    stack.push(container);
  }

  function leave(): void {
    stack.pop();
  }

  try {
    visit(
      text,
      {
        onObjectBegin: () => enter({}),
        onArrayBegin: () => enter([]),
        onObjectEnd: leave,
        onArrayEnd: leave,
        onObjectProperty: (name) => {
          const top = stack.at(-1);
          if (top !== undefined && Object.hasOwn(top, name)) throw new JsonSyntaxError("A key stands twice.");
          pendingKey = name;
        },
        onLiteralValue: (value, offset, length) => {
          put(typeof value === "number" ? readNumber(text.slice(offset, offset + length)) : value);
        },
        onError: () => {
          throw new JsonSyntaxError("The body is not valid JSON.");
        },
      },
      { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false },
    );
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw error;
    throw new JsonSyntaxError("The body is not valid JSON.");
  }
  return root;
}

function readNumber(text: string): number | ImplicitNumber {
  const value = Number(text);
  return PLAIN_INTEGER.test(text) && Number.isSafeInteger(value) && !Object.is(value, -0)
    ? value
    : new ImplicitNumber(text);
}

/** The same text for the same document, whatever its order of keys and its spaces. */
export function canonicalJson(value: unknown): string {
  if (value instanceof ImplicitNumber) return value.text;
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, child]) => `${JSON.stringify(key)}:${canonicalJson(child)}`).join(",")}}`;
}
