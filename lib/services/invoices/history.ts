// The history of one invoice in one list: messages and their reports, openings, attempts and what rails made of them,
// money back, disputes, every try to call back, and what people did. The API's timeline tells of events alone.

import { findInvoice } from "#db/queries/invoices.ts";
import { type HistoryEntry, type HistoryPlace, listHistoryRows } from "#db/queries/lists/history.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { InvoiceId } from "#lib/domain/ids.ts";
import { look, requirePermission, type ServiceContext } from "../context.ts";

export interface HistoryInput {
  readonly invoiceId: InvoiceId;
  readonly isNewestFirst: boolean;
  readonly cursor: string | null;
  /** 1 to 100. */
  readonly limit: number;
}

export interface HistoryPage {
  readonly items: readonly HistoryEntry[];
  readonly nextCursor: string | null;
}

/**
 * One page. What happens meanwhile comes later in the order: who reads on misses nothing, but for what an older
 * transaction still had to write.
 *
 * @throws permission_denied  the caller lacks invoices:read
 * @throws invoice_not_found
 * @throws invalid_request    the cursor is not ours
 */
export async function listHistory(ctx: ServiceContext, input: HistoryInput): Promise<HistoryPage> {
  requirePermission(ctx, "invoices.read");
  const { invoiceId, isNewestFirst, cursor, limit } = input;
  const after = cursor === null ? null : decode(cursor);
  return await look(ctx, async ({ tx, tenant }) => {
    if ((await findInvoice(tx, tenant, invoiceId)) === null) {
      throw new ServiceError("invoice_not_found", "There is no such invoice.");
    }
    const rows = await listHistoryRows(tx, tenant, invoiceId, { after, isNewestFirst, limit: limit + 1 });
    const items = rows.slice(0, limit);
    const last = rows.length > limit ? items.at(-1) : undefined;
    return { items, nextCursor: last === undefined ? null : encode(last) };
  });
}

function encode({ at, rank, place, id }: HistoryPlace): string {
  return Buffer.from(`${at.getTime()}.${rank}.${place}.${id}`).toString("base64url");
}

const CURSOR = /^(\d{1,15})\.([0-3])\.(\d{1,9})\.([a-z]{3}_[0-9A-Za-z]{22}(?:\.\d{1,9})?)$/;
/** Years that the database and the cursor can both write. */
const INSTANT_END_MS = Date.UTC(9999, 0, 1);

function decode(text: string): HistoryPlace {
  const [, ms, rank, place, id] = CURSOR.exec(Buffer.from(text, "base64url").toString("latin1")) ?? [];
  if (id === undefined || !(Number(ms) < INSTANT_END_MS)) {
    throw new ServiceError("invalid_request", "The cursor is malformed.", { pointer: "?cursor" });
  }
  return { at: new Date(Number(ms)), rank: Number(rank), place: Number(place), id };
}
