import fc from "fast-check";
import { SegmentedMessage } from "sms-segments-calculator";
import { describe, expect, it } from "vitest";
import { measureSms } from "./segments.ts";

const GSM7 =
  "\n @£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ!\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const OTHERS = "^{}\\[~]|€\r\f`ç日本😀";

describe("the parts of a text", () => {
  it("are what Twilio's calculator says, for short texts, long ones, and those at the borders", () => {
    const plain = fc.constantFrom(...GSM7);
    const mixed = fc.oneof(
      { weight: 200, arbitrary: plain },
      { weight: 1, arbitrary: fc.constantFrom(...OTHERS) },
    );
    const lengths = fc.oneof(
      fc.integer({ min: 0, max: 500 }),
      fc.constantFrom(1, 153, 159, 160, 161, 306, 307),
    );
    const texts = lengths.chain((length) =>
      fc.oneof(
        fc.array(plain, { minLength: length, maxLength: length }),
        fc.array(mixed, { minLength: length, maxLength: length }),
      ),
    );
    fc.assert(
      fc.property(texts, (characters) => {
        const text = characters.join("");
        const { encodingName, segmentsCount } = new SegmentedMessage(text);
        const encoding = encodingName === "GSM-7" ? "gsm7" : "ucs2";
        expect(measureSms(text)).toEqual({ encoding, segments: segmentsCount });
      }),
      { numRuns: 500 },
    );
  });
});
