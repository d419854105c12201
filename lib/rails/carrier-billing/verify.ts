// A carrier's CloudEvents: proved by the bearer token that we gave with the charge.

import type { InboundMessage } from "#lib/domain/ports/inbound.ts";
import type { TokenSubject, VerifiedNotification } from "#lib/domain/ports/rail.ts";
import { camaraNotificationSchema } from "#lib/wire/camara.ts";

/** The notification in our words, or null where its token is not ours or its body is no CloudEvent. */
export function verifyCarrierNotification(
  message: InboundMessage,
  checkToken: (token: string) => TokenSubject | null,
): VerifiedNotification | null {
  const token = /^Bearer ([^\s]{1,512})$/i.exec(message.headers.get("authorization") ?? "")?.[1];
  const subject = token === undefined ? null : checkToken(token);
  if (subject === null) return null;
  const parsed = camaraNotificationSchema.safeParse(parseJson(message.body));
  if (!parsed.success) return null;
  const { id, source, type, data } = parsed.data;
  return {
    eventId: `${source}#${id}`,
    eventType: type,
    ...subject,
    railReference: subject.paymentId === null ? null : data.paymentId,
    refundReference: subject.refundId === null ? null : (data.refundId ?? null),
    disputeReference: null,
  };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}
