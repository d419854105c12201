import { afterAll, beforeAll, expect, it } from "vitest";
import type { InvoiceId } from "#lib/domain/ids.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { type HistoryPage, listHistory } from "#lib/services/invoices/history.ts";
import { listTimeline } from "#lib/services/invoices/timeline.ts";
import { recordOpening } from "#lib/services/payers/record-opening.ts";
import { openLink } from "#lib/services/payers/view.ts";
import { applyOutcome } from "#lib/services/payments/apply-outcome.ts";
import { getPayment } from "#lib/services/payments/get.ts";
import { reviewPayment } from "#lib/services/payments/review.ts";
import { settlePayment } from "#lib/services/payments/settle.ts";
import { startPayment } from "#lib/services/payments/start.ts";
import { until } from "../until.ts";
import { freshPhone, invoiceInput, payHosted } from "./helpers.ts";
import { currentPayment, part, refundEnds, refundOf } from "./refund-helpers.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;
let shop: TestMerchant;
let invoiceId: InvoiceId;

beforeAll(async () => {
  system = await openSystem();
  shop = await system.merchant();
  await system.startWorker();
  invoiceId = await live();
}, 120_000);
afterAll(() => system.close());

/** A declined phone bill, a card, a doubt that a person dismissed, money back; and a callback address that is dead. */
async function live(): Promise<InvoiceId> {
  const callbackUrl = await system.deps.callbacks.vet("http://127.0.0.1:9/dead", "test", "/callback_url");
  const { invoice, payUrl } = await createInvoice(
    shop.ctx,
    invoiceInput({ phone: freshPhone("23"), shouldSendSms: true, callbackUrl }),
  );
  await until("the message on the phone", async () => {
    const { rows } = await system.superuser.query("select state from sms_messages");
    return rows[0]?.state === "delivered";
  });
  await recordOpening(await openLink(system.deps, payUrl.slice(-22), "req_1"), false);
  const declined = await startPayment(shop.ctx, { invoiceId: invoice.id, method: "carrier_billing" });
  await until("the decline", async () => (await currentPayment(shop, declined.id)).state === "failed");
  const card = await startPayment(shop.ctx, { invoiceId: invoice.id, method: "card" });
  await payHosted(card.redirectUrl ?? "");
  await settlePayment(shop.system, { paymentId: card.id, isForced: true });
  await applyOutcome(shop.system, card.id, { kind: "contradiction", reason: "other mode" });
  const person = { kind: "user", id: "usr_0000000000000000000001" as never, role: "finance" } as const;
  await reviewPayment(
    { ...shop.ctx, actor: person },
    { paymentId: card.id, decision: "dismiss", settlementReference: null, note: "seen" },
  );
  const refund = await refundOf(shop, (await getPayment(shop.ctx, card.id)).payment, part(100n));
  await refundEnds(shop, refund.id, "succeeded");
  await until(
    "a try of each callback",
    async () => {
      const { rows } = await system.superuser.query(
        "select count(*) as n from deliveries where attempts = 0",
      );
      return rows[0].n === "0";
    },
    60_000,
  );
  return invoice.id;
}

const whole = (isNewestFirst = false) =>
  listHistory(shop.ctx, { invoiceId, isNewestFirst, cursor: null, limit: 100 });

it("the history tells of every event in its order, each with who caused it", async () => {
  const { items } = await whole();
  const events = items.filter((entry) => entry.kind === "event");
  const { rows } = await system.superuser.query(
    "select id, type, actor_kind from events where invoice_id = $1 order by sequence",
    [invoiceId],
  );
  expect(events.map(({ id, type, actorKind }) => ({ id, type, actor_kind: actorKind }))).toEqual(rows);
  const types = events.map(({ type }) => type);
  for (const type of [
    "sms.delivered",
    "invoice.opened",
    "payment.failed",
    "payment.succeeded",
    "payment.needs_review",
    "refund.succeeded",
  ] as const) {
    expect(types).toContain(type);
  }
});

it("it has the steps that no event tells of, every try to call back, and what people did", async () => {
  const { items } = await whole();
  const steps = items.filter((entry) => entry.kind === "step");
  expect(steps.map(({ event }) => event).sort()).toEqual(["claimed", "submitted", "submitted"]);
  const tries = items.filter((entry) => entry.kind === "try");
  const { rows } = await system.superuser.query(
    `select a.id from delivery_attempts a join deliveries d on d.id = a.delivery_id where d.invoice_id = $1`,
    [invoiceId],
  );
  expect(new Set(tries.map(({ id }) => id))).toEqual(new Set(rows.map(({ id }) => id)));
  expect(tries.length).toBeGreaterThan(3);
  expect(tries[0]).toMatchObject({ isDelivered: false, number: 1, url: "http://127.0.0.1:9/dead" });
  expect(items.filter((entry) => entry.kind === "act")).toMatchObject([
    { act: "payment.review.dismiss", actorKind: "user", actorId: "usr_0000000000000000000001" },
  ]);
});

it("every step that was taken is in it, by its event or for itself", async () => {
  const { rows } = await system.superuser.query(
    `select t.machine, t.event from transitions t where t.subject_id = $1 or t.subject_id in (
       select id from payments where invoice_id = $1 union select id from refunds where invoice_id = $1
       union select id from sms_messages where invoice_id = $1)`,
    [invoiceId],
  );
  const told: Record<string, string> = {
    "invoice paid": "invoice.paid",
    "payment failed": "payment.failed",
    "payment succeeded": "payment.succeeded",
    "refund succeeded": "refund.succeeded",
    "sms accepted": "sms.sent",
    "sms delivered": "sms.delivered",
  };
  const { items } = await whole();
  for (const { machine, event } of rows) {
    const isIn = items.some(
      (entry) =>
        (entry.kind === "event" && entry.type === told[`${machine} ${event}`]) ||
        (entry.kind === "step" && entry.machine === machine && entry.event === event),
    );
    expect(isIn, `${machine} ${event}`).toBe(true);
  }
});

it("it is in the order of time, the same from both ends, and no entry is there twice", async () => {
  const { items } = await whole();
  const times = items.map(({ at }) => at.getTime());
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(new Set(items.map(({ id }) => id)).size).toBe(items.length);
  expect((await whole(true)).items).toEqual(items.toReversed());
});

it.each([false, true])("pages hold every entry once (newest first: %s)", async (isNewestFirst) => {
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page: HistoryPage = await listHistory(shop.ctx, { invoiceId, isNewestFirst, cursor, limit: 3 });
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(seen).toEqual((await whole(isNewestFirst)).items.map(({ id }) => id));
});

it("events whose transactions began in another order stay in the order of their sequence", async () => {
  const { invoice } = await createInvoice(shop.ctx, invoiceInput());
  const payment = await startPayment(shop.ctx, { invoiceId: invoice.id, method: "card" });
  await applyOutcome(shop.system, payment.id, {
    kind: "expired",
    railReference: payment.railReference ?? "",
  });
  const client = await system.superuser.connect();
  await client.query("begin; set local session_replication_role = replica");
  await client.query(
    "update events set occurred_at = occurred_at - interval '1 minute' where invoice_id = $1 and sequence = 3",
    [invoice.id],
  );
  const history = { invoiceId: invoice.id, isNewestFirst: false, cursor: null, limit: 100 } as const;
  await client.query("commit");
  const { items } = await listHistory(shop.ctx, history);
  const sequences = items.flatMap((entry) => (entry.kind === "event" ? entry.sequence : []));
  expect(sequences).toEqual([1, 2, 3]);
  await client.query("begin; set local session_replication_role = replica");
  await client.query("delete from events where invoice_id = $1", [invoice.id]);
  await client.query("delete from transitions where subject_id = $1", [payment.id]);
  await client.query("delete from payments where id = $1", [payment.id]);
  await client.query("delete from invoices where id = $1", [invoice.id]);
  await client.query("commit");
  client.release();
});

it("a history of another merchant's is not there, and a cursor of something else is none", async () => {
  const other = await system.merchant();
  const input = { invoiceId, isNewestFirst: false, cursor: null, limit: 10 };
  await expect(listHistory(other.ctx, input)).rejects.toMatchObject({ code: "invoice_not_found" });
  for (const cursor of ["", "x", Buffer.from("1.9.1.evt_x").toString("base64url")]) {
    await expect(listHistory(shop.ctx, { ...input, cursor })).rejects.toMatchObject({
      code: "invalid_request",
      pointer: "?cursor",
    });
  }
  const timeline = await listTimeline(shop.ctx, invoiceId, 0, 100);
  expect(timeline.entries.length).toBe((await whole()).items.filter(({ kind }) => kind === "event").length);
});
