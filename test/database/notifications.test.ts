import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { receiveFromRail } from "#lib/doors/notifications/receive.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { getInvoice } from "#lib/services/invoices/get.ts";
import { getPayment } from "#lib/services/payments/get.ts";
import { notificationToken } from "#lib/services/payments/rail-call.ts";
import { startPayment } from "#lib/services/payments/start.ts";
import { until } from "../until.ts";
import { addFault, answerPrompt, freshPhone, invoiceInput, payHosted } from "./helpers.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;
let shop: TestMerchant;
let cardAccount = "";
let carrierAccount = "";
let webhookSecret = "";
let secretKey = "";

beforeAll(async () => {
  system = await openSystem();
  shop = await system.merchant();
  await system.startWorker();
  const { rows } = await system.superuser.query("select id, kind from rail_accounts where merchant_id = $1", [
    shop.merchantId,
  ]);
  cardAccount = rows.find((row) => row.kind === "card").id;
  carrierAccount = rows.find((row) => row.kind === "carrier_billing").id;
  const answer = await fetch(`${system.sandboxUrl}/accounts/${shop.sandboxName}`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  const { stripe } = (await answer.json()) as { stripe: { webhook_secret: string; secret_key: string } };
  webhookSecret = stripe.webhook_secret;
  secretKey = stripe.secret_key;
});
afterAll(() => system.close());

const nowSeconds = () => Math.floor(Date.now() / 1000);

function sign(body: string, at = nowSeconds(), secret = webhookSecret): string {
  return `t=${at},v1=${createHmac("sha256", secret).update(`${at}.${body}`).digest("hex")}`;
}

const event = (id: string, object: object, type = "checkout.session.completed") =>
  JSON.stringify({
    id,
    object: "event",
    type,
    livemode: false,
    data: { object: { object: "checkout.session", ...object } },
  });

async function deliver(
  body: string,
  headers: Record<string, string>,
  account = cardAccount,
  method: "card" | "carrier_billing" = "card",
) {
  const path = method === "card" ? "stripe" : "carrier";
  const request = new Request(`${system.origin}/api/notifications/${path}?account=${account}`, {
    method: "POST",
    headers,
    body,
  });
  return (await receiveFromRail(system.deps, method, request)).status;
}

const stored = async (eventId: string) => {
  const { rows } = await system.superuser.query(
    "select state, reason from notifications where event_id like $1",
    [`%${eventId}`],
  );
  return rows;
};

async function openCard(merchant = shop) {
  const { invoice } = await createInvoice(merchant.ctx, invoiceInput());
  return { invoice, payment: await startPayment(merchant.ctx, { invoiceId: invoice.id, method: "card" }) };
}

describe("Stripe's webhooks", () => {
  it("settle a payment by themselves, without the payer's return", async () => {
    const { invoice, payment } = await openCard();
    await payHosted(payment.redirectUrl ?? "");
    await until(
      "the settlement",
      async () => (await getInvoice(shop.ctx, invoice.id)).invoice.state === "paid",
      10_000,
    );
  });

  it("that do not prove themselves are refused alike, and leave nothing", async () => {
    const body = event("evt_forged", { id: "cs_x", client_reference_id: "pay_x" });
    const statuses = await Promise.all([
      deliver(body, {}),
      deliver(body, { "stripe-signature": "" }),
      deliver(body, { "stripe-signature": sign(body, nowSeconds(), "whsec_wrong") }),
      deliver(`${body} `, { "stripe-signature": sign(body) }),
      deliver(JSON.stringify(JSON.parse(body), null, 1), { "stripe-signature": sign(body) }),
      deliver(body, { "stripe-signature": sign(body).replace("v1=", "v0=") }),
      deliver(body, { "stripe-signature": sign(body, nowSeconds() - 301) }),
      deliver(body, { "stripe-signature": sign(body, nowSeconds() + 310) }),
      deliver(body, { "stripe-signature": sign(body) }, "rac_0000000000000000000000"),
      deliver(body, { "stripe-signature": sign(body) }, carrierAccount),
      deliver(body, { "stripe-signature": sign(body) }, "../x"),
    ]);
    expect(new Set(statuses)).toEqual(new Set([400]));
    expect(await stored("evt_forged")).toEqual([]);
  });

  it.each([
    ["a control character in its id", event("evt_\u0000", { id: "cs_x" })],
    ["a control character in its type", event("evt_odd", { id: "cs_x" }, "x\u0000y")],
    ["a control character in the session", event("evt_odd", { id: "cs_\u0000" })],
    ["no id", JSON.stringify({ type: "x", data: { object: {} } })],
    ["no session", JSON.stringify({ id: "evt_odd", type: "checkout.session.completed", data: {} })],
    ["nothing in it", "null"],
  ])("signed, but with %s, are refused", async (_what, body) => {
    expect(await deliver(body, { "stripe-signature": sign(body) })).toBe(400);
    expect(await stored("evt_odd")).toEqual([]);
  });

  it("of another merchant's account are refused", async () => {
    const other = await system.merchant();
    const { rows } = await system.superuser.query(
      "select id from rail_accounts where merchant_id = $1 and kind = 'card'",
      [other.merchantId],
    );
    const body = event("evt_other_secret", { id: "cs_x" });
    expect(await deliver(body, { "stripe-signature": sign(body) }, rows[0].id)).toBe(400);
  });

  it("delivered 50 times at once are stored once", async () => {
    const body = event("evt_many", { id: "cs_x", client_reference_id: null });
    const statuses = await Promise.all(
      Array.from({ length: 50 }, () => deliver(body, { "stripe-signature": sign(body) })),
    );
    expect(new Set(statuses)).toEqual(new Set([204]));
    await until("the job", async () => (await stored("evt_many"))[0]?.state === "ignored");
    expect(await stored("evt_many")).toHaveLength(1);
  });

  it("that name another merchant's payment are set aside and settle nothing", async () => {
    const other = await system.merchant();
    const theirs = await openCard(other);
    const body = event("evt_foreign", {
      id: theirs.payment.railReference,
      client_reference_id: theirs.payment.id,
    });
    expect(await deliver(body, { "stripe-signature": sign(body) })).toBe(204);
    await until("the verdict", async () => (await stored("evt_foreign"))[0]?.state === "quarantined");
    expect((await getPayment(other.ctx, theirs.payment.id)).payment.state).toBe("pending");
  });

  it("that claim a payment which Stripe's own record does not show settle nothing", async () => {
    const { payment } = await openCard();
    const body = event("evt_liar", {
      id: payment.railReference,
      client_reference_id: payment.id,
      payment_status: "paid",
      status: "complete",
    });
    expect(await deliver(body, { "stripe-signature": sign(body) })).toBe(204);
    await until("the look", async () => (await stored("evt_liar"))[0]?.state === "applied");
    expect((await getPayment(shop.ctx, payment.id)).payment.state).toBe("pending");
  });

  it("that come before we have stored the session are matched by what they name", async () => {
    const remove = await addFault(system.sandboxUrl, shop.sandboxName, {
      service: "stripe",
      fault: "lost_answer",
      path: "/checkout/sessions$",
      method: "POST",
    });
    const { payment } = await openCard();
    await remove();
    expect(payment.railReference).toBeNull();
    const list = await fetch(`${system.sandboxUrl}/v1/checkout/sessions`, {
      headers: { authorization: `Bearer ${secretKey}` },
    });
    const { data } = (await list.json()) as { data: { id: string; client_reference_id: string }[] };
    const session = data.find((candidate) => candidate.client_reference_id === payment.id);
    const body = event("evt_early", { id: session?.id, client_reference_id: payment.id });
    expect(await deliver(body, { "stripe-signature": sign(body) })).toBe(204);
    await until("the verdict", async () => (await stored("evt_early"))[0]?.state === "applied");
    expect((await getPayment(shop.ctx, payment.id)).payment).toMatchObject({
      state: "pending",
      railReference: session?.id,
      unknownSince: null,
    });
  });

  it("larger than 256 KB are refused while they are read", async () => {
    const body = "x".repeat(300 * 1024);
    expect(await deliver(body, { "stripe-signature": "t=1,v1=x" })).toBe(413);
  });
});

const carrierEvent = (id: string, payment: { railReference: string | null }, change: object = {}) =>
  JSON.stringify({
    id,
    source: "x",
    type: "org.camaraproject.carrier-billing.v0.payment-completed",
    specversion: "1.0",
    time: new Date().toISOString(),
    data: { paymentId: payment.railReference, status: "succeeded" },
    ...change,
  });

describe("the carrier's notifications", () => {
  it("settle a charge by themselves", async () => {
    const phone = freshPhone();
    const { invoice } = await createInvoice(shop.ctx, invoiceInput({ phone }));
    await startPayment(shop.ctx, { invoiceId: invoice.id, method: "carrier_billing" });
    await answerPrompt(system.sandboxUrl, phone, "approve");
    await until(
      "the settlement",
      async () => (await getInvoice(shop.ctx, invoice.id)).invoice.state === "paid",
      8_000,
    );
  });

  it("without the token that we gave for that payment are refused", async () => {
    const { invoice } = await createInvoice(shop.ctx, invoiceInput());
    const payment = await startPayment(shop.ctx, { invoiceId: invoice.id, method: "carrier_billing" });
    const body = carrierEvent("ce_forged", payment);
    const token = notificationToken(system.deps, payment);
    for (const authorization of [
      "",
      "Bearer x",
      `Bearer ${payment.id}~1.abc`,
      `Bearer ${payment.id}~zzzzzzzz~1.abc`,
      // Signed, but without an end.
      `Bearer ${payment.id}~${system.deps.vault.sign("notification", `${carrierAccount}:${payment.id}`)}`,
      // With an end that we did not sign.
      `Bearer ${token.replace(/~[0-9a-z]+~/, "~zzzzzzzz~")}`,
      `Basic ${token}`,
      `Bearer ${token}x`,
    ]) {
      expect(await deliver(body, { authorization }, carrierAccount, "carrier_billing"), authorization).toBe(
        400,
      );
    }
    expect(
      await deliver("not json", { authorization: `Bearer ${token}` }, carrierAccount, "carrier_billing"),
    ).toBe(400);
    expect(await stored("ce_forged")).toEqual([]);
    expect(await deliver(body, { authorization: `Bearer ${token}` }, carrierAccount, "carrier_billing")).toBe(
      204,
    );
    await until("the look", async () => (await stored("ce_forged"))[0]?.state === "applied");
    expect((await getPayment(shop.ctx, payment.id)).payment.state).toBe("pending");
  });

  it("with a token whose time is over are refused, however well it is signed", async () => {
    const { invoice } = await createInvoice(shop.ctx, invoiceInput());
    const payment = await startPayment(shop.ctx, { invoiceId: invoice.id, method: "carrier_billing" });
    const submittedAt = (days: number) => new Date(Date.now() - days * 86_400_000);
    const send = (id: string, days: number) => {
      const token = notificationToken(system.deps, { ...payment, submittedAt: submittedAt(days) });
      const authorization = `Bearer ${token}`;
      return deliver(carrierEvent(id, payment), { authorization }, carrierAccount, "carrier_billing");
    };
    expect(await send("ce_late", 9)).toBe(400);
    expect(await stored("ce_late")).toEqual([]);
    expect(await send("ce_in_time", 7)).toBe(204);
  });

  it.each([
    ["id", { id: "ce\u0000x" }],
    ["source", { source: "x\u0000y" }],
    ["type", { type: "t\u001f" }],
    ["payment", { data: { paymentId: "p\u0000", status: "succeeded" } }],
  ])("with a control character in their %s are refused, and leave nothing", async (_what, change) => {
    const { invoice } = await createInvoice(shop.ctx, invoiceInput());
    const payment = await startPayment(shop.ctx, { invoiceId: invoice.id, method: "carrier_billing" });
    const authorization = `Bearer ${notificationToken(system.deps, payment)}`;
    const body = carrierEvent("ce_control", payment, change);
    expect(await deliver(body, { authorization }, carrierAccount, "carrier_billing")).toBe(400);
    expect(await stored("ce_control")).toEqual([]);
  });
});
