// Opaque cursors: where a page ended. They hold no secret and are checked like any other input.

import { ServiceError } from "#lib/domain/errors.ts";

export interface PageEnd {
  readonly createdAt: Date;
  readonly id: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
}

export function encodeCursor(end: PageEnd): string {
  return Buffer.from(`${end.createdAt.getTime().toString(36)}.${end.id}`).toString("base64url");
}

/** Years that the database and the cursor can both write. */
const CREATED_END_MS = Date.UTC(9999, 0, 1);

/**
 * @throws invalid_request  not a cursor of ours
 */
export function decodeCursor(text: string): PageEnd {
  const match = /^([0-9a-z]{1,10})\.([a-z]{3}_[0-9A-Za-z]{22})$/.exec(
    Buffer.from(text, "base64url").toString("latin1"),
  );
  const createdMs = Number.parseInt(match?.[1] ?? "", 36);
  if (match === null || !(createdMs < CREATED_END_MS))
    throw new ServiceError("invalid_request", "The cursor is malformed.", { pointer: "?cursor" });
  return { createdAt: new Date(createdMs), id: match[2] ?? "" };
}

/** Cuts rows that were read with one more than `limit` into a page. */
export function toPage<T extends PageEnd>(rows: readonly T[], limit: number): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last !== undefined ? encodeCursor(last) : null };
}
