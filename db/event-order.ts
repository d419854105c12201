// The order of events after their rows have come to another server. They are ordered by the transaction that wrote
// them, which each server counts for itself: one that has counted less would write new events before old ones, and
// give none of them out. The rows are never changed; new ones are counted from further ahead instead.

import type { ClientBase } from "pg";

/** Where the next event would stand, at least. */
const NEXT_PLACE =
  "select (pg_snapshot_xmax(pg_current_snapshot())::text::bigint + ahead)::text as place from event_order";

/**
 * Lets new events stand after every one that is there, so that places which readers remember stay good. Changes
 * nothing where they do already, as always but after a restore from a logical dump. Runs as the owner.
 */
export async function continueEventOrder(client: ClientBase): Promise<void> {
  if ((await missing(client)) <= 0n) return;
  await client.query("begin");
  try {
    // Waits for who is writing an event at the moment, and lets nobody begin.
    await client.query("lock table events in exclusive mode");
    const ahead = await missing(client);
    if (ahead > 0n) {
      await client.query("update event_order set ahead = ahead + $1::bigint, changed_at = now()", [
        String(ahead),
      ]);
    }
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw error;
  }
}

/** How much too low the next place is; 0 or less where it is not. */
async function missing(client: ClientBase): Promise<bigint> {
  const { rows } = await client.query<{ place: string }>(NEXT_PLACE);
  const next = BigInt(rows[0]?.place ?? 0);
  return (await lastPlace(client)) - next + 1n;
}

/** Even the owner sees one tenant's events at a time. */
async function lastPlace(client: ClientBase): Promise<bigint> {
  const tenants = await client.query<{ merchant_id: string; mode: string }>(
    "select distinct merchant_id, mode from api_key_routes",
  );
  let last = 0n;
  for (const { merchant_id, mode } of tenants.rows) {
    await setTenant(client, merchant_id, mode);
    const { rows } = await client.query<{ place: string }>(
      `select written_by::text as place from events where merchant_id = $1 and mode = $2
       order by written_by desc, position desc limit 1`,
      [merchant_id, mode],
    );
    const place = BigInt(rows[0]?.place ?? 0);
    if (place > last) last = place;
  }
  await setTenant(client, "", "");
  return last;
}

async function setTenant(client: ClientBase, merchantId: string, mode: string): Promise<void> {
  await client.query("select set_config('app.merchant_id', $1, false), set_config('app.mode', $2, false)", [
    merchantId,
    mode,
  ]);
}
