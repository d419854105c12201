// Whether the demo merchant's carrier asks the phone's owner itself. No API changes that: it is the carrier's nature.

import pg from "pg";
import { demo } from "./demo.ts";
import { putAccount } from "./sandbox.ts";

export async function letCarrierAsk(isAsking: boolean): Promise<void> {
  await putAccount({ carrier_prompts: isAsking });
  const client = new pg.Client({ connectionString: demo.database_url });
  await client.connect();
  try {
    await client.query("begin");
    await client.query(
      "select set_config('app.merchant_id', $1, true), set_config('app.mode', 'test', true)",
      [demo.merchant_id],
    );
    await client.query("update rail_accounts set settings = $1 where kind = 'carrier_billing'", [
      JSON.stringify({ asksPayer: isAsking }),
    ]);
    await client.query("commit");
  } finally {
    await client.end();
  }
}
