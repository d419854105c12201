// The secret that callbacks are signed with, for whoever must verify them.

import { loadProfile } from "#db/queries/merchants.ts";
import { type ServiceContext, transact } from "../context.ts";
import { callbackSecretContext } from "../merchants/create.ts";

/** The merchant's callback secret in this mode, as Standard Webhooks writes it: `whsec_` and base64. */
export async function readCallbackSecret(ctx: ServiceContext): Promise<string> {
  const { settings } = await transact(ctx, ({ tx, tenant }) => loadProfile(tx, tenant));
  return ctx.vault.open(settings.callbackSecret, callbackSecretContext(ctx.tenant));
}
