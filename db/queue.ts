// Background work in the same database: pg-boss. A job is written in the transaction that causes it, so
// there is never a change without its job, nor a job without its change.

import { PgBoss } from "pg-boss";
import type { MerchantId } from "#lib/domain/ids.ts";
import type { JobDataOf, JobName } from "#lib/domain/jobs.ts";
import { JOB_LEASE_SECONDS, JOB_NAMES, JOB_POLICIES } from "#lib/domain/jobs.ts";
import type { Database } from "./client.ts";
import type { Tx } from "./transaction.ts";

export const DEAD_LETTER_QUEUE = "dead_letter";

export interface EnqueueOptions {
  /** Not before this instant by the tenant's clock (UTC). */
  readonly startAfter?: Date;
  /** True: claimed after everything of its kind that is not. */
  readonly isPatient?: boolean;
}

export interface Queue {
  /** Writes a job in the caller's transaction. */
  enqueue<N extends JobName>(tx: Tx, name: N, data: JobDataOf<N>, options?: EnqueueOptions): Promise<void>;
  /** Brings what waits of a merchant's test mode forward in time, in the caller's transaction. */
  pullForward(tx: Tx, merchantId: MerchantId, byMs: number): Promise<void>;
  /** The same for many at once that may all run now. */
  enqueueAll<N extends JobName>(
    tx: Tx,
    name: N,
    data: readonly JobDataOf<N>[],
    options?: Pick<EnqueueOptions, "isPatient">,
  ): Promise<void>;
  /** Starts claiming jobs of one kind. The handler may be called twice for one job, and must not mind. */
  work<N extends JobName>(name: N, handle: (data: JobDataOf<N>) => Promise<void>): Promise<void>;
  start(): Promise<void>;
  /** Stops claiming, waits for what is running, then gives the rest back. */
  stop(): Promise<void>;
}

export interface QueueOptions {
  readonly db: Database;
  /** True in the worker: it also watches leases and cleans up. The web process only writes jobs. */
  readonly isWorker: boolean;
  readonly onError: (error: unknown, job?: { readonly name: string; readonly id: string }) => void;
}

const POLL_SECONDS = 0.5;
const BATCH_MAX = 16;
const STOP_TIMEOUT_MS = 12_000;

function executeOn(client: { query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> }) {
  return { executeSql: (text: string, values?: unknown[]) => client.query(text, values) };
}

export function createQueue({ db, isWorker, onError }: QueueOptions): Queue {
  let failure: unknown = null;
  const { executeSql } = executeOn(db.pool);
  const boss = new PgBoss({
    db: {
      executeSql: (text: string, values?: unknown[]) =>
        executeSql(text, values).catch((error: unknown) => {
          failure = error;
          throw error;
        }),
    },
    migrate: false,
    createSchema: false,
    schedule: false,
    supervise: isWorker,
    reindex: false,
    superviseIntervalSeconds: 2,
    monitorIntervalSeconds: 2,
  });
  boss.on("error", (error) => onError(error));
  let starting: Promise<unknown> | null = null;

  /** The library's start swallows that the queues could not be read, and would then know none for a minute. */
  async function startAndCheck(): Promise<void> {
    failure = null;
    await boss.start();
    if (failure === null) return;
    const cause: unknown = failure;
    await boss.stop({ graceful: false, close: false });
    throw cause;
  }

  function start(): Promise<unknown> {
    starting ??= startAndCheck().catch((error: unknown) => {
      // The next caller tries again: a database that is down at boot must not disable the queue for good.
      starting = null;
      throw error;
    });
    return starting;
  }

  return {
    async start() {
      await start();
    },
    async enqueue(tx, name, data, options = {}) {
      await start();
      const inserted = await boss.send(name, data, {
        db: executeOn(tx.client),
        // The queue lives in real time, whatever a test merchant's clock says.
        ...(options.startAfter === undefined
          ? {}
          : { startAfter: new Date(options.startAfter.getTime() - tx.clockOffsetMs) }),
        ...priorityOf(options),
      });
      if (inserted === null) throw new Error(`Job ${name} was not written.`);
    },
    async pullForward(tx, merchantId, byMs) {
      await tx.client.query(`select ${PULL_FUNCTION}($1, $2)`, [merchantId, byMs]);
    },
    async enqueueAll(tx, name, data, options = {}) {
      if (data.length === 0) return;
      await start();
      const jobs = data.map((one) => ({ data: one, ...priorityOf(options) }));
      const ids = await boss.insert(name, jobs, { db: executeOn(tx.client), returnId: true });
      if (ids?.length !== data.length) throw new Error(`Jobs ${name} were not written.`);
    },
    async work(name, handle) {
      const { concurrency } = JOB_POLICIES[name];
      const batchSize = Math.min(BATCH_MAX, Math.max(1, Math.floor(concurrency / 2)));
      await boss.work<JobDataOf<typeof name>>(
        name,
        {
          batchSize,
          localConcurrency: Math.ceil(concurrency / batchSize),
          pollingIntervalSeconds: POLL_SECONDS,
          burstWhenBatchFull: batchSize > 1,
          perJobResults: true,
        },
        (jobs) =>
          Promise.all(
            jobs.map(async (job) => {
              try {
                await handle(job.data);
                return { id: job.id, status: "completed" as const };
              } catch (error) {
                onError(error, { name, id: job.id });
                return { id: job.id, status: "failed" as const, output: { message: String(error) } };
              }
            }),
          ),
      );
    },
    async stop() {
      if (starting === null) return;
      await boss.stop({ graceful: true, timeout: STOP_TIMEOUT_MS, close: false });
    },
  };
}

/** The library's own is 0, and the highest goes first. */
const PATIENT_PRIORITY = -1;

function priorityOf({ isPatient = false }: EnqueueOptions): { priority?: number } {
  return isPatient ? { priority: PATIENT_PRIORITY } : {};
}

/** The same queue for work that comes by the thousand: whatever it causes is done after what others wait for. */
export function patientQueue(queue: Queue): Queue {
  return {
    ...queue,
    enqueue: (tx, name, data, options) => queue.enqueue(tx, name, data, { ...options, isPatient: true }),
    enqueueAll: (tx, name, data) => queue.enqueueAll(tx, name, data, { isPatient: true }),
  };
}

/** What the web process may do to jobs that wait: bring those of a test mode forward, nothing else. */
const PULL_FUNCTION = "pull_test_jobs_forward";

const CREATE_PULL_FUNCTION = `
  create or replace function ${PULL_FUNCTION}(the_merchant text, by_ms bigint) returns void
  language sql security definer set search_path = pg_catalog, pg_temp as $$
    update pgboss.job set start_after = start_after - greatest(by_ms, 0) * interval '1 millisecond'
    where state in ('created', 'retry') and start_after > now()
      and data ->> 'merchantId' = the_merchant and data ->> 'mode' = 'test'
  $$;
  revoke all on function ${PULL_FUNCTION}(text, bigint) from public;
  grant execute on function ${PULL_FUNCTION}(text, bigint) to billtext_web, billtext_worker;`;

/** Installs or updates the queue's own tables and every queue. Run by the migration, as the owner. */
export async function installQueue(client: {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}): Promise<void> {
  const boss = new PgBoss({ db: executeOn(client), schedule: false, supervise: false });
  await boss.start();
  try {
    await boss.createQueue(DEAD_LETTER_QUEUE, { retryLimit: 0 });
    for (const name of JOB_NAMES) {
      const options = {
        retryLimit: JOB_POLICIES[name].retryLimit,
        retryDelay: 1,
        retryBackoff: true,
        retryDelayMax: 60,
        expireInSeconds: JOB_LEASE_SECONDS,
        heartbeatSeconds: 10,
        deleteAfterSeconds: 3600,
        retentionSeconds: 30 * 86_400,
        deadLetter: DEAD_LETTER_QUEUE,
      };
      await boss.createQueue(name, options);
      await boss.updateQueue(name, options);
    }
    await client.query(CREATE_PULL_FUNCTION);
  } finally {
    await boss.stop({ graceful: false, close: false });
  }
}
