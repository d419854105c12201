// What answers of every noun have in common.

import { z } from "zod";
import { ID_PREFIXES, ID_RANDOM_LENGTH, type IdKind } from "#lib/domain/ids.ts";
import { MODES } from "#lib/domain/tenant.ts";

export const id = (kind: IdKind) =>
  z.string().regex(new RegExp(`^${ID_PREFIXES[kind]}_[0-9A-Za-z]{${ID_RANDOM_LENGTH}}$`));

/** UTC, to the millisecond. */
export const instant = z.iso.datetime({ precision: 3 });

export const mode = z.enum(MODES);

/** Minor units; sums may be zero. */
export const minor = z.int().min(0);

export const version = z.int().min(1);

/** An absolute address. */
export const address = z.url();

/** A page of a list, newest first. */
export function listOf<T extends z.ZodType>(item: T) {
  return z.strictObject({ data: z.array(item), next_cursor: z.string().nullable() });
}

/** Nothing settles it but a person. */
export const needsReview = z.strictObject({ since: instant, reason: z.string().nullable() }).nullable();
