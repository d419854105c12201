import { describe, expect, it } from "vitest";
import {
  healthAfterTry,
  isHeldApart,
  isWanted,
  parseCalledBackTypes,
  parseEventTypes,
  slowTriesAfter,
} from "./endpoint.ts";

const now = new Date("2027-03-01T12:00:00Z");
const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3_600_000);
const health = (change: object = {}) => ({
  isEnabled: true,
  failingSince: null,
  lastFailedAt: null,
  failingNoticeAt: null,
  lastDeliveredAt: null,
  ...change,
});
const failed = { isDelivered: false, status: 500 };
const delivered = { isDelivered: true, status: 200 };

describe("an endpoint", () => {
  it("fails since its first failure, and not since a later one", () => {
    const first = { failingSince: now, lastFailedAt: now };
    expect(healthAfterTry(health(), failed, now)?.changes).toEqual(first);
    const again = health({ failingSince: hoursAgo(1), lastFailedAt: hoursAgo(1) });
    expect(healthAfterTry(again, failed, now)?.changes).toEqual({ ...first, failingSince: hoursAgo(1) });
    const just = health({ failingSince: hoursAgo(1), lastFailedAt: hoursAgo(0.01) });
    expect(healthAfterTry(just, failed, now)).toBeNull();
  });

  it.each([
    [23.9, null],
    [24, "endpoint.failing"],
    [119.9, "endpoint.failing"],
    [120, "endpoint.disabled"],
    [1_000, "endpoint.disabled"],
  ])("that has failed for %s hours is told of as %s", (hours, event) => {
    const step = healthAfterTry(
      health({ failingSince: hoursAgo(hours), lastFailedAt: hoursAgo(20) }),
      failed,
      now,
    );
    expect(step?.event ?? null).toBe(event);
    expect(step?.disabledReason ?? null).toBe(event === "endpoint.disabled" ? "failing" : null);
  });

  it.each([
    [36, hoursAgo(130), "endpoint.disabled"],
    [37, now, null],
    [1_000, now, null],
  ])("that was not tried for %s hours after a failure fails since %s", (silent, since, event) => {
    const stored = health({ failingSince: hoursAgo(Math.max(130, silent)), lastFailedAt: hoursAgo(silent) });
    const step = healthAfterTry(stored, failed, now);
    expect(step?.changes.failingSince).toEqual(since);
    expect(step?.event ?? null).toBe(event);
  });

  it("is told of once a failure", () => {
    const told = { failingSince: hoursAgo(30), failingNoticeAt: hoursAgo(6), lastFailedAt: hoursAgo(1) };
    expect(healthAfterTry(health(told), failed, now)).toMatchObject({ event: null });
  });

  it("is held apart while it fails, and while most of its last tries took more than two seconds", () => {
    const counted = (from: number, ...durations: number[]) => durations.reduce(slowTriesAfter, from);
    const isSlow = (slowTries: number) => isHeldApart({ failingSince: null, slowTries });
    expect(isSlow(counted(0, 2_500, 2_500))).toBe(false);
    expect(isSlow(counted(0, 2_500, 100, 2_500, 2_500, 2_500))).toBe(true);
    expect(isSlow(counted(0, ...Array.from({ length: 100 }, () => 2_500), 100, 100))).toBe(true);
    expect(isSlow(counted(0, ...Array.from({ length: 100 }, () => 2_500), 100, 100, 100))).toBe(false);
    expect(isHeldApart({ failingSince: now, slowTries: 0 })).toBe(true);
  });

  it("is off at once when it says 410", () => {
    const step = healthAfterTry(health(), { isDelivered: false, status: 410 }, now);
    expect(step).toMatchObject({ disabledReason: "gone", event: "endpoint.disabled" });
  });

  it("has recovered with its first success, and that is told only where the failure was", () => {
    const quiet = healthAfterTry(health({ failingSince: hoursAgo(2) }), delivered, now);
    expect(quiet).toMatchObject({ changes: { failingSince: null, lastDeliveredAt: now }, event: null });
    const loud = healthAfterTry(
      health({ failingSince: hoursAgo(30), failingNoticeAt: hoursAgo(6) }),
      delivered,
      now,
    );
    expect(loud).toMatchObject({ changes: { failingNoticeAt: null }, event: "endpoint.recovered" });
  });

  it("that takes one callback after another is written once a minute", () => {
    expect(healthAfterTry(health({ lastDeliveredAt: hoursAgo(0.01) }), delivered, now)).toBeNull();
    expect(healthAfterTry(health({ lastDeliveredAt: hoursAgo(0.02) }), delivered, now)?.changes).toEqual({
      failingSince: null,
      lastFailedAt: null,
      failingNoticeAt: null,
      lastDeliveredAt: now,
    });
  });

  it("that is off is judged no more", () => {
    const off = health({ isEnabled: false, failingSince: hoursAgo(200) });
    expect(healthAfterTry(off, failed, now)).toBeNull();
    expect(healthAfterTry(off, delivered, now)).toBeNull();
  });
});

describe("types of events", () => {
  it("are everything where none is named", () => {
    expect(isWanted(null, "invoice.paid")).toBe(true);
    expect(isWanted(["invoice.paid"], "invoice.paid")).toBe(true);
    expect(isWanted(["invoice.paid"], "invoice.expired")).toBe(false);
  });

  it("are refused at their place where there is no such, or where it is never called back", () => {
    const at = (index: number) => `/event_types/${index}`;
    const refusal = (pointer: string) => expect.objectContaining({ code: "event_type_unknown", pointer });
    expect(() => parseEventTypes(["invoice.paid", "invoice.pay"], at)).toThrow(refusal("/event_types/1"));
    expect(parseEventTypes(["invoice.created"], at)).toEqual(["invoice.created"]);
    expect(() => parseCalledBackTypes(["invoice.created"], at)).toThrow(refusal("/event_types/0"));
  });
});
