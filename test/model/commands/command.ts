// The frame of every command: the same thing is done to the world and to the model, and both must say the same.

import type fc from "fast-check";
import { ServiceError } from "#lib/domain/errors.ts";
import { requireSame } from "../compare.ts";
import { type Model, ModelCrash, type ModelInvoice, Run } from "../model.ts";
import { takeRefundsBack } from "../rails.ts";
import { Crash, type CrashPoint, type World } from "../world.ts";

export type Command = fc.AsyncCommand<Model, World>;

/** `ok`, `crash`, or the code of a refusal. */
export type Verdict = string;

export interface Step {
  readonly name: string;
  readonly crash?: CrashPoint | null;
  /** False: there is nothing in the model that it could be done to. */
  readonly isPossible: (model: Model) => boolean;
  /** Does it; the model is as it was before. */
  readonly perform: (model: Model, world: World) => Promise<void>;
  /** What should have happened. */
  readonly expect: (model: Model, run: Run) => Verdict;
}

/** How often each command ended in which way, over all sequences: a way that never comes up proves nothing. */
export const tally = new Map<string, number>();

/** Does a step in both, and compares what they said and what they have become. */
export function command({ name, crash = null, isPossible, perform, expect }: Step): Command {
  return {
    check: (model) => isPossible(model),
    async run(model, world) {
      if (crash !== null) world.arm(crash);
      const said = await verdictOf(() => perform(model, world));
      world.disarm();
      const due = dueVerdict(() => expect(model, new Run(crash)));
      const ending = `${name.replace(/\(.*/, "")}: ${said}`;
      tally.set(ending, (tally.get(ending) ?? 0) + 1);
      if (said !== due) throw new Error(`${name}: it said ${said}, and ${due} was due.`);
      await takeRefundsBack(world, model);
      await requireSame(world, model);
    },
    toString: () => `${name}${crash === null ? "" : `, crash ${crash}`}`,
  };
}

async function verdictOf(work: () => Promise<void>): Promise<Verdict> {
  try {
    await work();
    return "ok";
  } catch (error) {
    if (error instanceof Crash) return "crash";
    if (error instanceof ServiceError && error.cause === undefined) return error.code;
    throw error;
  }
}

function dueVerdict(work: () => Verdict): Verdict {
  try {
    return work();
  } catch (error) {
    if (error instanceof ModelCrash) return "crash";
    throw error;
  }
}

export function pick<T>(items: readonly T[], index: number): T {
  const item = items[index % items.length];
  if (item === undefined) throw new Error("There is nothing to pick from.");
  return item;
}

export const hasInvoice = (model: Model): boolean => model.invoices.length > 0;
export const invoiceAt = (model: Model, index: number): ModelInvoice => pick(model.invoices, index);
