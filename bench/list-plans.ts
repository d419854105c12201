// How the database carries out each filter of the lists of invoices and payments, as the web process's role sees
// them: time, rows read, the index, and a failure where a table is read from end to end.
//
//   DATABASE_URL=postgres://superuser@host/database node bench/list-plans.ts [invoices, 1000000 unless told]
//
// Seeds a merchant of its own into a migrated database (never one that is in use), and leaves it there: a second run
// with the same number finds it. Needs a superuser, who writes past the triggers.

import pg from "pg";
import { planInvoices } from "../db/queries/lists/invoices.ts";
import { type ListPlan, type Place, statementOf } from "../db/queries/lists/keyset.ts";
import { planPayments } from "../db/queries/lists/payments.ts";
import { parseCurrency } from "../lib/domain/currency.ts";
import type { MerchantId } from "../lib/domain/ids.ts";
import type { Tenant } from "../lib/domain/tenant.ts";
import { seed } from "./list-seed.ts";

const LIMIT = 50;
const TARGET_MS = 50;
const ROUNDS = 3;
const NOK = parseCurrency("NOK");
const HOUR_MS = 3_600_000;

const count = Number(process.argv[2] ?? 1_000_000);
const merchantId = `mer_bench${String(count).padStart(17, "0")}` as MerchantId;
const tenant: Tenant = { merchantId, mode: "test" };

interface Case {
  readonly name: string;
  readonly plan: () => ListPlan;
  readonly after?: Place;
}

async function main(): Promise<void> {
  const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
  await client.connect();
  await seed(client, tenant, count);
  await client.query("begin");
  await client.query("set local role billtext_web");
  await client.query("select set_config('app.merchant_id', $1, true), set_config('app.mode', $2, true)", [
    tenant.merchantId,
    tenant.mode,
  ]);
  let failures = 0;
  console.log(
    `${"filter".padEnd(46)}${"ms".padStart(8)}${"rows".padStart(7)}${"blocks".padStart(9)}  read by`,
  );
  for (const one of await listCases(client)) {
    const found = await explain(client, one);
    const isBad = found.hasSeqScan || found.ms > TARGET_MS;
    if (isBad) failures += 1;
    console.log(
      `${one.name.padEnd(46)}${found.ms.toFixed(1).padStart(8)}${String(found.rows).padStart(7)}${String(found.blocks).padStart(9)}  ${[...found.indexes].join(", ")}${isBad ? "  <-- " : ""}${found.hasSeqScan ? "SEQUENTIAL SCAN" : ""}`,
    );
  }
  await client.end();
  console.log(failures === 0 ? "All within their bounds." : `${failures} out of bounds.`);
  process.exitCode = failures === 0 ? 0 : 1;
}

async function listCases(client: pg.Client): Promise<Case[]> {
  const { rows } = await client.query(
    `select encode(phone_hash, 'hex') as phone, merchant_reference as reference, created_at, id from invoices
     where merchant_id = $1 and mode = $2 order by created_at desc offset $3 limit 1`,
    [tenant.merchantId, tenant.mode, Math.floor(count / 2)],
  );
  const middle = rows[0];
  const hash = Buffer.from(middle.phone, "hex");
  const day = { from: middle.created_at, to: new Date(middle.created_at.getTime() + 24 * HOUR_MS) };
  const deep = { key: null, createdAt: middle.created_at, id: middle.id };
  const invoices = (
    name: string,
    filter: Parameters<typeof planInvoices>[1],
    sort: Parameters<typeof planInvoices>[2] = "created_at",
    after?: Place,
  ): Case => ({
    name: `invoices: ${name}`,
    plan: () => planInvoices(tenant, filter, sort, sort !== "reference"),
    ...(after === undefined ? {} : { after }),
  });
  const payments = (
    name: string,
    filter: Parameters<typeof planPayments>[1],
    sort: Parameters<typeof planPayments>[2] = "created_at",
    after?: Place,
  ): Case => ({
    name: `payments: ${name}`,
    plan: () => planPayments(tenant, filter, sort, true),
    ...(after === undefined ? {} : { after }),
  });
  const backwards: Case = {
    name: "invoices: a page in the middle, backwards",
    plan: () => planInvoices(tenant, {}, "created_at", false),
    after: deep,
  };
  return [
    invoices("newest", {}),
    invoices("a page in the middle", {}, "created_at", deep),
    backwards,
    invoices("state open", { states: ["open"] }),
    invoices("states cancelled, expired", { states: ["cancelled", "expired"] }),
    invoices("states, a page in the middle", { states: ["open", "expired"] }, "created_at", deep),
    invoices("created on a day", { created: day }),
    invoices("due on a day", { due: day }, "due_at"),
    invoices("paid on a day", { paid: day }, "paid_at"),
    invoices("amount", { currency: NOK, amount: { fromMinor: 24_900n, toMinor: 24_900n } }, "amount"),
    invoices("amounts from, to", { currency: NOK, amount: { fromMinor: 1_000n, toMinor: 2_000n } }, "amount"),
    invoices("amount, a page among equals", { currency: NOK }, "amount", { ...deep, key: 24_900n }),
    invoices("phone", { phoneHashes: [hash] }),
    invoices("last four", { phoneLast4: "1234" }),
    invoices("last four, by amount", { phoneLast4: "1234", currency: NOK }, "amount"),
    invoices("reference", { merchantReference: middle.reference }),
    invoices("beginning of a reference, rare", { referencePrefix: "order-1234" }, "reference"),
    invoices("beginning of a reference, all", { referencePrefix: "o" }, "reference"),
    invoices("metadata, rare", { metadata: { key: "customer", value: "c1234" } }),
    invoices("metadata, half of all", { metadata: { key: "channel", value: "web" } }),
    invoices("needs attention, any", { attention: "any" }),
    invoices("needs attention: callback", { attention: "callback" }),
    invoices("method", { method: "card" }),
    invoices("method that nobody used", { method: "mobile_money" }),
    invoices("state and amount", { states: ["open"], currency: NOK, amount: { fromMinor: 90_000n } }),
    invoices("last four and state", { phoneLast4: "1234", states: ["paid"] }),
    payments("newest", {}),
    payments("a page in the middle", {}, "created_at", deep),
    payments("state", { states: ["failed"] }),
    payments("states", { states: ["failed", "expired"] }),
    payments("method", { method: "card" }),
    payments("method that nobody used", { method: "mobile_money" }),
    payments("method and state", { method: "card", states: ["failed"] }),
    payments("completed on a day", { completed: day }, "completed_at"),
    payments("amount", { currency: NOK, amount: { fromMinor: 24_900n, toMinor: 24_900n } }, "amount"),
    payments("rail reference", { railReference: "rail-1234" }),
    payments("settlement reference", { railReference: "settled-1234" }),
    payments("needs review", { needsReview: true }),
    payments("surplus", { disposition: "surplus" }),
  ];
}

interface Found {
  readonly ms: number;
  readonly rows: number;
  readonly blocks: number;
  readonly indexes: ReadonlySet<string>;
  readonly hasSeqScan: boolean;
}

interface PlanNode {
  readonly "Node Type": string;
  readonly "Index Name"?: string;
  readonly "Actual Rows": number;
  readonly "Rows Removed by Filter"?: number;
  readonly "Shared Hit Blocks": number;
  readonly "Shared Read Blocks": number;
  readonly Plans?: readonly PlanNode[];
}

/** A table of so few rows is rightly read from end to end. */
const FEW_ROWS = 5_000;

/** The median of a few runs, the first of which warms the cache. */
async function explain(client: pg.Client, { plan, after }: Case): Promise<Found> {
  const { text, values } = statementOf(tenant, plan(), after ?? null, LIMIT);
  if (process.env.SHOW_PLANS === "1") {
    const shown = await client.query(`explain (analyze, buffers) ${text}`, [...values]);
    console.log(shown.rows.map((row) => row["QUERY PLAN"]).join("\n"));
  }
  const runs: {
    readonly Plan: PlanNode;
    readonly "Execution Time": number;
    readonly "Planning Time": number;
  }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const { rows } = await client.query(`explain (analyze, buffers, format json) ${text}`, [...values]);
    runs.push(rows[0]["QUERY PLAN"][0]);
  }
  const spent = (run: (typeof runs)[number]) => run["Execution Time"] + run["Planning Time"];
  runs.sort((a, b) => spent(a) - spent(b));
  const run = runs[Math.floor(runs.length / 2)];
  if (run === undefined) throw new Error("Nothing was run.");
  const nodes = flatten(run.Plan);
  return {
    ms: spent(run),
    rows: run.Plan["Actual Rows"],
    blocks: run.Plan["Shared Hit Blocks"] + run.Plan["Shared Read Blocks"],
    indexes: new Set(nodes.flatMap((node) => node["Index Name"] ?? [])),
    hasSeqScan: nodes.some(
      (node) =>
        node["Node Type"] === "Seq Scan" &&
        node["Actual Rows"] + (node["Rows Removed by Filter"] ?? 0) > FEW_ROWS,
    ),
  };
}

function flatten(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(flatten)];
}

await main();
