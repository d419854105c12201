// How many parts a text takes on the air, counted by Twilio's own calculator.

import { SegmentedMessage } from "sms-segments-calculator";
import type { SmsSize } from "#lib/domain/sms.ts";

/** GSM-7: 160 characters, 153 a part; one character outside it makes the whole text UCS-2: 70, 67 a part. */
export function measureSms(text: string): SmsSize {
  const message = new SegmentedMessage(text);
  return {
    encoding: message.encodingName === "GSM-7" ? "gsm7" : "ucs2",
    segments: message.segmentsCount,
  };
}
