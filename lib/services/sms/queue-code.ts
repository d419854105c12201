// Our own code by SMS: consent to a charge on the phone bill where the carrier asks the owner nothing.

import { createHash } from "node:crypto";
import { insertConsentCode } from "#db/queries/consent-codes.ts";
import type { PaymentId } from "#lib/domain/ids.ts";
import type { Invoice, Payment } from "#lib/domain/records.ts";
import type { ServiceDeps, TxContext } from "../context.ts";
import { queueSms } from "./queue-sms.ts";

export const CODE_LIFE_SECONDS = 600;
export const CODE_TRIES_MAX = 5;

const CODE_SPACE = 1_000_000n;

/**
 * Six digits that belong to this attempt alone; derived with the key of the invoice's link, so that nothing needs
 * to be stored and a new master key changes no code that was sent.
 */
export function consentCode(
  deps: Pick<ServiceDeps, "vault">,
  paymentId: PaymentId,
  { linkKeyId }: Pick<Invoice, "linkKeyId">,
): string {
  const proof = deps.vault.sign("consent-code", paymentId, linkKeyId);
  const digest = createHash("sha256").update(proof).digest();
  return (digest.readBigUInt64BE() % CODE_SPACE).toString().padStart(6, "0");
}

/** Queues the code for an attempt that no rail has been asked about. */
export async function queueCodeSms(ctx: TxContext, invoice: Invoice, payment: Payment): Promise<void> {
  const expiresAt = new Date(ctx.tx.now.getTime() + CODE_LIFE_SECONDS * 1000);
  await insertConsentCode(ctx.tx, ctx.tenant, payment.id, expiresAt);
  await queueSms(ctx, {
    invoice,
    kind: "code",
    template: null,
    sendAt: null,
    phoneHash: invoice.phoneHash,
    consent: { code: consentCode(ctx, payment.id, invoice), paymentId: payment.id },
  });
}
