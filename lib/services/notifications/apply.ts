// A stored message is worth one question to the rail that sent it.

import { closeNotification, findNotification } from "#db/queries/events.ts";
import { findPayment } from "#db/queries/payments.ts";
import type { NotificationId } from "#lib/domain/ids.ts";
import { type ServiceContext, transact } from "../context.ts";
import { settlePayment } from "../payments/settle.ts";

/**
 * Re-reads the truth from the rail and applies it. A message about no payment of ours, or about another
 * account's, is set aside and never settles anything.
 */
export async function applyNotification(ctx: ServiceContext, id: NotificationId): Promise<void> {
  const { notification, payment } = await transact(ctx, async ({ tx, tenant }) => {
    const found = await findNotification(tx, tenant, id);
    const subject = found?.paymentId == null ? null : await findPayment(tx, tenant, found.paymentId);
    return { notification: found, payment: subject };
  });
  if (notification === null || notification.state !== "received") return;
  if (notification.paymentId === null) return await close(ctx, id, "ignored", "It is about no payment.");
  if (payment === null || payment.railAccountId !== notification.railAccountId) {
    ctx.log.error("notification.quarantined", { notificationId: id });
    return await close(ctx, id, "quarantined", "It names a payment that is not this account's.");
  }
  await settlePayment(ctx, {
    paymentId: payment.id,
    railReference: notification.railReference,
    isForced: true,
  });
  await close(ctx, id, "applied", null);
}

async function close(
  ctx: ServiceContext,
  id: NotificationId,
  state: "applied" | "ignored" | "quarantined",
  reason: string | null,
): Promise<void> {
  await transact(ctx, ({ tx, tenant }) => closeNotification(tx, tenant, id, state, reason));
}
