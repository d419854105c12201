// The link was opened. Opening starts, chooses and cancels nothing.

import { countBotOpening, markOpened } from "#db/queries/invoices.ts";
import { transact } from "../context.ts";
import { recordEvent } from "../events/record.ts";
import type { PayerContext } from "./view.ts";

/** Notes the first opening by a person as an event; previewers and scanners are only counted. */
export async function recordOpening(ctx: PayerContext, isBot: boolean): Promise<void> {
  await transact(ctx, async (inTx) => {
    if (isBot) return await countBotOpening(inTx.tx, inTx.tenant, ctx.actor.id);
    const invoice = await markOpened(inTx.tx, inTx.tenant, ctx.actor.id);
    if (invoice !== null) await recordEvent(inTx, { type: "invoice.opened", invoice });
  });
}
