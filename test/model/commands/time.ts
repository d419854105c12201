// Time passes, and whatever is planned happens.

import {
  ask,
  askRefund,
  close,
  closeCurrent,
  isOpen,
  type Model,
  type ModelInvoice,
  planClosing,
  type Run,
  tell,
} from "../model.ts";
import type { CrashPoint, World } from "../world.ts";
import { type Command, command } from "./command.ts";
import { hear } from "./messages.ts";

/** Kinds of job, in the order in which a round runs them. */
const ORDER = [
  "notification.apply",
  "payment.poll",
  "payment.capture",
  "payment.release",
  "payment.close",
  "invoice.expire",
  "refund.settle",
  "invoice.send_sms",
  "callback.deliver",
  "callback.retry",
];
const PLACES = 10_000;

/** Everything that is planned now is done once. */
export function tick(crash: CrashPoint | null): Command {
  return command({
    name: "tick",
    crash,
    isPossible: () => true,
    perform: runRound,
    expect: (model, run) => {
      expectRound(model, run);
      return "ok";
    },
  });
}

export async function runRound(model: Model, world: World): Promise<void> {
  await world.sweep();
  const order = model.invoices.flatMap((invoice) => invoice.attempts.map(({ id }) => id));
  const places = new Map(order.map((id, place) => [id, place]));
  await requirePolls(model, world);
  await world.runJobs((name, data) => {
    const kind = ORDER.indexOf(name);
    if (kind < 0) throw new Error(`No round runs ${name}.`);
    return kind * PLACES + (places.get(String(data.paymentId)) ?? 0);
  });
}

/** Nothing that may still move money is without a planned question. */
async function requirePolls(model: Model, { system }: World): Promise<void> {
  const asked = model.invoices
    .flatMap(({ attempts }) => attempts)
    .filter((attempt) => attempt.state === "open")
    .map(({ id }) => id);
  const { rows } = await system.superuser.query<{ id: string }>(
    `select asked.id from unnest($1::text[]) asked (id) where not exists (
       select from pgboss.job where name = 'payment.poll' and state = 'created' and data ->> 'paymentId' = asked.id)`,
    [asked],
  );
  if (rows.length > 0) throw new Error(`Nobody will ask about ${rows.map(({ id }) => id).join(", ")}.`);
}

export function expectRound(model: Model, run: Run): void {
  const closing = model.invoices.flatMap((invoice) =>
    invoice.attempts.filter((attempt) => attempt.isClosing).map((attempt) => ({ invoice, attempt })),
  );
  const refunding = model.invoices.flatMap((invoice) =>
    invoice.attempts.flatMap((attempt) => attempt.refunds.map((refund) => ({ invoice, attempt, refund }))),
  );
  const polled = model.invoices.flatMap((invoice) =>
    invoice.attempts.filter((attempt) => attempt.state === "open").map((attempt) => ({ invoice, attempt })),
  );
  for (const { attempt } of closing) attempt.isClosing = false;
  for (const invoice of model.invoices) for (const attempt of invoice.attempts) hear(run, invoice, attempt);
  for (const { invoice, attempt } of polled) {
    const isDone = run.goesOn(() => {
      if (attempt.state === "open") ask(run, invoice, attempt);
    });
    const isUseless = invoice.state !== "open" || attempt.isSuperseded;
    if (isDone && isOpen(attempt) && isUseless && attempt.method === "card") attempt.isClosing = true;
  }
  for (const { invoice, attempt } of closing) {
    if (!run.goesOn(() => close(run, invoice, attempt))) attempt.isClosing = true;
  }
  for (const invoice of model.invoices) expire(run, invoice);
  for (const { invoice, attempt, refund } of refunding) {
    run.goesOn(() => {
      if (refund.state === "pending") askRefund(run, invoice, attempt, refund);
    });
  }
}

function expire(run: Run, invoice: ModelInvoice): void {
  run.goesOn(() => {
    if (invoice.state !== "open" || !invoice.isOver) return;
    closeCurrent(run, invoice);
    if (invoice.state !== "open") return;
    invoice.state = "expired";
    tell(invoice, "invoice.expired");
    planClosing(invoice);
  });
}
