// Processes that are told to die at a named point, and what is left behind when they have.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { expect } from "vitest";
import { dataPaths } from "../../scripts/stack/paths.ts";
import type { TestStack } from "../../scripts/test/with-stack.ts";
import { until } from "../until.ts";
import { call, serviceOf } from "./helpers.ts";

export interface Armed {
  /**
   * Waits until the next of the armed processes has died by SIGKILL at this point and at no other, and until the
   * service is there again.
   */
  killedAt(point: string): Promise<void>;
  /** Waits until a point was reached by a process that lives on. */
  passed(point: string): Promise<void>;
}

/**
 * Starts a service again with failpoints: one setting for each of the next processes, and none for those after
 * them. A process that dies is started again as always.
 */
export async function arm(
  stack: TestStack,
  name: "web" | "worker",
  ...settings: readonly string[]
): Promise<Armed> {
  const service = serviceOf(stack, name);
  await service.restart(...settings.map((setting) => ({ BILLTEXT_FAILPOINTS: setting })));
  const deathsBefore = service.deaths().length;
  const hitsBefore = hitsOf(stack, name).length;
  const pids = [service.pid()];
  let seen = 0;
  const nextHit = async (point: string, action: RegExp) => {
    const hit = await until(
      `${name} at ${point}`,
      async () => hitsOf(stack, name)[hitsBefore + seen],
      30_000,
    );
    seen += 1;
    const pid = pids.at(-1);
    expect(hit).toMatchObject({ failpoint: point, action: expect.stringMatching(action), pid });
  };
  return {
    async killedAt(point) {
      await nextHit(point, /^kill$/);
      const number = deathsBefore + pids.length - 1;
      const death = await until(`the end of ${name}`, async () => service.deaths()[number]);
      expect(death).toEqual({ pid: pids.at(-1), code: null, signal: "SIGKILL" });
      await until(`${name} again`, async () => service.pid() !== pids.at(-1));
      pids.push(service.pid());
      if (name === "web") await webIsUp(stack);
    },
    async passed(point) {
      await nextHit(point, /^(?!kill$)/);
      expect(service.pid()).toBe(pids.at(-1));
    },
  };
}

/** Lets `work` run while the worker stands still, so that nothing but the web process can move. */
export async function withoutWorker<T>(stack: TestStack, work: () => Promise<T>): Promise<T> {
  const pid = serviceOf(stack, "worker").pid();
  process.kill(pid, "SIGSTOP");
  try {
    return await work();
  } finally {
    process.kill(pid, "SIGCONT");
  }
}

async function webIsUp(stack: TestStack): Promise<void> {
  await until("the API", async () => (await call(stack, "/me")).status === 200, 20_000);
}

interface Hit {
  readonly failpoint: string;
  readonly action: string;
  readonly pid: number;
}

/** What the processes of a service have said of failpoints, the first one first. */
function hitsOf(stack: TestStack, name: string): Hit[] {
  return readFileSync(join(dataPaths(stack.dir).logs, `${name}.log`), "utf8")
    .split("\n")
    .filter((line) => line.includes('"failpoint.reached"') && line.endsWith("}"))
    .map((line) => JSON.parse(line) as Hit);
}

/** Asks the database itself, past every door and every tenant. */
export async function look(
  stack: TestStack,
  sql: string,
  ...values: readonly unknown[]
): Promise<Record<string, unknown>[]> {
  const connectionString = Object.assign(new URL(stack.postgres()?.url ?? ""), {
    pathname: "/billtext",
  }).href;
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query(sql, [...values])).rows;
  } finally {
    await client.end();
  }
}

/** The invoice as the API shows it with everything about it. */
export async function invoiceOf(stack: TestStack, id: unknown) {
  const { json } = await call(stack, `/invoices/${String(id)}`);
  return json as unknown as {
    readonly state: string;
    readonly amount_paid: number;
    readonly payments: readonly PaymentView[];
    readonly messages: readonly { readonly state: string; readonly provider_id: string | null }[];
  };
}

export interface PaymentView {
  readonly id: string;
  readonly state: string;
  readonly rail_reference: string | null;
  readonly unknown_since: string | null;
}

/** Waits until the invoice is paid, then: one payment took the money, told once and booked once, in balance. */
export async function expectSettledOnce(stack: TestStack, id: unknown): Promise<void> {
  const paid = await until(
    "the invoice to be paid",
    async () => {
      const invoice = await invoiceOf(stack, id);
      return invoice.state === "paid" && invoice;
    },
    40_000,
  );
  expect(paid.amount_paid).toBe(24_900);
  expect(paid.payments.map((payment) => payment.state)).toEqual(["succeeded"]);
  const { json } = await call(stack, `/invoices/${String(id)}/events`);
  const types = (json.data as { type: string }[]).map((event) => event.type);
  expect(types.filter((type) => /^(payment\.succeeded|payment\.surplus|invoice\.paid)$/.test(type))).toEqual([
    "payment.succeeded",
    "invoice.paid",
  ]);
  const booked = await look(
    stack,
    `select min(t.kind) as kind, sum(e.amount_minor)::int as sum, count(*)::int > 1 as is_double
     from ledger_transactions t join ledger_entries e on e.transaction_id = t.id
     where t.payment_id = $1 group by t.id`,
    paid.payments[0]?.id,
  );
  // What the rail keeps for its work may be booked later.
  const [accepted, ...costs] = booked.sort((one) => (one.kind === "payment_accepted" ? -1 : 1));
  expect(accepted).toEqual({ kind: "payment_accepted", sum: 0, is_double: true });
  expect(costs.length).toBeLessThanOrEqual(1);
  for (const cost of costs) expect(cost).toEqual({ kind: "rail_cost", sum: 0, is_double: true });
}

let lastNumber = 0;

/** An ordinary subscriber's number that no other test uses. */
export function freshPhone(): string {
  lastNumber += 1;
  return `+4745${String(lastNumber).padStart(4, "0")}40`;
}
