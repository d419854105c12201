// A text message: what Twilio's API shows of it, and what the virtual phone shows.
import { createHash, randomBytes } from "node:crypto";
import type { Entry } from "../store/collection.ts";

export type MessageStatus = "accepted" | "queued" | "sent" | "delivered" | "undelivered" | "failed";

export type Message = Entry & {
  /** Null for texts that came from the carrier and not from Twilio. */
  twilio: TwilioPart | null;
  from: string;
  /** E.164. */
  to: string;
  body: string;
  status: MessageStatus;
  /** Milliseconds since 1970, UTC. */
  createdAt: number;
};

type TwilioPart = {
  accountSid: string;
  messagingServiceSid: string | null;
  statusCallback: string | null;
  numSegments: number;
  errorCode: number | null;
  errorMessage: string | null;
  /** Milliseconds since 1970, UTC. */
  sentAt: number | null;
  updatedAt: number;
};

/** A message that went through Twilio. */
export type TwilioMessage = Message & { twilio: TwilioPart };

/** A fresh message SID. */
export function newMessageSid(): string {
  return `SM${randomBytes(16).toString("hex")}`;
}

/** True for messages that Twilio's API shows. */
export function isTwilioMessage(message: Message | null): message is TwilioMessage {
  return message?.twilio != null;
}

/** The message as the API shows it. */
export function renderMessage(message: TwilioMessage) {
  const { twilio } = message;
  const uri = `/2010-04-01/Accounts/${twilio.accountSid}/Messages/${message.id}`;
  // Sent through a messaging service, a message has no sender until one was picked.
  const isUnassigned = message.status === "accepted";
  return {
    account_sid: twilio.accountSid,
    api_version: "2010-04-01",
    body: message.body,
    date_created: rfc2822(message.createdAt),
    date_sent: twilio.sentAt === null ? null : rfc2822(twilio.sentAt),
    date_updated: rfc2822(twilio.updatedAt),
    direction: "outbound-api",
    error_code: twilio.errorCode,
    error_message: twilio.errorMessage,
    from: isUnassigned ? null : message.from,
    messaging_service_sid: twilio.messagingServiceSid,
    num_media: "0",
    num_segments: isUnassigned ? "0" : String(twilio.numSegments),
    price: null,
    price_unit: "USD",
    sid: message.id,
    status: message.status,
    subresource_uris: { media: `${uri}/Media.json` },
    to: message.to,
    uri: `${uri}.json`,
  };
}

/** A token that stays the same for every attempt to deliver one status. */
export function idempotencyToken(message: Message, status: MessageStatus): string {
  return createHash("sha256").update(`${message.id} ${status}`).digest("hex").slice(0, 36);
}

/** `Thu, 24 Aug 2023 05:01:45 +0000`; always UTC. */
function rfc2822(instant: number): string {
  return new Date(instant).toUTCString().replace("GMT", "+0000");
}
