// Text that people wrote: refused where it could deceive or break, else in one canonical form.

import { z } from "zod";
import { rule } from "./faults.ts";

/** NUL, controls, line and paragraph separators. */
const CONTROLS = /[\p{Cc}\u2028\u2029]/u;
/** Marks that turn the direction of what follows: a way to make text read as what it is not. */
const BIDI_CONTROLS = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/u;

/** UTF-16 units of one visible character at most: a family of four has eleven. */
const UNITS_MAX = 16;

const segmenter = new Intl.Segmenter();

/** What people see as characters. */
export function countCharacters(text: string): number {
  let count = 0;
  for (const _ of segmenter.segment(text)) count += 1;
  return count;
}

/**
 * A line of text: NFC, without spaces around it, at least one and at most `max` visible characters.
 * `isMultiline` also takes line feeds.
 */
export function line(max: number, isMultiline = false) {
  return z
    .string()
    .meta({ minLength: 1, maxLength: max })
    .refine((text) => text.isWellFormed(), rule("text_invalid", "must be well-formed Unicode"))
    .refine(
      (text) => !CONTROLS.test(isMultiline ? text.replaceAll("\n", "") : text),
      rule("text_invalid", "must not hold control characters"),
    )
    .refine((text) => !BIDI_CONTROLS.test(text), rule("text_invalid", "must not hold direction controls"))
    .transform((text) => text.normalize("NFC").trim())
    .refine((text) => text.length > 0, rule("too_small", "must not be empty"))
    .refine(
      (text) => text.length <= max * UNITS_MAX && countCharacters(text) <= max,
      rule("too_big", `must have at most ${max} characters`),
    );
}

/** Of UTF-8: the database finds rows by references, and an index entry holds no more than about 2,700. */
const REFERENCE_BYTES_MAX = 1_000;

/** A name of the caller's own for something that can be looked up by it: a line of at most 100 characters. */
export function reference() {
  return line(100).refine(
    (text) => Buffer.byteLength(text) <= REFERENCE_BYTES_MAX,
    rule("too_big", `must have at most ${REFERENCE_BYTES_MAX} bytes`),
  );
}
