// A rail's message arrives: verified on its raw bytes, stored once, work enqueued, answered. Nothing in it is
// settled on.

import { insertNotification } from "#db/queries/events.ts";
import { findRailAccount } from "#db/queries/merchants.ts";
import { findRailAccountRoute } from "#db/queries/routing/routes.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import { parseId } from "#lib/domain/ids.ts";
import type { PaymentMethod } from "#lib/domain/payment.ts";
import type { InboundMessage } from "#lib/domain/ports/inbound.ts";
import { contextFor, newId, type ServiceDeps, transact } from "../context.ts";
import { checkNotificationToken, openRailAccount } from "../payments/rail-call.ts";

export interface ReceiveNotificationInput {
  readonly method: PaymentMethod;
  /** The account that the address names; not believed before the message is verified with its secret. */
  readonly accountId: string;
  readonly message: InboundMessage;
  readonly correlationId: string;
}

/**
 * Stores a verified message and the job that applies it in one transaction; a message that is stored already
 * is taken again without effect.
 *
 * @throws notification_unverified  unknown account, wrong signature, too old or too new; nothing tells which
 */
export async function receiveNotification(deps: ServiceDeps, input: ReceiveNotificationInput): Promise<void> {
  const { method, message, correlationId } = input;
  const accountId = parseId("railAccount", input.accountId);
  const tenant = accountId === null ? null : await findRailAccountRoute(deps.db, accountId);
  if (accountId === null || tenant === null) throw unverified();
  const ctx = contextFor(deps, tenant, { kind: "rail", id: method }, correlationId);
  const account = await transact(ctx, ({ tx }) => findRailAccount(tx, tenant, accountId));
  const rail = deps.rails[method];
  if (account === null || account.kind !== method || rail === undefined) throw unverified();
  const verified = await rail.verify(openRailAccount(deps, account), message, (token) =>
    checkNotificationToken(deps, accountId, token, message.receivedAt),
  );
  if (verified === null) throw unverified();
  await deps.failpoints?.reach("K12");
  await transact(ctx, async (inTx) => {
    const id = newId(inTx, "notification");
    const isNew = await insertNotification(inTx.tx, tenant, {
      id,
      railAccountId: accountId,
      eventId: verified.eventId,
      eventType: verified.eventType,
      paymentId: verified.paymentId,
      railReference: verified.railReference,
      refundId: verified.refundId,
      refundReference: verified.refundReference,
      disputeReference: verified.disputeReference,
    });
    if (isNew)
      await inTx.queue.enqueue(inTx.tx, "notification.apply", {
        ...tenant,
        notificationId: id,
        asked: 0,
      });
  });
}

function unverified(): ServiceError {
  return new ServiceError("notification_unverified", "The message does not prove itself.");
}
