// Pages that go both ways: what their cursors hold, and how a page is made of what was read.

import { type ListPlan, type ListReach, type Place, readPlaces } from "#db/queries/lists/keyset.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { TxContext } from "./context.ts";

/** What is sorted by: instants, minor units or bytes. */
export type KeyKind = "none" | "instant" | "minor" | "bytes";

export interface ListOrder {
  /** Name of what is sorted by; a cursor of one order is none of another. */
  readonly name: string;
  readonly key: KeyKind;
  readonly isDescending: boolean;
}

export interface ListPage<T> {
  readonly items: readonly T[];
  /** The page after this one; null at the end. */
  readonly nextCursor: string | null;
  /** The page before this one; null at the beginning. */
  readonly previousCursor: string | null;
  /** False where the page is short because enough rows were looked at: its cursor goes on looking. */
  readonly isWhole: boolean;
}

export type PlanFor = (isDescending: boolean) => ListPlan;

/**
 * One page. `plan` is asked for the direction it is read in.
 *
 * @throws invalid_request  the cursor is not one of this list
 */
export async function readListPage(
  { tx, tenant }: TxContext,
  order: ListOrder,
  plan: PlanFor,
  cursor: string | null,
  limit: number,
): Promise<ListPage<Place>> {
  const from = cursor === null ? null : decode(order, cursor);
  if (from?.isBackward === true) {
    const reach = await readPlaces(tx, tenant, plan(!order.isDescending), from.place, limit);
    // Nothing is before it by now: the beginning is.
    if (reach.places.length > 0 || reach.cutAt !== null) return backward(order, reach, from.place, limit);
  }
  const after = from === null || from.isBackward ? null : from.place;
  const reach = await readPlaces(tx, tenant, plan(order.isDescending), after, limit);
  const items = reach.places.slice(0, limit);
  const next = reach.places.length > limit ? items.at(-1) : reach.cutAt;
  const first = items.at(0) ?? reach.cutAt ?? after;
  return {
    items,
    nextCursor: next === undefined || next === null ? null : encode(order, "n", next),
    previousCursor: after === null || first === null ? null : encode(order, "p", first),
    isWhole: reach.cutAt === null,
  };
}

function backward(order: ListOrder, reach: ListReach, from: Place, limit: number): ListPage<Place> {
  const read = reach.places.slice(0, limit);
  const before = reach.places.length > limit ? read.at(-1) : reach.cutAt;
  return {
    items: read.toReversed(),
    nextCursor: encode(order, "n", read.at(0) ?? from),
    previousCursor: before === undefined || before === null ? null : encode(order, "p", before),
    isWhole: reach.cutAt === null,
  };
}

function encode({ name, isDescending }: ListOrder, way: "n" | "p", { key, createdAt, id }: Place): string {
  const direction = isDescending ? "d" : "a";
  return Buffer.from(`${name}.${direction}${way}.${keyText(key)}.${createdAt.getTime()}.${id}`).toString(
    "base64url",
  );
}

function keyText(key: Place["key"]): string {
  if (key === null) return "";
  if (key instanceof Date) return String(key.getTime());
  return typeof key === "bigint" ? String(key) : Buffer.from(key).toString("hex");
}

const CURSOR = /^([a-z_]+)\.([ad])([np])\.([0-9a-f]*)\.(\d{1,15})\.([a-z]{3}_[0-9A-Za-z]{22})$/;
/** Years that the database and the cursor can both write. */
const INSTANT_END_MS = Date.UTC(9999, 0, 1);
const MINOR_END = 2n ** 53n;

function decode(order: ListOrder, text: string): { readonly isBackward: boolean; readonly place: Place } {
  const match = CURSOR.exec(Buffer.from(text, "base64url").toString("latin1"));
  const [, name, direction, way, keyPart = "", createdMs, id = ""] = match ?? [];
  const key = parseKey(order.key, keyPart);
  const createdAt = parseInstant(createdMs ?? "");
  const isOfThisList = name === order.name && direction === (order.isDescending ? "d" : "a");
  if (!isOfThisList || key === undefined || createdAt === undefined) {
    throw new ServiceError("invalid_request", "The cursor is malformed.", { pointer: "?cursor" });
  }
  return { isBackward: way === "p", place: { key, createdAt, id } };
}

function parseKey(kind: KeyKind, text: string): Place["key"] | undefined {
  switch (kind) {
    case "none":
      return text === "" ? null : undefined;
    case "instant":
      return parseInstant(text);
    case "minor": {
      if (!/^\d{1,16}$/.test(text)) return undefined;
      const minor = BigInt(text);
      return minor < MINOR_END ? minor : undefined;
    }
    case "bytes":
      return text.length > 0 && text.length % 2 === 0 ? Buffer.from(text, "hex") : undefined;
  }
}

function parseInstant(text: string): Date | undefined {
  const ms = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  return ms < INSTANT_END_MS ? new Date(ms) : undefined;
}
