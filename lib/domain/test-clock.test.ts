import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ClockJump, realTimeOf } from "./test-clock.ts";

const MINUTE = 60_000;
/** At minute 10 a minute ahead, at minute 20 an hour ahead. */
const JUMPS: readonly ClockJump[] = [
  { atMs: 10 * MINUTE, aheadMs: MINUTE },
  { atMs: 20 * MINUTE, aheadMs: 60 * MINUTE },
];
const real = (minutes: number) => realTimeOf(JUMPS, new Date(minutes * MINUTE)).getTime() / MINUTE;

describe("the real time of a test merchant's instant", () => {
  it.each([
    ["before any jump", 9, 9],
    ["jumped over by the first", 10.5, 10],
    ["between the jumps", 15, 14],
    ["jumped over by the second", 40, 20],
    ["after both", 85, 25],
    ["in the merchant's future", 1_060, 1_000],
  ])("%s", (_name, theirs, expected) => {
    expect(real(theirs)).toBe(expected);
  });

  it("is the instant itself where the clock was never moved", () => {
    expect(realTimeOf([], new Date(5))).toEqual(new Date(5));
  });

  it("comes back from any merchant's time, whatever jumps were made since", () => {
    const steps = fc.array(fc.record({ pause: fc.nat(1e6), jump: fc.integer({ min: 1, max: 1e9 }) }));
    fc.assert(
      fc.property(steps, fc.nat(5e6), (moves, realMs) => {
        const jumps: ClockJump[] = [];
        for (const { pause, jump } of moves) {
          const last = jumps.at(-1) ?? { atMs: 0, aheadMs: 0 };
          jumps.push({ atMs: last.atMs + pause, aheadMs: last.aheadMs + jump });
        }
        const ahead = jumps.findLast((jump) => jump.atMs <= realMs)?.aheadMs ?? 0;
        expect(realTimeOf(jumps, new Date(realMs + ahead)).getTime()).toBe(realMs);
      }),
    );
  });
});
