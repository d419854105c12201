// A stored message is worth one question to the rail that sent it.

import { closeNotification, findNotification, type Notification } from "#db/queries/events.ts";
import { findPayment } from "#db/queries/payments.ts";
import type { NotificationId } from "#lib/domain/ids.ts";
import { pollPauseSeconds } from "#lib/domain/schedule.ts";
import { type ServiceContext, transact } from "../context.ts";
import { settlePayment } from "../payments/settle.ts";

export interface ApplyNotificationInput {
  readonly notificationId: NotificationId;
  /** Questions that the rail has left without an answer. */
  readonly asked: number;
}

/**
 * Re-reads the truth from the rail and applies it; a rail that does not answer is asked again for seven days.
 * A message about no payment of ours, or about another account's, is set aside and never settles anything.
 */
export async function applyNotification(ctx: ServiceContext, input: ApplyNotificationInput): Promise<void> {
  const { notificationId: id, asked } = input;
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
  const { isAnswered } = await settlePayment(ctx, {
    paymentId: payment.id,
    railReference: notification.railReference,
    isForced: true,
  });
  if (isAnswered) return await close(ctx, id, "applied", null);
  await askAgain(ctx, notification, asked + 1);
}

/** The message may tell of money that nothing else will: it is not done before the rail has answered. */
async function askAgain(
  ctx: ServiceContext,
  { id, receivedAt }: Pick<Notification, "id" | "receivedAt">,
  asked: number,
): Promise<void> {
  const isPlanned = await transact(ctx, async ({ tx, tenant, queue }) => {
    const ageSeconds = (tx.now.getTime() - receivedAt.getTime()) / 1000;
    const pause = pollPauseSeconds({ asked, ageSeconds, isLive: false });
    if (pause === null) return false;
    const startAfter = new Date(tx.now.getTime() + pause * 1000);
    await queue.enqueue(tx, "notification.apply", { ...tenant, notificationId: id, asked }, { startAfter });
    return true;
  });
  if (isPlanned) return;
  ctx.log.error("notification.unanswered", { notificationId: id });
  await close(ctx, id, "quarantined", "The rail did not answer for seven days.");
}

async function close(
  ctx: ServiceContext,
  id: NotificationId,
  state: "applied" | "ignored" | "quarantined",
  reason: string | null,
): Promise<void> {
  await transact(ctx, ({ tx, tenant }) => closeNotification(tx, tenant, id, state, reason));
}
