import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  CALLBACK_PAUSES_SECONDS,
  callbackPauseSeconds,
  pollPauseSeconds,
  smsLookUpPauseSeconds,
  smsPauseSeconds,
} from "./schedule.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;

describe("callback schedule", () => {
  it("is the published one: eleven tries over about 76 hours", () => {
    expect(CALLBACK_PAUSES_SECONDS).toEqual([5, 60, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]);
    const total = CALLBACK_PAUSES_SECONDS.reduce((sum, pause) => sum + pause, 0);
    expect(Math.round(total / HOUR)).toBe(76);
  });

  it("adds at most a fifth, never takes away, and ends after the eleventh try", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (attempt, random) => {
          const pause = callbackPauseSeconds(attempt, random, null) ?? Number.NaN;
          const base = CALLBACK_PAUSES_SECONDS[attempt - 1] ?? Number.NaN;
          expect(pause).toBeGreaterThanOrEqual(base);
          expect(pause).toBeLessThanOrEqual(base * 1.2 + 1);
        },
      ),
    );
    expect(callbackPauseSeconds(11, 0, null)).toBeNull();
  });

  it("honours a longer Retry-After, up to six hours", () => {
    expect(callbackPauseSeconds(1, 0, 120)).toBe(120);
    expect(callbackPauseSeconds(1, 0, 1)).toBe(5);
    expect(callbackPauseSeconds(1, 0, 10 * DAY)).toBe(6 * HOUR);
    expect(callbackPauseSeconds(1, 0, -5)).toBe(5);
  });
});

describe("polls", () => {
  it("ask 10 s, 30 s and 2 min after the start", () => {
    expect(pollPauseSeconds({ asked: 0, ageSeconds: 0, isLive: true })).toBe(10);
    expect(pollPauseSeconds({ asked: 1, ageSeconds: 10, isLive: true })).toBe(20);
    expect(pollPauseSeconds({ asked: 2, ageSeconds: 30, isLive: true })).toBe(90);
  });

  it("ask every five minutes while it can be paid, however old it is", () => {
    expect(pollPauseSeconds({ asked: 3, ageSeconds: 120, isLive: true })).toBe(300);
    expect(pollPauseSeconds({ asked: 900, ageSeconds: 20 * DAY, isLive: true })).toBe(300);
  });

  it("ask hourly to a day and daily to a week afterwards, then leave it to a person", () => {
    expect(pollPauseSeconds({ asked: 9, ageSeconds: HOUR, isLive: false })).toBe(HOUR);
    expect(pollPauseSeconds({ asked: 9, ageSeconds: 2 * DAY, isLive: false })).toBe(DAY);
    expect(pollPauseSeconds({ asked: 9, ageSeconds: 7 * DAY, isLive: false })).toBeNull();
  });

  it("ask calmly about what is reserved, and soon after it has run out", () => {
    const reserved = (secondsLeft: number | null, isLive = true) =>
      pollPauseSeconds({ asked: 9, ageSeconds: 3 * DAY, isLive, reservation: { secondsLeft } });
    expect(reserved(6 * DAY)).toBe(HOUR);
    expect(reserved(1800)).toBe(1920);
    expect(reserved(-60)).toBe(60);
    expect(reserved(-HOUR)).toBe(HOUR);
    expect(reserved(-7 * DAY)).toBeNull();
  });

  it("ask hourly about what is reserved for nobody knows how long, as long as it can be taken", () => {
    const reserved = (isLive: boolean, ageSeconds: number) =>
      pollPauseSeconds({ asked: 9, ageSeconds, isLive, reservation: { secondsLeft: null } });
    expect(reserved(true, 30 * DAY)).toBe(HOUR);
    expect(reserved(false, 2 * DAY)).toBe(DAY);
    expect(reserved(false, 7 * DAY)).toBeNull();
    expect(
      pollPauseSeconds({ asked: 1, ageSeconds: 10, isLive: true, reservation: { secondsLeft: DAY } }),
    ).toBe(20);
  });

  it("never plan a question in the past", () => {
    fc.assert(
      fc.property(
        fc.nat(2000),
        fc.integer({ min: 0, max: 30 * DAY }),
        fc.boolean(),
        fc.option(fc.double({ min: -8 * DAY, max: 8 * DAY, noNaN: true })),
        (asked, ageSeconds, isLive, secondsLeft) => {
          const pause = pollPauseSeconds({ asked, ageSeconds, isLive, reservation: { secondsLeft } });
          expect(pause === null || pause >= 1).toBe(true);
        },
      ),
    );
  });
});

describe("SMS retries", () => {
  it("grow from five seconds to ten minutes, and wait as long as the provider asks within an hour", () => {
    expect([1, 2, 3, 8, 20].map((attempts) => smsPauseSeconds(attempts, null))).toEqual([
      5, 10, 20, 600, 600,
    ]);
    expect(smsPauseSeconds(1, 90)).toBe(90);
    expect(smsPauseSeconds(1, 10 * HOUR)).toBe(HOUR);
  });

  it("look for a message in doubt ever less often, between 15 seconds and ten minutes", () => {
    expect([0, 20, 60, 600, 10_000].map(smsLookUpPauseSeconds)).toEqual([15, 15, 30, 300, 600]);
  });
});
