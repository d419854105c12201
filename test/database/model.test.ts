import { randomInt } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeLine, runAudit } from "#lib/services/audit/run.ts";
import { arbitraryBeginning, arbitraryCommands } from "../model/arbitrary.ts";
import { tally } from "../model/commands/command.ts";
import { expectRound, runRound } from "../model/commands/time.ts";
import { requireSame } from "../model/compare.ts";
import { type Model, newModel, Run } from "../model/model.ts";
import { takeRefundsBack } from "../model/rails.ts";
import { openWorld, type World } from "../model/world.ts";
import { openSystem, type TestSystem } from "./system.ts";

// The same again: the seed that was printed, as MODEL_SEED, and the path of a failure as MODEL_PATH. More of it:
// MODEL_RUNS=10000 MODEL_SECONDS=3600 npx vitest run --project database model
const seed = Number(process.env.MODEL_SEED ?? randomInt(2 ** 31));
const numRuns = Number(process.env.MODEL_RUNS ?? 60);
const path = process.env.MODEL_PATH;
const COMMANDS_MAX = 25;
const ROUNDS_MAX = 10;
/** No sequence begins after this; a slow machine runs fewer of them, and says how many. */
const seconds = Number(process.env.MODEL_SECONDS ?? 45);
const GRACE_SECONDS = 60;

let system: TestSystem;
let world: World;
/** False once a sequence has failed: what follows makes it smaller. */
let isSound = true;

beforeAll(async () => {
  system = await openSystem();
  world = await openWorld(system);
});
afterAll(() => system.close());

/** No fault any more: everything that is planned happens, until there is nothing new. */
async function heal(model: Model): Promise<void> {
  for (let round = 0, before = ""; before !== JSON.stringify(model.invoices); round += 1) {
    if (round > ROUNDS_MAX) throw new Error("It never comes to rest.");
    before = JSON.stringify(model.invoices);
    await runRound(model, world);
    expectRound(model, new Run(null));
    await takeRefundsBack(world, model);
    await requireSame(world, model);
  }
}

async function findViolations() {
  const broken = (await runAudit(system.auditUrl)).filter((line) => line.violations > 0);
  return { broken, count: broken.reduce((sum, line) => sum + line.violations, 0) };
}

/** What an earlier sequence broke must not be taken for this one's doing, or a failure could not be made smaller. */
async function requireNoMoreThan(before: number): Promise<void> {
  const { broken, count } = await findViolations();
  if (count > before) throw new Error(`The audit found:\n${broken.map(describeLine).join("\n")}`);
}

it(
  `whatever happens in whatever order, every invoice is what it should be (seed ${seed}, ${numRuns} sequences)`,
  async () => {
    process.stdout.write(`model: seed ${seed}, ${numRuns} sequences of up to ${COMMANDS_MAX} commands\n`);
    const deadline = performance.now() + seconds * 1000;
    let sequences = 0;
    const sequence = [arbitraryBeginning, arbitraryCommands(COMMANDS_MAX)] as const;
    const property = fc.asyncProperty(...sequence, async (beginning, commands) => {
      if (performance.now() > deadline) return;
      const model = newModel();
      sequences += 1;
      const before = isSound ? 0 : (await findViolations()).count;
      const wasSound = isSound;
      isSound = false;
      await system.superuser.query("delete from pgboss.job where state = 'created'");
      for (const creation of beginning) await creation.run(model, world);
      await fc.asyncModelRun(() => ({ model, real: world }), commands);
      await heal(model);
      await requireNoMoreThan(before);
      isSound = wasSound;
    });
    await fc.assert(property, { seed, numRuns, ...(path === undefined ? {} : { path }) });
    const counts = [...tally].sort().map(([ending, count]) => `${ending} ${count}`);
    process.stdout.write(`model: ${sequences} sequences; ${counts.join(", ")}\n`);
    expect(sequences).toBeGreaterThanOrEqual(1);
  },
  (seconds + GRACE_SECONDS) * 1000,
);
