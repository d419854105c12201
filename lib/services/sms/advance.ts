// The only place that changes a message's state.

import { insertTransition } from "#db/queries/payments.ts";
import { type SmsFacts, updateSmsState } from "#db/queries/sms-messages.ts";
import type { EventType } from "#lib/domain/events.ts";
import type { Invoice, Sms } from "#lib/domain/records.ts";
import { SMS_TRANSITIONS, type SmsEvent, type SmsState } from "#lib/domain/sms.ts";
import { nextState } from "#lib/domain/state-table.ts";
import type { TxContext } from "../context.ts";
import { recordEvent } from "../events/record.ts";

const EVENT_OF_STATE: { readonly [S in SmsState]: EventType | null } = {
  queued: null,
  sending: null,
  sent: "sms.sent",
  delivered: "sms.delivered",
  undelivered: "sms.undelivered",
  failed: "sms.undelivered",
  skipped: "sms.skipped",
};

/**
 * Moves a locked message along one edge of SMS_TRANSITIONS. Reports come twice, late and out of order: where
 * there is no such edge the message stays as it is, and null is returned.
 */
export async function advanceSms(
  ctx: TxContext,
  invoice: Invoice,
  sms: Sms,
  event: SmsEvent,
  facts: SmsFacts,
): Promise<Sms | null> {
  const state = nextState(SMS_TRANSITIONS, sms.state, event);
  if (state === null) return null;
  await insertTransition(ctx.tx, ctx.tenant, {
    machine: "sms",
    subjectId: sms.id,
    version: sms.version + 1,
    fromState: sms.state,
    event,
    toState: state,
    actorKind: ctx.actor.kind,
    actorId: ctx.actor.id,
  });
  const moved = await updateSmsState(ctx.tx, sms, state, facts);
  const type = EVENT_OF_STATE[state];
  if (type !== null) await recordEvent(ctx, { type, invoice, sms: moved });
  return moved;
}
