// Text that people wrote, as fields of a request.

import { z } from "zod";
import { type ReadText, readLine, readReference } from "#lib/domain/text.ts";
import { rule } from "./faults.ts";

/** A line of text in its canonical form (see readLine). `isMultiline` also takes line feeds. */
export function line(max: number, isMultiline = false) {
  return textField(max, (raw) => readLine(raw, max, isMultiline));
}

/** A name of the caller's own for something that can be looked up by it: a line of at most 100 characters. */
export function reference() {
  return textField(100, readReference);
}

function textField(max: number, read: (raw: string) => ReadText) {
  return z
    .string()
    .meta({ minLength: 1, maxLength: max })
    .transform((raw, ctx) => {
      const result = read(raw);
      if (result.isGood) return result.text;
      ctx.addIssue({ code: "custom", ...rule(result.code, result.message) });
      return z.NEVER;
    });
}
