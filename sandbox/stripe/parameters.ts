// Parsers for Stripe's parameters. Strict as Stripe is: unknown names, wrong types and empty values are
// refused with Stripe's codes, because a client that relies on leniency here would fail in production.
import { ParameterError } from "./errors.ts";
import type { Raw, RawTree } from "./form.ts";

/** Turns what was sent (undefined: nothing) into a value, or throws a ParameterError naming `param`. */
export type Parser<T> = (raw: Raw | undefined, param: string) => T;

type Parsed<S> = { [K in keyof S]: S[K] extends Parser<infer T> ? T : never };

/** A set of named parameters; any other name is refused. */
export function hash<S extends Record<string, Parser<unknown>>>(shape: S): Parser<Parsed<S>> {
  return (raw, param) => {
    const tree = raw ?? {};
    if (typeof tree === "string") {
      throw new ParameterError(param, "Invalid object");
    }
    refuseUnknown(tree, shape, param);
    const entries = Object.entries(shape).map(([name, parse]) => [
      name,
      parse(tree[name], child(param, name)),
    ]);
    // Safe: every key of the shape has been given what its own parser returned.
    return Object.fromEntries(entries) as Parsed<S>;
  };
}

/** Absent stays undefined instead of being refused. */
export function optional<T>(parse: Parser<T>): Parser<T | undefined> {
  return (raw, param) => (raw === undefined ? undefined : parse(raw, param));
}

/** A list; `least` is the smallest number of items. */
export function list<T>(parse: Parser<T>, least = 0): Parser<T[]> {
  return (raw, param) => {
    if (raw === undefined) {
      throw missingParameter(param);
    }
    if (typeof raw === "string") {
      throw new ParameterError(param, "Invalid array");
    }
    const keys = Object.keys(raw);
    if (keys.some((key) => !/^\d+$/.test(key))) {
      throw new ParameterError(param, "Invalid array");
    }
    if (keys.length < least) {
      throw missingParameter(param);
    }
    return keys
      .sort((left, right) => Number(left) - Number(right))
      .map((key) => parse(raw[key], child(param, key)));
  };
}

/** A text that is not empty and has at most `longest` characters. */
export function text(longest = 5_000): Parser<string> {
  return (raw, param) => {
    const value = scalar(raw, param);
    if (value.length > longest) {
      const message = `Invalid string: must be at most ${longest} characters`;
      throw new ParameterError(param, message, "parameter_invalid_string_length");
    }
    return value;
  };
}

/** A whole number of at least `least`, at most `most`. */
export function integer(least: number, most = Number.MAX_SAFE_INTEGER): Parser<number> {
  return (raw, param) => {
    const value = scalar(raw, param);
    if (!/^-?\d{1,16}$/.test(value)) {
      throw new ParameterError(param, `Invalid integer: ${value}`, "parameter_invalid_integer");
    }
    const number = Number(value);
    if (number < least || number > most) {
      const bound = number < least ? `greater than or equal to ${least}` : `less than or equal to ${most}`;
      throw new ParameterError(param, `This value must be ${bound}.`, "parameter_invalid_integer");
    }
    return number;
  };
}

/** `true` or `false`. */
export const flag: Parser<boolean> = (raw, param) => {
  const value = scalar(raw, param);
  if (value !== "true" && value !== "false") {
    throw new ParameterError(param, `Invalid boolean: ${value}`);
  }
  return value === "true";
};

/** One of a fixed set of texts. */
export function choice<const T extends string>(values: readonly T[]): Parser<T> {
  return (raw, param) => {
    const value = scalar(raw, param);
    const found = values.find((candidate) => candidate === value);
    if (!found) {
      throw new ParameterError(param, `Invalid ${param}: must be one of ${enumerate(values)}`);
    }
    return found;
  };
}

/** An absolute http or https address. */
export const url: Parser<string> = (raw, param) => {
  const value = text()(raw, param);
  // The placeholder of success addresses is not a valid path character, so it is judged as a letter.
  if (!/^https?:\/\//i.test(value) || !URL.canParse(value.replaceAll("{CHECKOUT_SESSION_ID}", "x"))) {
    throw new ParameterError(param, "Not a valid URL", "url_invalid");
  }
  return value;
};

/** Up to 50 keys of 40 characters with values of 500. */
export const metadata: Parser<Record<string, string>> = (raw, param) => {
  const entries = Object.entries(metadataChange(raw, param) ?? {});
  return Object.fromEntries(entries.filter(([, value]) => value !== ""));
};

/** The same for a change: an empty value takes its key away, and null (an empty text) all of them. */
export const metadataChange: Parser<Record<string, string> | null | undefined> = (raw, param) => {
  if (raw === undefined || raw === "") {
    return raw === "" ? null : undefined;
  }
  if (typeof raw === "string") {
    throw new ParameterError(param, "Invalid object");
  }
  const entries = Object.entries(raw);
  if (entries.length > 50) {
    const message = `Metadata can have up to 50 keys, but you passed in ${entries.length}.`;
    throw new ParameterError(param, message);
  }
  for (const [key, value] of entries) {
    if (typeof value !== "string") {
      throw new ParameterError(child(param, key), "Invalid string");
    }
    if (key.length > 40) {
      const message = `Metadata keys can have up to 40 characters, but you passed in a key that is ${key.length} characters. Invalid key: ${key}`;
      throw new ParameterError(param, message);
    }
    if (value.length > 500) {
      const message = `Metadata values can have up to 500 characters, but you passed in a value that is ${value.length} characters. Invalid value: ${value}`;
      throw new ParameterError(child(param, key), message);
    }
  }
  // Safe: every value was seen to be a text.
  return Object.fromEntries(entries) as Record<string, string>;
};

/** Metadata after a change. */
export function changedMetadata(
  current: Record<string, string>,
  change: Record<string, string> | null | undefined,
): Record<string, string> {
  const merged = change === null ? {} : { ...current, ...change };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== ""));
}

/** A parameter that Stripe knows and the sandbox does not play; said so instead of ignored. */
export const unplayed: Parser<undefined> = (raw, param) => {
  if (raw !== undefined) {
    throw new ParameterError(param, `The sandbox does not play ${param}.`, "sandbox_unsupported");
  }
};

/** The refusal of names that the endpoint does not know. */
export function unknownParameter(names: string[]): ParameterError {
  const noun = names.length > 1 ? "parameters" : "parameter";
  const message = `Received unknown ${noun}: ${names.join(", ")}`;
  return new ParameterError(names[0] ?? "", message, "parameter_unknown");
}

function refuseUnknown(tree: RawTree, shape: Record<string, unknown>, param: string): void {
  const unknown = Object.keys(tree).filter((name) => !Object.hasOwn(shape, name));
  if (unknown.length > 0) {
    throw unknownParameter(unknown.map((name) => child(param, name)));
  }
}

function scalar(raw: Raw | undefined, param: string): string {
  if (raw === undefined) {
    throw missingParameter(param);
  }
  if (typeof raw !== "string") {
    throw new ParameterError(param, "Invalid string");
  }
  if (raw === "") {
    const message = `You passed an empty string for '${param}'. We assume empty values are an attempt to unset a parameter; however '${param}' cannot be unset. You should remove '${param}' from your request or supply a non-empty value.`;
    throw new ParameterError(param, message, "parameter_invalid_empty");
  }
  return raw;
}

function missingParameter(param: string): ParameterError {
  return new ParameterError(param, `Missing required param: ${param}.`, "parameter_missing");
}

function child(param: string, name: string): string {
  return param === "" ? name : `${param}[${name}]`;
}

function enumerate(values: readonly string[]): string {
  const last = values.at(-1) ?? "";
  return values.length > 1 ? `${values.slice(0, -1).join(", ")}, or ${last}` : last;
}
