import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startTestStack, type TestStack } from "../../scripts/test/with-stack.ts";
import { answerPrompt } from "../database/helpers.ts";
import { until } from "../until.ts";
import {
  arm,
  expectSettledOnce,
  freshPhone,
  invoiceOf,
  look,
  type PaymentView,
  withoutWorker,
} from "./failpoints.ts";
import { addFault, call, clearFaults, messagesOn, smallest } from "./helpers.ts";
import {
  askStripe,
  choose,
  hurryNews,
  open,
  payHosted,
  requestsTo,
  type Session,
  sessionsOf,
} from "./payer.ts";

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.stop());
afterEach(() => clearFaults(stack));

const invoicesFor = async (phone: string) =>
  (await call(stack, `/invoices?phone=${encodeURIComponent(phone)}`)).json.data as { id: string }[];

async function makeInvoice() {
  const phone = freshPhone();
  const { json } = await call(stack, "/invoices", { ...smallest(phone), send_sms: false });
  return { id: String(json.id), payUrl: String(json.pay_url), phone };
}

async function onlyPayment(invoiceId: string): Promise<PaymentView> {
  const { payments } = await invoiceOf(stack, invoiceId);
  expect(payments).toHaveLength(1);
  return payments[0] as PaymentView;
}

async function onlySession(paymentId: string): Promise<Session & { readonly url: string }> {
  const sessions = await sessionsOf(stack, paymentId);
  expect(sessions).toMatchObject([{ status: "open", url: expect.any(String) }]);
  return sessions[0] as Session & { readonly url: string };
}

describe("the web process killed while it makes an invoice", () => {
  it.each(["K1", "K2"])(
    "at %s leaves nothing behind, twice, and the same key then makes one invoice with one SMS",
    async (point) => {
      const phone = freshPhone();
      const key = `killed-at-${point}`;
      const web = await arm(stack, "web", `${point}=kill`, `${point}=kill`);
      for (const _try of ["first", "second"]) {
        expect((await call(stack, "/invoices", smallest(phone), key)).status).toBe(0);
        await web.killedAt(point);
        expect(await invoicesFor(phone)).toEqual([]);
        expect(await look(stack, "select key from idempotency_keys where key = $1", key)).toEqual([]);
      }
      const made = await call(stack, "/invoices", smallest(phone), key);
      expect(made).toMatchObject({ status: 201, isReplay: false });
      expect((await invoicesFor(phone)).map((invoice) => invoice.id)).toEqual([made.json.id]);
      await until("the SMS", async () => (await invoiceOf(stack, made.json.id)).messages[0]?.provider_id);
      expect(await messagesOn(stack, phone)).toHaveLength(1);
    },
  );

  it("at K3, twice, has made it: the same key gives the same invoice as a replay, with one SMS", async () => {
    const phone = freshPhone();
    const key = "killed-at-K3";
    const web = await arm(stack, "web", "K3=kill", "K3=kill");
    expect((await call(stack, "/invoices", smallest(phone), key)).status).toBe(0);
    await web.killedAt("K3");
    const [stored, ...others] = await invoicesFor(phone);
    expect(others).toEqual([]);
    expect((await call(stack, "/invoices", smallest(phone), key)).status).toBe(0);
    await web.killedAt("K3");
    const repeated = await call(stack, "/invoices", smallest(phone), key);
    expect(repeated).toMatchObject({ status: 201, isReplay: true, json: { id: stored?.id } });
    expect(await invoicesFor(phone)).toHaveLength(1);
    await until("the SMS", async () => (await invoiceOf(stack, stored?.id)).messages[0]?.provider_id);
    expect(await messagesOn(stack, phone)).toHaveLength(1);
  });

  it("or only its answer lost there, gives the same invoice to the same key", async () => {
    const phone = freshPhone();
    const web = await arm(stack, "web", "K3=drop@1");
    expect((await call(stack, "/invoices", smallest(phone), "lost-at-K3")).status).toBe(0);
    await web.passed("K3");
    const [stored] = await invoicesFor(phone);
    const repeated = await call(stack, "/invoices", smallest(phone), "lost-at-K3");
    expect(repeated).toMatchObject({ status: 201, isReplay: true, json: { id: stored?.id } });
  });
});

describe("the web process killed while a payer begins to pay by card", () => {
  it.each([
    ["K7", 0],
    ["K8", 1],
  ])("at %s goes on with the same attempt, key and session when the payer reloads", async (point, made) => {
    const { id, payUrl } = await makeInvoice();
    const web = await arm(stack, "web", `${point}=kill`);
    const landing = await open(payUrl);
    const { attempt, session } = await withoutWorker(stack, async () => {
      expect((await choose(landing, payUrl, "card")).status).toBe(0);
      await web.killedAt(point);
      const attempt = await onlyPayment(id);
      expect(attempt).toMatchObject({ state: "pending", rail_reference: null });
      expect(await sessionsOf(stack, attempt.id)).toHaveLength(made);
      // The reload sends the form once more.
      const reloaded = await choose(landing, payUrl, "card");
      expect(reloaded).toMatchObject({ status: 303, location: `${payUrl}/waiting` });
      expect((await open(`${payUrl}/waiting`)).html).toContain("Go on with your card payment");
      const session = await onlySession(attempt.id);
      expect(await onlyPayment(id)).toMatchObject({ id: attempt.id, rail_reference: session.id });
      return { attempt, session };
    });
    const keys = (await requestsTo(stack, "stripe"))
      .filter(({ method, path }) => method === "POST" && path === "/v1/checkout/sessions")
      .map((request) => request.idempotency_key)
      .filter((key) => key?.startsWith(attempt.id));
    expect(new Set(keys)).toEqual(new Set([`${attempt.id}:begin`]));
    expect((await choose(landing, payUrl, "card")).location).toBe(session.url);
    await open(await payHosted(session.url));
    await expectSettledOnce(stack, id);
  });

  it("at K9 offers to go on with the same session", async () => {
    const { id, payUrl } = await makeInvoice();
    const web = await arm(stack, "web", "K9=kill");
    const landing = await open(payUrl);
    expect((await choose(landing, payUrl, "card")).status).toBe(0);
    await web.killedAt("K9");
    const { id: paymentId } = await onlyPayment(id);
    const session = await onlySession(paymentId);
    const again = await open(payUrl);
    expect(again.html).toContain("Go on with your card payment");
    expect(await choose(again, payUrl, "card")).toMatchObject({ status: 303, location: session.url });
    expect(await sessionsOf(stack, paymentId)).toHaveLength(1);
    await open(await payHosted(session.url));
    await expectSettledOnce(stack, id);
  });
});

describe("the web process killed while a phone bill is charged", () => {
  const chargesOf = async (paymentId: string) =>
    (await requestsTo(stack, "carrier")).filter(
      ({ method, path, correlator }) =>
        method === "POST" && path.endsWith("/payments") && correlator === paymentId,
    );
  const questionsAbout = async (paymentId: string) =>
    (await requestsTo(stack, "carrier")).filter(
      ({ method, correlator }) => method === "GET" && correlator === paymentId,
    );

  it("at K10 leaves it in doubt: the page says so, the operator is asked, and nothing is charged", async () => {
    const { id, payUrl } = await makeInvoice();
    const web = await arm(stack, "web", "K10=kill");
    const landing = await open(payUrl);
    expect((await choose(landing, payUrl, "carrier_billing")).status).toBe(0);
    await web.killedAt("K10");
    const attempt = await onlyPayment(id);
    await until("the operator to be asked", async () => (await questionsAbout(attempt.id)).length > 0);
    const unknown = await until("the doubt", async () => {
      const payment = await onlyPayment(id);
      return payment.unknown_since !== null && payment;
    });
    expect(unknown).toMatchObject({ id: attempt.id, state: "pending" });
    expect((await open(payUrl)).html).toContain("We are checking your payment");
    await choose(landing, payUrl, "carrier_billing");
    expect((await open(payUrl)).html).toContain("We are checking your payment");
    expect((await onlyPayment(id)).id).toBe(attempt.id);
    expect(await chargesOf(attempt.id)).toEqual([]);
  });

  it("at K11 finds the operator's charge by its key, and charges once", async () => {
    const { id, payUrl, phone } = await makeInvoice();
    const web = await arm(stack, "web", "K11=kill");
    const landing = await open(payUrl);
    const attempt = await withoutWorker(stack, async () => {
      expect((await choose(landing, payUrl, "carrier_billing")).status).toBe(0);
      await web.killedAt("K11");
      const attempt = await onlyPayment(id);
      expect(attempt).toMatchObject({ state: "pending", rail_reference: null });
      await choose(landing, payUrl, "carrier_billing");
      expect((await open(payUrl)).html).toContain("Approve it on your phone");
      expect((await onlyPayment(id)).rail_reference).not.toBeNull();
      return attempt;
    });
    await answerPrompt(stack.sandboxUrl ?? "", phone, "approve");
    await expectSettledOnce(stack, id);
    expect(await chargesOf(attempt.id)).toHaveLength(1);
  });
});

describe("the web process killed while a rail tells it of a payment", () => {
  /** Of the rail's messages about a payment only the one that names it, so that it is the one that is hit. */
  async function atHostedPage() {
    await addFault(stack, { service: "stripe", fault: "never_notify", type: "^(payment_intent|charge)" });
    const { id, payUrl } = await makeInvoice();
    const { location } = await choose(await open(payUrl), payUrl, "card");
    return { id, payUrl, hosted: String(location) };
  }
  const storedAbout = (invoiceId: string) =>
    look(
      stack,
      "select event_id from notifications where payment_id = (select id from payments where invoice_id = $1)",
      invoiceId,
    );

  it("at K12, twice, has stored nothing; it is told again, and settles once", async () => {
    const { id, hosted } = await atHostedPage();
    const web = await arm(stack, "web", "K12=kill", "K12=kill");
    await payHosted(hosted);
    for (const _try of ["first", "second"]) {
      await web.killedAt("K12");
      expect(await storedAbout(id)).toEqual([]);
      await hurryNews(stack, hosted);
    }
    await until("the message to be stored", async () => (await storedAbout(id)).length === 1);
    await expectSettledOnce(stack, id);
  });

  it("at K14 has stored the message; told again it takes it without effect", async () => {
    const { id, hosted } = await atHostedPage();
    const web = await arm(stack, "web", "K14=kill");
    await payHosted(hosted);
    await web.killedAt("K14");
    const stored = await storedAbout(id);
    expect(stored).toHaveLength(1);
    await expectSettledOnce(stack, id);
    const again = await fetch(`${stack.sandboxUrl}/events/redeliver`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ event_id: stored[0]?.event_id, copies: 5 }),
    });
    expect(await again.json()).toMatchObject({ statuses: Array(5).fill(204) });
    expect(await storedAbout(id)).toEqual(stored);
    await expectSettledOnce(stack, id);
  });

  it("or only its answer lost there, takes it again without effect", async () => {
    const { id, hosted } = await atHostedPage();
    const web = await arm(stack, "web", "K14=drop@1");
    await payHosted(hosted);
    await web.passed("K14");
    const [stored, ...others] = await storedAbout(id);
    expect(others).toEqual([]);
    await until("the message to be taken", async () => {
      const path = `/events/${String(stored?.event_id)}`;
      return (await askStripe<{ pending_webhooks: number }>(stack, path)).pending_webhooks === 0;
    });
    expect(await storedAbout(id)).toEqual([stored]);
    await expectSettledOnce(stack, id);
  });

  it("at K13, as the payer comes back, has settled nothing; the next look settles once", async () => {
    const web = await arm(stack, "web", "K13=kill", "K13=kill");
    await addFault(stack, { service: "stripe", fault: "never_notify" });
    const { id, hosted } = await atHostedPage();
    const back = await payHosted(hosted);
    await withoutWorker(stack, async () => {
      for (const _try of ["first", "second"]) {
        expect((await open(back)).status).toBe(0);
        await web.killedAt("K13");
        const { id: paymentId, state } = await onlyPayment(id);
        expect(state).toBe("pending");
        const booked = "select id from ledger_transactions where payment_id = $1";
        expect(await look(stack, booked, paymentId)).toEqual([]);
      }
      expect((await open(back)).html).toContain("Paid, thank you");
    });
    await expectSettledOnce(stack, id);
  });
});
