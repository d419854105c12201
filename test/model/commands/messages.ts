// What rails tell us, and what others tell us in their name.

import { until } from "../../until.ts";
import { ask, askRefund, type Model, type ModelAttempt, type ModelInvoice, type Run } from "../model.ts";
import type { RailMessage } from "../rails.ts";
import { deliver, messagesAbout } from "../rails.ts";
import type { CrashPoint, World } from "../world.ts";
import { type Command, command, hasInvoice, pick } from "./command.ts";

const attempts = (model: Model) =>
  model.invoices.flatMap((invoice) => invoice.attempts.map((attempt) => ({ invoice, attempt })));

/** The rail's messages about an attempt arrive, as often as given, in either order, at whatever time it is. */
export function notify(
  index: number,
  copies: number,
  isReversed: boolean,
  crash: CrashPoint | null,
): Command {
  let arrived: readonly (RailMessage & { readonly refundIndex: number })[] = [];
  return command({
    name: `notify(${index}, ${copies} times${isReversed ? ", reversed" : ""})`,
    crash,
    isPossible: (model) => attempts(model).length > 0,
    perform: async (model, world) => {
      const { invoice, attempt } = pick(attempts(model), index);
      const messages = await messagesAbout(world, invoice, attempt);
      arrived = await withRefundIndexes(world, attempt, isReversed ? [...messages].reverse() : messages);
      for (const message of arrived) {
        // Whoever is told 503 sends it again; nothing else may come back.
        await until(`a message about ${attempt.id} to be taken`, async () => {
          const statuses = await deliver(world, attempt, message, copies);
          const odd = statuses.filter((status) => status !== 204 && status !== 503);
          if (odd.length > 0) throw new Error(`A message was answered with ${odd.join(", ")}.`);
          return statuses.includes(204);
        });
      }
      await world.runJobs((name) => (name === "notification.apply" ? 0 : null));
    },
    expect: (model, run) => {
      const { attempt } = pick(attempts(model), index);
      for (const { id, refundIndex } of arrived) {
        if (attempt.heard.has(id)) continue;
        attempt.heard.add(id);
        attempt.unheard.push(refundIndex);
      }
      for (const each of attempts(model)) hear(run, each.invoice, each.attempt);
      // A job that crashes is tried again; the others go on.
      return "ok";
    },
  });
}

/** Messages that are stored are applied, each by asking the rail once. */
export function hear(run: Run, invoice: ModelInvoice, attempt: ModelAttempt): void {
  const stored = attempt.unheard;
  attempt.unheard = [];
  for (const refundIndex of stored) {
    const isDone = run.goesOn(() => {
      const refund = attempt.refunds[refundIndex];
      if (refund === undefined) ask(run, invoice, attempt, attempt.method === "card");
      else askRefund(run, invoice, attempt, refund);
    });
    if (!isDone) attempt.unheard.push(refundIndex);
  }
}

/** Which of the attempt's refunds, in order, each message is about; -1: the payment itself. */
async function withRefundIndexes(world: World, attempt: ModelAttempt, messages: readonly RailMessage[]) {
  const { rows } = await world.system.superuser.query<{ id: string }>(
    "select id from refunds where payment_id = $1 order by created_at, id",
    [attempt.id],
  );
  return messages.map((message) => ({
    ...message,
    refundIndex: rows.findIndex(({ id }) => id === message.refundId),
  }));
}

/** Somebody who is not the rail says that it was paid. */
export function forge(index: number): Command {
  return command({
    name: `forge(${index})`,
    isPossible: hasInvoice,
    perform: async (model, world) => {
      const all = attempts(model);
      const target = all.length === 0 ? null : pick(all, index);
      const { rows } = await world.system.superuser.query<{ id: string }>(
        "select id from rail_accounts where kind = 'card' order by id limit 1",
      );
      const response = await fetch(`${world.system.origin}/api/notifications/stripe?account=${rows[0]?.id}`, {
        method: "POST",
        headers: { "stripe-signature": `t=${Math.floor(Date.now() / 1000)},v1=${"0".repeat(64)}` },
        body: JSON.stringify({
          id: "evt_forged",
          type: "checkout.session.completed",
          data: { object: { client_reference_id: target?.attempt.id, payment_status: "paid" } },
        }),
      });
      await response.arrayBuffer();
      if (response.status !== 400) throw new Error(`A forged message was answered with ${response.status}.`);
    },
    expect: () => "ok",
  });
}
