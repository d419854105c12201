// Whose days are counted.

import { loadProfile } from "#db/queries/merchants.ts";
import type { TxContext } from "../context.ts";

/** The merchant's time zone (IANA name). */
export async function readTimeZone({ tx, tenant }: TxContext): Promise<string> {
  return (await loadProfile(tx, tenant)).merchant.timeZone;
}
