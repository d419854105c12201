// `POST Messages.json`, and what follows: the statuses and their callbacks.
import { createHmac } from "node:crypto";
import { type Account, senderNumber } from "../control/accounts.ts";
import type { Verdict } from "../control/notifications.ts";
import { formFields } from "../http/body.ts";
import type { Request } from "../http/message.ts";
import { post } from "../http/outgoing.ts";
import type { Sandbox } from "../sandbox.ts";
import { refused } from "./errors.ts";
import {
  idempotencyToken,
  isTwilioMessage,
  type MessageStatus,
  newMessageSid,
  type TwilioMessage,
} from "./message.ts";
import { checkRecipient, checkSender, fateOf } from "./numbers.ts";
import { countSegments } from "./segments.ts";

const advanceJob = "twilio.advance_message";
const stepMs = 150;

/** Longest body, in UTF-16 units. */
const bodyLimit = 1_600;

/** Twilio tries once more when it could not connect, and not at all when it was answered with an error. */
const retryMs = [1_000];

type Callback = { sid: string; status: MessageStatus };

/** Registers the jobs that move messages on and report their statuses. */
export function startDelivery(sandbox: Sandbox): void {
  sandbox.scheduler.handle(advanceJob, (job) => {
    const message = sandbox.messages.find(job.subject);
    if (isTwilioMessage(message)) {
      sandbox.database.transaction(() => advance(sandbox, message));
    }
    return undefined;
  });
  sandbox.notifier.register("twilio", {
    retryMs,
    send: (payload) => sendCallback(sandbox, payload as Callback),
  });
}

/** Brings a message to its end, step by step as on its way there. False when it has arrived or was lost. */
export function endMessage(sandbox: Sandbox, message: TwilioMessage, isDelivered: boolean): boolean {
  if (["delivered", "undelivered", "failed"].includes(message.status)) {
    return false;
  }
  sandbox.database.transaction(() => {
    sandbox.scheduler.cancel(advanceJob, message.id);
    const queued = message.status === "accepted" ? move(sandbox, message, { status: "queued" }) : message;
    const sent = queued.status === "queued" ? move(sandbox, queued, { status: "sent" }) : queued;
    move(
      sandbox,
      sent,
      isDelivered
        ? { status: "delivered" }
        : { status: "undelivered", errorCode: 30003, errorMessage: "Unreachable destination handset" },
    );
  });
  return true;
}

/** Takes a message for delivery; it is on the virtual phone when this returns. */
export function acceptMessage(sandbox: Sandbox, account: Account, request: Request): TwilioMessage {
  const fields = formFields(request);
  const to = (fields.get("To") ?? "").trim();
  const from = (fields.get("From") ?? "").trim();
  const service = fields.get("MessagingServiceSid") ?? "";
  const body = fields.get("Body") ?? "";
  const statusCallback = fields.get("StatusCallback") || null;
  check(fields, to, from, service, body, statusCallback);
  const now = Date.now();
  const message: TwilioMessage = {
    id: newMessageSid(),
    account: account.id,
    twilio: {
      accountSid: account.twilioSid,
      messagingServiceSid: service || null,
      statusCallback,
      numSegments: countSegments(body),
      errorCode: null,
      errorMessage: null,
      sentAt: null,
      updatedAt: now,
    },
    from: from || senderNumber,
    to,
    body,
    status: service && !from ? "accepted" : "queued",
    createdAt: now,
  };
  sandbox.database.transaction(() => {
    sandbox.messages.insert(message);
    sandbox.scheduler.schedule({ kind: advanceJob, subject: message.id, delayMs: stepMs });
  });
  sandbox.phones.changed(to);
  return message;
}

function check(
  fields: URLSearchParams,
  to: string,
  from: string,
  service: string,
  body: string,
  statusCallback: string | null,
): void {
  if (!to) {
    throw refused(21604, "A 'To' phone number is required.");
  }
  checkRecipient(to);
  if (!from && !service) {
    throw refused(21603, "A 'From' phone number is required.");
  }
  if (from) {
    checkSender(from, senderNumber);
  }
  if (service && !/^MG[0-9a-fA-F]{32}$/.test(service)) {
    throw refused(21705, "The Messaging Service Sid is invalid.");
  }
  if (fields.has("MediaUrl") || fields.has("ContentSid") || fields.has("ScheduleType")) {
    throw refused(20001, "The sandbox sends plain texts at once: no media, no templates, no schedule.");
  }
  if (body === "") {
    throw refused(21602, "Message body is required.");
  }
  if (body.length > bodyLimit) {
    throw refused(21617, "The concatenated message body exceeds the 1600 character limit");
  }
  if (statusCallback && !(/^https?:\/\//i.test(statusCallback) && URL.canParse(statusCallback))) {
    throw refused(21609, `The 'StatusCallback' URL ${statusCallback} is not a valid URL.`);
  }
}

/** One step on the way; does nothing to a message that has arrived. */
function advance(sandbox: Sandbox, message: TwilioMessage): void {
  const fate = fateOf(message.to);
  if (message.status === "accepted") {
    move(sandbox, message, { status: "queued" });
  } else if (message.status === "queued") {
    move(sandbox, message, { status: "sent" });
  } else if (message.status === "sent" && fate.kind === "delivered") {
    move(sandbox, message, { status: "delivered" });
    return;
  } else if (message.status === "sent" && fate.kind === "lost") {
    move(sandbox, message, fate);
    return;
  } else {
    return;
  }
  sandbox.scheduler.schedule({ kind: advanceJob, subject: message.id, delayMs: stepMs });
}

function move(
  sandbox: Sandbox,
  message: TwilioMessage,
  to: { status: MessageStatus; errorCode?: number; errorMessage?: string },
): TwilioMessage {
  const now = Date.now();
  const moved: TwilioMessage = {
    ...message,
    status: to.status,
    twilio: {
      ...message.twilio,
      errorCode: to.errorCode ?? null,
      errorMessage: to.errorMessage ?? null,
      sentAt: message.twilio.sentAt ?? (to.status === "sent" ? now : null),
      updatedAt: now,
    },
  };
  sandbox.messages.save(moved);
  sandbox.phones.changed(message.to);
  const url = message.twilio.statusCallback;
  if (url) {
    const callback: Callback = { sid: message.id, status: to.status };
    const { account, id } = message;
    sandbox.notifier.notify({
      service: "twilio",
      account,
      subject: id,
      type: to.status,
      url,
      payload: callback,
    });
  }
  return moved;
}

async function sendCallback(sandbox: Sandbox, callback: Callback): Promise<Verdict> {
  const message = sandbox.messages.find(callback.sid);
  const account = message && sandbox.accounts.find(message.account);
  if (!isTwilioMessage(message) || !account || !message.twilio.statusCallback) {
    return "give_up";
  }
  // What stands behind a # configures Twilio's own client and is not part of the request.
  const url = message.twilio.statusCallback.replace(/#.*$/s, "");
  const fields = callbackFields(message, callback.status);
  const delivery = await post(
    url,
    {
      accept: "*/*",
      "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
      "i-twilio-idempotency-token": idempotencyToken(message, callback.status),
      "user-agent": "TwilioProxy/1.1",
      "x-twilio-signature": signature(account.twilioToken, url, fields),
    },
    new URLSearchParams(fields).toString(),
  );
  return delivery.isUnreachable ? "retry" : "delivered";
}

function callbackFields(message: TwilioMessage, status: MessageStatus): Record<string, string> {
  const { twilio } = message;
  const isLost = status === "undelivered" || status === "failed";
  return {
    AccountSid: twilio.accountSid,
    ApiVersion: "2010-04-01",
    ...(isLost ? { ErrorCode: String(twilio.errorCode) } : {}),
    From: message.from,
    MessageSid: message.id,
    MessageStatus: status,
    ...(twilio.messagingServiceSid ? { MessagingServiceSid: twilio.messagingServiceSid } : {}),
    ...(status === "delivered" ? { RawDlrDoneDate: receiptDate(twilio.updatedAt) } : {}),
    SmsSid: message.id,
    SmsStatus: status,
    To: message.to,
  };
}

/** https://www.twilio.com/docs/usage/webhooks/webhooks-security: the address, then the sorted parameters. */
function signature(token: string, url: string, fields: Record<string, string>): string {
  const signed = Object.keys(fields)
    .sort()
    .reduce((text, name) => text + name + fields[name], url);
  return createHmac("sha1", token).update(signed, "utf8").digest("base64");
}

/** `YYMMDDhhmm`, as carriers write it. */
function receiptDate(instant: number): string {
  return new Date(instant).toISOString().replace(/\D/g, "").slice(2, 12);
}
