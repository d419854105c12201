// Which commands there are, and how often each is chosen.

import fc from "fast-check";
import { payOutside, reprice } from "./commands/changes.ts";
import type { Command } from "./commands/command.ts";
import { cancel, create, open, resend, runOut } from "./commands/invoices.ts";
import { forge, notify } from "./commands/messages.ts";
import { decide, type Fault, poll, start, typeCode } from "./commands/payments.ts";
import { type Part, refund } from "./commands/refunds.ts";
import { tick } from "./commands/time.ts";
import type { ShopName } from "./model.ts";
import { CARDS, PHONES } from "./rails.ts";
import type { CrashPoint } from "./world.ts";

const index = fc.nat(11);
const mostly = fc.constantFrom(true, true, true, false);
const crash: fc.Arbitrary<CrashPoint | null> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(null) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<CrashPoint>("before the call", "after the call", "before the booking"),
  },
);
const fault: fc.Arbitrary<Fault | null> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.constantFrom<Fault>("lost_answer", "reset") },
);
const method = fc.constantFrom("card" as const, "carrier_billing" as const);
const shop = fc.constantFrom<ShopName>("asking", "asking", "coding");
const ending = fc.constantFrom("00", ...Object.keys(PHONES));
const part = fc.constantFrom<Part>("rest", "part", "part", "too much");
const habit = fc.constantFrom(...(Object.keys(CARDS) as (keyof typeof CARDS)[]));

/** Sequences of at most `max` commands. */
export function arbitraryCommands(max: number) {
  const weighted: readonly (readonly [number, fc.Arbitrary<Command>])[] = [
    [1, fc.tuple(shop, ending, fc.boolean()).map((args) => create(...args))],
    [1, index.map(resend)],
    [1, fc.tuple(index, fc.boolean()).map((args) => open(...args))],
    [7, fc.tuple(index, method, fault, crash).map((args) => start(...args))],
    [2, fc.tuple(index, fc.boolean(), fault, crash).map((args) => typeCode(...args))],
    [9, fc.tuple(index, mostly, habit).map((args) => decide(...args))],
    [5, fc.tuple(index, crash).map((args) => poll(...args))],
    [3, fc.tuple(index, fc.integer({ min: 1, max: 3 }), fc.boolean(), crash).map((args) => notify(...args))],
    [1, index.map(forge)],
    [3, fc.tuple(index, part, mostly, crash).map((args) => refund(...args))],
    [1, fc.tuple(index, crash).map((args) => cancel(...args))],
    [1, index.map(runOut)],
    [1, fc.tuple(index, crash).map((args) => payOutside(...args))],
    [1, fc.tuple(index, fc.constantFrom(24_900, 15_000), crash).map((args) => reprice(...args))],
    [4, crash.map(tick)],
  ];
  const arbitraries = weighted.flatMap(([weight, arbitrary]) =>
    Array.from({ length: weight }, () => arbitrary),
  );
  // Long ones: a short sequence rarely gets anywhere.
  return fc.commands(arbitraries, { maxCommands: max, size: "max" });
}

/** What a sequence begins with: one or two invoices, and a first attempt. */
export const arbitraryBeginning = fc
  .tuple(
    fc.array(fc.tuple(shop, ending, fc.boolean()), { minLength: 1, maxLength: 2 }),
    fc.tuple(method, fault, crash),
  )
  .map(([invoices, [first, ...failures]]) => [
    ...invoices.map((args) => create(...args)),
    start(0, first, ...failures),
  ]);
