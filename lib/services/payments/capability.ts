// A rail is asked what it can do, never tried.

import { findRailAccount } from "#db/queries/merchants.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { RailCapabilities } from "#lib/domain/ports/rail.ts";
import type { TxContext } from "../context.ts";
import { openPhone, railOf } from "./rail-call.ts";
import type { PaymentOfInvoice } from "./wish.ts";

export function capabilityMissing(): ServiceError {
  return new ServiceError(
    "capability_missing",
    "This way of paying takes amounts in one step: it can neither reserve them nor call them back.",
    { pointer: "/capture" },
  );
}

/**
 * @throws capability_missing  the payment's rail or account lacks it, known before any call
 */
export async function requireCapability(
  ctx: TxContext,
  { invoice, payment }: PaymentOfInvoice,
  name: Extract<keyof RailCapabilities, "twoSteps" | "cancel">,
): Promise<void> {
  const account = await findRailAccount(ctx.tx, ctx.tenant, payment.railAccountId);
  if (account === null) throw new Error(`Payment ${payment.id} has lost its account.`);
  if (!railOf(ctx, payment).capabilities(account, openPhone(ctx, invoice))[name]) throw capabilityMissing();
}
