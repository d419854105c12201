// What no API changes for the demo merchant: whether its carrier asks the phone's owner itself, and how many texts
// a phone may get a day.

import pg from "pg";
import { demo } from "./demo.ts";
import { putAccount } from "./sandbox.ts";

export async function letCarrierAsk(isAsking: boolean): Promise<void> {
  await putAccount({ carrier_prompts: isAsking });
  await change("update rail_accounts set settings = settings || $1 where kind = 'carrier_billing'", [
    JSON.stringify({ asksPayer: isAsking }),
  ]);
}

/** Null: as many as are wanted. */
export async function capTextsPerDay(cap: number | null): Promise<void> {
  await change("update merchant_settings set sms_cap_per_day = $1", [cap]);
}

async function change(statement: string, values: readonly unknown[]): Promise<void> {
  const client = new pg.Client({ connectionString: demo.database_url });
  await client.connect();
  try {
    await client.query("begin");
    await client.query(
      "select set_config('app.merchant_id', $1, true), set_config('app.mode', 'test', true)",
      [demo.merchant_id],
    );
    await client.query(statement, [...values]);
    await client.query("commit");
  } finally {
    await client.end();
  }
}
