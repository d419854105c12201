// A stored message is worth one question to the rail that sent it.

import { closeNotification, findNotification, type Notification } from "#db/queries/events.ts";
import { findPayment } from "#db/queries/payments.ts";
import { findRefund } from "#db/queries/refunds.ts";
import type { NotificationId, RefundId } from "#lib/domain/ids.ts";
import { pollPauseSeconds } from "#lib/domain/schedule.ts";
import { type ServiceContext, transact } from "../context.ts";
import { settleDispute } from "../disputes/settle.ts";
import { settlePayment } from "../payments/settle.ts";
import type { RecordHandling } from "../rail-records.ts";
import { settleRailRefund } from "../refunds/from-rail.ts";
import { settleRefund } from "../refunds/settle.ts";

const UNMATCHED_QUESTIONS_MAX = 5;

export interface ApplyNotificationInput {
  readonly notificationId: NotificationId;
  /** Questions that the rail has left without an answer. */
  readonly asked: number;
}

/**
 * Re-reads the truth from the rail and applies it; a rail that does not answer is asked again for seven days.
 * A message about nothing of ours, or about another account's, is set aside and never settles anything.
 */
export async function applyNotification(ctx: ServiceContext, input: ApplyNotificationInput): Promise<void> {
  const { notificationId: id, asked } = input;
  const notification = await transact(ctx, ({ tx, tenant }) => findNotification(tx, tenant, id));
  if (notification === null || notification.state !== "received") return;
  const handling = await handle(ctx, notification);
  switch (handling.kind) {
    case "applied":
      return await close(ctx, id, "applied", null);
    case "ignored":
      return await close(ctx, id, "ignored", handling.reason);
    case "quarantined":
      ctx.log.error("notification.quarantined", { notificationId: id });
      return await close(ctx, id, "quarantined", handling.reason);
    case "unmatched":
      // The merchant may use the account for more than us; a payment of ours is known after minutes at most.
      if (asked >= UNMATCHED_QUESTIONS_MAX)
        return await close(ctx, id, "ignored", "It is about no payment of ours.");
      return await askAgain(ctx, notification, asked + 1);
    case "unanswered":
      return await askAgain(ctx, notification, asked + 1);
  }
}

/** Asks about what the message names: a dispute, a refund, or an attempt to pay. */
async function handle(ctx: ServiceContext, notification: Notification): Promise<RecordHandling> {
  const { railAccountId, disputeReference, refundReference } = notification;
  if (disputeReference !== null) {
    return await settleDispute(ctx, { railAccountId, railReference: disputeReference });
  }
  if (notification.refundId !== null) return await handleRefund(ctx, notification, notification.refundId);
  if (refundReference !== null) {
    return await settleRailRefund(ctx, { railAccountId, railReference: refundReference });
  }
  return await handlePayment(ctx, notification);
}

async function handleRefund(
  ctx: ServiceContext,
  { railAccountId }: Notification,
  id: RefundId,
): Promise<RecordHandling> {
  const refund = await transact(ctx, ({ tx, tenant }) => findRefund(tx, tenant, id));
  if (refund === null || refund.railAccountId !== railAccountId) {
    return { kind: "quarantined", reason: "It names a refund that is not this account's." };
  }
  const { isAnswered } = await settleRefund(ctx, id, { isForced: true });
  return isAnswered ? { kind: "applied" } : { kind: "unanswered" };
}

async function handlePayment(ctx: ServiceContext, notification: Notification): Promise<RecordHandling> {
  const { paymentId } = notification;
  if (paymentId === null) return { kind: "ignored", reason: "It is about no payment." };
  const payment = await transact(ctx, ({ tx, tenant }) => findPayment(tx, tenant, paymentId));
  if (payment === null || payment.railAccountId !== notification.railAccountId) {
    return { kind: "quarantined", reason: "It names a payment that is not this account's." };
  }
  const { isAnswered } = await settlePayment(ctx, {
    paymentId: payment.id,
    railReference: notification.railReference,
    isForced: true,
  });
  return isAnswered ? { kind: "applied" } : { kind: "unanswered" };
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
