// Work that happens later: deliveries, retries, run-outs. Kept as rows with a due time, so a restart or
// a SIGKILL delays it but does not lose it. A job that was running when the process died runs again:
// every handler must stand that.
import type { Database } from "./database.ts";

export type Job = { id: number; kind: string; subject: string; attempt: number; payload: unknown };

/** `retryInMs` keeps the job for another attempt; otherwise it is gone. */
export type JobOutcome = { retryInMs: number } | undefined;

export type JobHandler = (job: Job) => JobOutcome | Promise<JobOutcome>;

export type NewJob = {
  kind: string;
  /** Id of the object the job is about. */
  subject: string;
  payload?: unknown;
  delayMs?: number;
};

export type Scheduler = {
  handle: (kind: string, handler: JobHandler) => void;
  schedule: (job: NewJob) => number;
  /** Makes everything that waits for this object due now; tells how many jobs that were. */
  hurry: (subject: string) => number;
  /** Makes one job due now, if it still waits. */
  release: (jobId: number) => void;
  cancel: (kind: string, subject: string) => void;
  clear: () => void;
  start: () => void;
  stop: () => void;
};

/** Enough that receivers which hang do not hold up the rest, few enough not to run out of sockets. */
const runningLimit = 256;

/** Longest sleep; also keeps the delay inside what a timer can count. */
const idleMs = 60_000;

/** Opens the scheduler; nothing runs before `start`. */
export function openScheduler(database: Database): Scheduler {
  const handlers = new Map<string, JobHandler>();
  const running = new Set<number>();
  let timer: NodeJS.Timeout | undefined;
  let isStarted = false;

  /** Sets the timer for the next due job. */
  function arm(): void {
    if (!isStarted || running.size >= runningLimit) {
      return;
    }
    const placeholders = [...running].map(() => "?").join(",");
    const sql = `select min(due_at) as due_at from jobs where id not in (${placeholders})`;
    const row = database.prepare(sql).get(...running);
    clearTimeout(timer);
    if (row?.due_at != null) {
      timer = setTimeout(tick, Math.min(Math.max(Number(row.due_at) - Date.now(), 0), idleMs));
    }
  }

  function tick(): void {
    if (!isStarted) {
      return;
    }
    const due = database
      .prepare("select * from jobs where due_at <= ? order by due_at, id limit ?")
      .all(Date.now(), runningLimit * 2);
    for (const row of due) {
      const id = Number(row.id);
      if (!running.has(id) && running.size < runningLimit) {
        running.add(id);
        void run({
          id,
          kind: String(row.kind),
          subject: String(row.subject),
          attempt: Number(row.attempt),
          payload: JSON.parse(String(row.payload)),
        });
      }
    }
    arm();
  }

  async function run(job: Job): Promise<void> {
    let outcome: JobOutcome;
    try {
      outcome = await handlers.get(job.kind)?.(job);
    } catch (error) {
      if (!isStarted) {
        return;
      }
      console.error(`The job ${job.kind} failed and is given up.`, error);
    }
    running.delete(job.id);
    if (!isStarted) {
      return;
    }
    if (outcome) {
      database
        .prepare("update jobs set due_at = ?, attempt = attempt + 1 where id = ?")
        .run(Date.now() + outcome.retryInMs, job.id);
    } else {
      database.prepare("delete from jobs where id = ?").run(job.id);
    }
    arm();
  }

  return {
    handle: (kind, handler) => void handlers.set(kind, handler),
    schedule(job) {
      const result = database
        .prepare("insert into jobs (kind, subject, due_at, attempt, payload) values (?, ?, ?, 0, ?)")
        .run(job.kind, job.subject, Date.now() + (job.delayMs ?? 0), JSON.stringify(job.payload ?? null));
      arm();
      return Number(result.lastInsertRowid);
    },
    hurry(subject) {
      const result = database.prepare("update jobs set due_at = 0 where subject = ?").run(subject);
      arm();
      return Number(result.changes);
    },
    release(jobId) {
      database.prepare("update jobs set due_at = 0 where id = ?").run(jobId);
      arm();
    },
    cancel(kind, subject) {
      database.prepare("delete from jobs where kind = ? and subject = ?").run(kind, subject);
    },
    clear() {
      database.prepare("delete from jobs").run();
    },
    start() {
      isStarted = true;
      arm();
    },
    stop() {
      isStarted = false;
      clearTimeout(timer);
    },
  };
}
