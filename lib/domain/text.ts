// Text that people wrote: refused where it could deceive or break, else in one canonical form.

/** NUL, controls, line and paragraph separators. */
const CONTROLS = /[\p{Cc}\u2028\u2029]/u;
/** Marks that turn the direction of what follows: a way to make text read as what it is not. */
const BIDI_CONTROLS = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/u;

/** UTF-16 units of one visible character at most: a family of four has eleven. */
const UNITS_MAX = 16;

const segmenter = new Intl.Segmenter();

/** What people see as characters. */
export function countCharacters(text: string): number {
  // Plain letters are a character each, and most text has nothing else.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let count = 0;
  for (const _ of segmenter.segment(text)) count += 1;
  return count;
}

/** A text in its canonical form, or the rule that it breaks; `message` is a sentence without its subject. */
export type ReadText =
  | { readonly isGood: true; readonly text: string }
  | {
      readonly isGood: false;
      readonly code: "text_invalid" | "too_small" | "too_big";
      readonly message: string;
    };

/**
 * A line of text: NFC, without spaces around it, at least one and at most `max` visible characters.
 * `isMultiline` also takes line feeds.
 */
export function readLine(raw: string, max: number, isMultiline = false): ReadText {
  if (!raw.isWellFormed()) return bad("text_invalid", "must be well-formed Unicode");
  if (CONTROLS.test(isMultiline ? raw.replaceAll("\n", "") : raw)) {
    return bad("text_invalid", "must not hold control characters");
  }
  if (BIDI_CONTROLS.test(raw)) return bad("text_invalid", "must not hold direction controls");
  const text = raw.normalize("NFC").trim();
  if (text.length === 0) return bad("too_small", "must not be empty");
  if (text.length > max * UNITS_MAX || countCharacters(text) > max) {
    return bad("too_big", `must have at most ${max} characters`);
  }
  return { isGood: true, text };
}

const REFERENCE_LENGTH_MAX = 100;
/** Of UTF-8: the database finds rows by references, and an index entry holds no more than about 2,700. */
const REFERENCE_BYTES_MAX = 1_000;
const encoder = new TextEncoder();

/** A name of the caller's own for something that can be looked up by it: a line of at most 100 characters. */
export function readReference(raw: string): ReadText {
  const read = readLine(raw, REFERENCE_LENGTH_MAX);
  if (read.isGood && encoder.encode(read.text).byteLength > REFERENCE_BYTES_MAX) {
    return bad("too_big", `must have at most ${REFERENCE_BYTES_MAX} bytes`);
  }
  return read;
}

function bad(code: "text_invalid" | "too_small" | "too_big", message: string): ReadText {
  return { isGood: false, code, message };
}
