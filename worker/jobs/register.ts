// Which handler runs which job.

import type { JobDataOf, JobName } from "#lib/domain/jobs.ts";
import { contextFor, type ServiceContext, type ServiceDeps } from "#lib/services/context.ts";
import { deliver, retry } from "./callback-deliver.ts";
import { check } from "./import-check.ts";
import { run } from "./import-run.ts";
import { expire } from "./invoice-expire.ts";
import { send } from "./invoice-send-sms.ts";
import { apply } from "./notification-apply.ts";
import { capture } from "./payment-capture.ts";
import { close } from "./payment-close.ts";
import { poll } from "./payment-poll.ts";

import { release } from "./payment-release.ts";

import { settle } from "./refund-settle.ts";

export type JobHandler<N extends JobName> = (ctx: ServiceContext, data: JobDataOf<N>) => Promise<void>;

const HANDLERS: { readonly [N in JobName]: JobHandler<N> } = {
  "invoice.send_sms": send,
  "invoice.expire": expire,
  "payment.close": close,
  "payment.capture": capture,
  "payment.release": release,
  "payment.poll": poll,
  "refund.settle": settle,
  "notification.apply": apply,
  "callback.deliver": deliver,
  "callback.retry": retry,
  "import.check": check,
  "import.run": run,
};

/** Starts claiming every kind of job. Each runs as its tenant, with the system as the actor. */
export async function registerJobs(deps: ServiceDeps): Promise<void> {
  for (const name of Object.keys(HANDLERS) as JobName[]) await register(deps, name);
}

async function register<N extends JobName>(deps: ServiceDeps, name: N): Promise<void> {
  await deps.queue.work(name, (data) => runJob(deps, name, data));
}

/** Runs one job as its tenant. */
export async function runJob<N extends JobName>(
  deps: ServiceDeps,
  name: N,
  data: JobDataOf<N>,
): Promise<void> {
  const handle: JobHandler<N> = HANDLERS[name];
  const correlationId = `job_${deps.vault.random(22)}`;
  await handle(contextFor(deps, data, { kind: "system", id: name }, correlationId), data);
}
