import { createHmac, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { signatureHeaders } from "./signature.ts";

const key = randomBytes(32);
const secret = `whsec_${key.toString("base64")}`;
const at = new Date("2026-01-01T00:00:00Z");

/** The standard in three lines, written by hand. */
function expected(eventId: string, body: string, withKey: Buffer): string {
  const signed = `${eventId}.${at.getTime() / 1000}.${body}`;
  return `v1,${createHmac("sha256", withKey).update(signed).digest("base64")}`;
}

describe("a callback's signature", () => {
  it("is what the standard says", () => {
    const body = '{"a":"å"}';
    const headers = signatureHeaders({ eventId: "evt_1", body, secrets: [secret], at });
    expect(headers).toEqual({
      "webhook-id": "evt_1",
      "webhook-timestamp": "1767225600",
      "webhook-signature": expected("evt_1", body, key),
    });
  });

  it("is made with every secret during a rotation, newest first", () => {
    const older = randomBytes(32);
    const headers = signatureHeaders({
      eventId: "evt_1",
      body: "{}",
      secrets: [secret, `whsec_${older.toString("base64")}`],
      at,
    });
    expect(headers["webhook-signature"]).toBe(
      `${expected("evt_1", "{}", key)} ${expected("evt_1", "{}", older)}`,
    );
  });
});
