// What is: the real verbs on the real database, rails over HTTP, and jobs that run when the test says so.

import type { JobDataOf, JobName } from "#lib/domain/jobs.ts";
import type { Rail } from "#lib/domain/ports/rail.ts";
import { sweepDeadlines } from "#lib/services/chores.ts";
import type { ServiceContext, ServiceDeps } from "#lib/services/context.ts";
import { runJob } from "#worker/jobs/register.ts";
import { addFault } from "../database/helpers.ts";
import type { TestMerchant, TestSystem } from "../database/system.ts";
import type { ShopName } from "./model.ts";

/** A process that ends in the middle of something; the next one goes on from the database. */
export class Crash extends Error {}

export type Rank = (name: string, data: Readonly<Record<string, unknown>>) => number | null;

export type CrashPoint = "before the call" | "after the call" | "before the booking";

export interface Shop {
  readonly merchant: TestMerchant;
  /** As its API key, in a process that can crash. */
  readonly ctx: ServiceContext;
  /** As the system, in one that can crash too. */
  readonly system: ServiceContext;
}

export interface World {
  readonly system: TestSystem;
  readonly shops: Readonly<Record<ShopName, Shop>>;
  /** The next call to a rail, or booking, ends the process. */
  arm(point: CrashPoint): void;
  /** Takes back a crash that did not come. */
  disarm(): void;
  /** Runs each job that is there now once, in the order of `rank` (null: not now); those that crash stay. */
  runJobs(rank: Rank): Promise<void>;
  /** Time passes: what was just asked may be asked again, and deadlines are looked at. */
  sweep(): Promise<void>;
}

const SILENT = ["stripe", "carrier", "twilio"] as const;

/** Two shops whose rails send nothing by themselves: their messages come when a command delivers them. */
export async function openWorld(system: TestSystem): Promise<World> {
  let armed: CrashPoint | null = null;
  const crashAt = (point: CrashPoint) => {
    if (armed !== point) return;
    armed = null;
    throw new Crash(`The process ended ${point}.`);
  };
  const crashable = (deps: ServiceDeps): Pick<ServiceDeps, "rails" | "failpoints"> => ({
    rails: Object.fromEntries(
      Object.entries(deps.rails).map(([method, rail]) => [method, breakable(rail, crashAt)]),
    ),
    failpoints: {
      reach: async (name) => {
        if (name === "K13") crashAt("before the booking");
      },
    },
  });
  const worker = await system.openWorker();
  const workerDeps: ServiceDeps = { ...worker.deps, ...crashable(worker.deps) };
  const shop = async (carrierAsksPayer: boolean): Promise<Shop> => {
    const merchant = await system.merchant({ carrierAsksPayer });
    for (const service of SILENT) {
      await addFault(system.sandboxUrl, merchant.sandboxName, { service, fault: "never_notify" });
    }
    // With the worker's connections, which are waited for: a busy machine is not what is tried here.
    return {
      merchant,
      ctx: { ...merchant.ctx, ...workerDeps },
      system: { ...merchant.system, ...workerDeps },
    };
  };
  return {
    system,
    shops: { asking: await shop(true), coding: await shop(false) },
    arm: (point) => {
      armed = point;
    },
    disarm: () => {
      armed = null;
    },
    sweep: async () => {
      await system.superuser.query("update payments set asked_at = null where asked_at is not null");
      // Long enough for a refund that the rail does not know to be asked for again.
      await system.superuser.query(
        "update refunds set submitted_at = submitted_at - interval '2 minutes' where state = 'pending'",
      );
      await sweepDeadlines(workerDeps);
    },
    runJobs: (rank) => runJobs(system, workerDeps, rank),
  };
}

const CALLS = new Set(["begin", "query", "cancel", "refund", "queryRefund"]);

/** A rail whose calls can be the last thing that a process does. */
function breakable(rail: Rail, crashAt: (point: CrashPoint) => void): Rail {
  return new Proxy(rail, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function" || !CALLS.has(String(name))) return member;
      return async (...args: unknown[]) => {
        crashAt("before the call");
        const result: unknown = await Reflect.apply(member, target, args);
        crashAt("after the call");
        return result;
      };
    },
  });
}

interface JobRow {
  readonly id: string;
  readonly name: JobName;
  readonly data: Record<string, unknown>;
}

async function runJobs({ superuser }: TestSystem, deps: ServiceDeps, rank: Rank): Promise<void> {
  const { rows } = await superuser.query<JobRow>(
    "select id, name, data from pgboss.job where state = 'created' order by created_on, id",
  );
  const ranked = rows.flatMap((row) => {
    const place = rank(row.name, row.data);
    return place === null ? [] : [{ row, place }];
  });
  for (const { row } of ranked.sort((one, other) => one.place - other.place)) {
    try {
      // The queue stores what enqueue was given, by the name's own type.
      await runJob(deps, row.name, row.data as unknown as JobDataOf<typeof row.name>);
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      continue;
    }
    await superuser.query("delete from pgboss.job where id = $1", [row.id]);
  }
}
