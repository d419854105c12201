import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startTestStack, type TestStack } from "../../scripts/test/with-stack.ts";
import { until } from "../until.ts";
import { arm, expectSettledOnce, freshPhone, invoiceOf, look } from "./failpoints.ts";
import { addFault, call, clearFaults, messagesOn, smallest } from "./helpers.ts";
import { choose, open, payHosted } from "./payer.ts";

/** A worker's work is in another's hands by then. */
const TAKEN_OVER_MS = 30_000;

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.stop());
afterEach(() => clearFaults(stack));

async function sendInvoice() {
  const phone = freshPhone();
  const { json } = await call(stack, "/invoices", smallest(phone));
  return { id: String(json.id), phone };
}

const smsOf = async (id: string) => (await invoiceOf(stack, id)).messages[0];

async function expectOneSms({ id, phone }: { readonly id: string; readonly phone: string }) {
  await until("the message's delivery", async () => (await smsOf(id))?.state === "delivered", TAKEN_OVER_MS);
  const messages = await messagesOn(stack, phone);
  expect(messages.map((message) => message.sid)).toEqual([(await smsOf(id))?.provider_id]);
}

/** Waits until a later worker has closed the job about what belongs to this invoice. */
async function expectClosedLater(name: string, key: string, table: string, invoiceId: string) {
  const closed = await until(
    `the end of ${name}`,
    async () => {
      const [job] = await look(
        stack,
        `select state, retry_count from pgboss.job where name = $1 and data->>$2 in (select id from ${table} where invoice_id = $3)`,
        name,
        key,
        invoiceId,
      );
      return job?.state === "completed" && job;
    },
    TAKEN_OVER_MS,
  );
  expect(closed.retry_count).toBeGreaterThan(0);
}

interface Received {
  readonly id: string;
  readonly type: string;
}

/** A merchant's receiver; what it accepted, verified, in the order it came. */
async function listen() {
  const received: Received[] = [];
  const verifier = new Webhook(stack.demo?.callback_secret ?? "");
  const server = createServer(async (request, response) => {
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    received.push(verifier.verify(await text(request), headers) as Received);
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

async function invoiceCalledBackAt(callbackUrl: string): Promise<string> {
  const { json } = await call(stack, "/invoices", {
    ...smallest(freshPhone()),
    send_sms: false,
    callback_url: callbackUrl,
  });
  return String(json.id);
}

/** What an invoice's one delivery has come to. */
const deliveryOf = async (invoiceId: string) => {
  const [delivery] = await look(
    stack,
    `select d.state, d.attempts, d.event_id, (select count(*)::int from delivery_attempts a where a.delivery_id = d.id) as rows
     from deliveries d where d.invoice_id = $1`,
    invoiceId,
  );
  return delivery;
};

const delivered = (invoiceId: string) =>
  until(
    "the delivery",
    async () => {
      const delivery = await deliveryOf(invoiceId);
      return delivery?.state === "delivered" && delivery;
    },
    TAKEN_OVER_MS,
  );

// Recovery takes as long as a lease; points whose work does not touch are killed at one after another and wait for
// it together.
describe("a worker killed", () => {
  it("at K4, K15 or K17 leaves to the next what is not done, within half a minute, and nothing that is", async () => {
    const receiver = await listen();
    const worker = await arm(stack, "worker", "K4=kill", "K15=kill", "K17=kill");
    const sent = await sendInvoice();
    await worker.killedAt("K4");
    expect(await messagesOn(stack, sent.phone)).toEqual([]);
    const uncalled = await invoiceCalledBackAt(receiver.url);
    await call(stack, `/invoices/${uncalled}/cancel`, {});
    await worker.killedAt("K15");
    expect(receiver.received).toEqual([]);
    const called = await invoiceCalledBackAt(receiver.url);
    await call(stack, `/invoices/${called}/cancel`, {});
    await worker.killedAt("K17");
    const stored = await deliveryOf(called);
    expect(stored).toMatchObject({ state: "delivered", attempts: 1, rows: 1 });

    await expectOneSms(sent);
    const delivery = await delivered(uncalled);
    expect(delivery).toMatchObject({ attempts: 1, rows: 1 });
    await expectClosedLater("callback.deliver", "deliveryId", "deliveries", called);
    expect(await deliveryOf(called)).toEqual(stored);
    expect(receiver.received).toMatchObject([
      { id: stored?.event_id, type: "invoice.cancelled" },
      { id: delivery.event_id, type: "invoice.cancelled" },
    ]);
    await receiver.close();
  });

  it("at K5 or K6 sends no SMS twice: it is reported, looked for and found, or known already", async () => {
    const worker = await arm(stack, "worker", "K5=kill", "K5=kill", "K6=kill");
    const reported = await sendInvoice();
    await worker.killedAt("K5");
    await addFault(stack, { service: "twilio", fault: "never_notify" });
    const silent = await sendInvoice();
    await worker.killedAt("K5");
    const [unseen] = await messagesOn(stack, silent.phone);
    expect(await smsOf(silent.id)).toMatchObject({ state: "sending", provider_id: null });
    const known = await sendInvoice();
    await worker.killedAt("K6");
    const stored = await smsOf(known.id);
    expect(stored).toMatchObject({ state: "sent", provider_id: expect.any(String) });

    await expectOneSms(reported);
    const found = await until(
      "the message to be found",
      async () => {
        const sms = await smsOf(silent.id);
        return sms?.state === "sent" && sms;
      },
      TAKEN_OVER_MS,
    );
    expect(found.provider_id).toBe(unseen?.sid);
    for (const { id, phone } of [silent, known]) {
      await expectClosedLater("invoice.send_sms", "smsId", "sms_messages", id);
      expect(await messagesOn(stack, phone)).toHaveLength(1);
    }
    expect(await smsOf(known.id)).toEqual(stored);
  });

  it("at K13 has settled nothing, at K16, twice, stored nothing: both are done again, with one effect", async () => {
    const receiver = await listen();
    const { json } = await call(stack, "/invoices", { ...smallest(freshPhone()), send_sms: false });
    const payUrl = String(json.pay_url);
    const worker = await arm(stack, "worker", "K13=kill", "K16=kill", "K16=kill");
    const hosted = await choose(await open(payUrl), payUrl, "card");
    await payHosted(String(hosted.location));
    await worker.killedAt("K13");
    const [payment] = (await invoiceOf(stack, json.id)).payments;
    expect(payment).toMatchObject({ state: "pending" });
    expect(
      await look(stack, "select id from ledger_transactions where payment_id = $1", payment?.id),
    ).toEqual([]);
    const id = await invoiceCalledBackAt(receiver.url);
    await call(stack, `/invoices/${id}/cancel`, {});
    for (const tries of [1, 2]) {
      await worker.killedAt("K16");
      expect(receiver.received).toHaveLength(tries);
      expect(await deliveryOf(id)).toMatchObject({ state: "pending", attempts: 0, rows: 0 });
    }
    const delivery = await delivered(id);
    expect(delivery).toMatchObject({ attempts: 1, rows: 1 });
    expect(receiver.received.map((event) => event.id)).toEqual(Array(3).fill(delivery.event_id));
    await expectSettledOnce(stack, json.id);
    await receiver.close();
  });
});
