// Answers about text messages.

import { z } from "zod";
import { SMS_ENCODINGS, SMS_KINDS, SMS_STATES } from "#lib/domain/sms.ts";
import { id, instant } from "./shared.ts";

export const sms = z
  .strictObject({
    id: id("sms"),
    object: z.literal("sms"),
    kind: z.enum(SMS_KINDS),
    state: z.enum(SMS_STATES),
    sender: z.string().nullable(),
    encoding: z.enum(SMS_ENCODINGS),
    segments: z.int().min(1),
    send_at: instant,
    provider_id: z.string().nullable(),
    provider_code: z.string().nullable(),
  })
  .meta({ id: "Sms", description: "One text message. Its text is not kept." });
