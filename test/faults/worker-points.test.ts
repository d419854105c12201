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

/** The job about this object, when a worker has closed it. */
async function closedJob(name: string, key: string, table: string, invoiceId: string) {
  return await until(
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

describe("a worker killed", () => {
  it("at K4 or K15 leaves the message and the callback to the next, which sends each once within half a minute", async () => {
    const receiver = await listen();
    const worker = await arm(stack, "worker", "K4=kill", "K15=kill");
    const sent = await sendInvoice();
    await worker.killedAt("K4");
    expect(await messagesOn(stack, sent.phone)).toEqual([]);
    const id = await invoiceCalledBackAt(receiver.url);
    await call(stack, `/invoices/${id}/cancel`, {});
    await worker.killedAt("K15");
    expect(receiver.received).toEqual([]);
    await expectOneSms(sent);
    const delivery = await delivered(id);
    expect(receiver.received).toMatchObject([{ id: delivery.event_id, type: "invoice.cancelled" }]);
    expect(delivery).toMatchObject({ attempts: 1, rows: 1 });
    await receiver.close();
  });

  it("at K5 sends nothing twice: the provider's report is adopted, or the message is looked for and found", async () => {
    const worker = await arm(stack, "worker", "K5=kill", "K5=kill");
    const reported = await sendInvoice();
    await worker.killedAt("K5");
    await addFault(stack, { service: "twilio", fault: "never_notify" });
    const silent = await sendInvoice();
    await worker.killedAt("K5");
    const [unseen, ...others] = await messagesOn(stack, silent.phone);
    expect(others).toEqual([]);
    expect(await smsOf(silent.id)).toMatchObject({ state: "sending", provider_id: null });
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
    await closedJob("invoice.send_sms", "smsId", "sms_messages", silent.id);
    expect(await messagesOn(stack, silent.phone)).toHaveLength(1);
  });

  it("at K6 or K17 has done its work: the job is closed without doing it again", async () => {
    const receiver = await listen();
    const worker = await arm(stack, "worker", "K6=kill", "K17=kill");
    const sent = await sendInvoice();
    await worker.killedAt("K6");
    const id = await invoiceCalledBackAt(receiver.url);
    await call(stack, `/invoices/${id}/cancel`, {});
    await worker.killedAt("K17");
    const stored = await deliveryOf(id);
    expect(stored).toMatchObject({ state: "delivered", attempts: 1, rows: 1 });
    expect(await closedJob("invoice.send_sms", "smsId", "sms_messages", sent.id)).toMatchObject({
      retry_count: 1,
    });
    expect(await closedJob("callback.deliver", "deliveryId", "deliveries", id)).toMatchObject({
      retry_count: 1,
    });
    await expectOneSms(sent);
    expect(await deliveryOf(id)).toEqual(stored);
    expect(receiver.received).toHaveLength(1);
    await receiver.close();
  });

  it("at K16, twice, calls back again each time: the same event, and one try that is stored", async () => {
    const receiver = await listen();
    const worker = await arm(stack, "worker", "K16=kill", "K16=kill");
    const id = await invoiceCalledBackAt(receiver.url);
    await call(stack, `/invoices/${id}/cancel`, {});
    await worker.killedAt("K16");
    expect(receiver.received).toHaveLength(1);
    expect(await deliveryOf(id)).toMatchObject({ state: "pending", attempts: 0, rows: 0 });
    await worker.killedAt("K16");
    expect(receiver.received).toHaveLength(2);
    const delivery = await delivered(id);
    expect(delivery).toMatchObject({ attempts: 1, rows: 1 });
    expect(receiver.received.map((event) => event.id)).toEqual(Array(3).fill(delivery.event_id));
    await receiver.close();
  });

  it("at K13, twice, has settled nothing; the rail is asked again, and it is settled once", async () => {
    const { json } = await call(stack, "/invoices", { ...smallest(freshPhone()), send_sms: false });
    const payUrl = String(json.pay_url);
    const worker = await arm(stack, "worker", "K13=kill", "K13=kill");
    const hosted = await choose(await open(payUrl), payUrl, "card");
    await payHosted(String(hosted.location));
    for (const _try of ["first", "second"]) {
      await worker.killedAt("K13");
      const [payment] = (await invoiceOf(stack, json.id)).payments;
      expect(payment).toMatchObject({ state: "pending" });
      expect(
        await look(stack, "select id from ledger_transactions where payment_id = $1", payment?.id),
      ).toEqual([]);
    }
    await expectSettledOnce(stack, json.id);
  });
});
