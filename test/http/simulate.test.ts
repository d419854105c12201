// An integrator's test from beginning to end: nothing but the API, no phone, no browser.

import { describe, expect, it } from "vitest";
import { until } from "../until.ts";
import { call, freshPhone, smallest } from "./client.ts";

const NOBODY = "0000000000000000000000";

const startPayment = async (method: string, phone = freshPhone()) => {
  const { json, status } = await call("/payments", { body: { ...smallest(phone), method } });
  expect(status).toBe(201);
  return json as unknown as { id: string; invoice_id: string; state: string };
};
const act = (what: string, id: string, action: unknown) =>
  call(`/simulate/${what}/${id}`, { body: { action } });

describe("simulating a payment", () => {
  it.each(["card", "carrier_billing"])("by %s pays its invoice in the answer", async (method) => {
    const payment = await startPayment(method);
    expect(payment.state).toBe("pending");
    const answer = await act("payments", payment.id, "approve");
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ state: "succeeded", invoice: { state: "paid" }, next_action: null });
  });

  it("tells in a sentence what the state does not allow", async () => {
    const payment = await startPayment("card");
    expect((await act("payments", payment.id, "expire")).json).toMatchObject({ state: "expired" });
    const again = await act("payments", payment.id, "approve");
    expect(again.status).toBe(409);
    expect(again.json).toMatchObject({
      code: "simulation_not_possible",
      detail: "The payment is expired: approve is not possible.",
    });
  });

  it("refuses what its rail does not know, other actions and other payments", async () => {
    const payment = await startPayment("carrier_billing");
    await act("payments", payment.id, "approve");
    const dispute = await act("payments", payment.id, "dispute");
    expect(dispute.status).toBe(422);
    expect(dispute.json).toMatchObject({ code: "capability_missing", errors: [{ pointer: "/action" }] });
    const other = await act("payments", payment.id, "refund");
    expect(other.json).toMatchObject({ code: "invalid_request", errors: [{ pointer: "/action" }] });
    for (const id of [`pay_${NOBODY}`, "x"]) {
      const unknown = await act("payments", id, "approve");
      expect(unknown.status).toBe(404);
      expect(unknown.json).toMatchObject({ code: "payment_not_found" });
    }
  });
});

describe("simulating a refund or a dispute", () => {
  it("takes a sent refund back", async () => {
    const { id } = await startPayment("card");
    await act("payments", id, "approve");
    const made = await call(`/payments/${id}/refunds`, { body: { refundable_amount: 24_900 } });
    expect(made.status).toBe(201);
    const answer = await act("refunds", String(made.json.id), "fail");
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ id: made.json.id, state: "failed" });
  });

  it("decides what the payer's bank took back", async () => {
    const { id } = await startPayment("card");
    await act("payments", id, "approve");
    expect((await act("payments", id, "dispute")).status).toBe(200);
    const dispute = await until("the dispute", async () => {
      const { json } = await call(`/disputes?payment=${id}`);
      return (json.data as unknown as { id: string; state: string }[])[0] ?? null;
    });
    const answer = await act("disputes", dispute.id, "win");
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ id: dispute.id, state: "won" });
  });

  it.each([
    ["refunds", "ref", "succeed", "refund_not_found"],
    ["disputes", "dis", "win", "dispute_not_found"],
  ])(
    "of %s that do not exist is 404, with an action that does not 422",
    async (what, prefix, action, code) => {
      for (const id of [`${prefix}_${NOBODY}`, "x"]) {
        const unknown = await act(what, id, action);
        expect(unknown.status).toBe(404);
        expect(unknown.json).toMatchObject({ code });
        expect((await act(what, id, "approve")).status).toBe(422);
      }
    },
  );
});

describe("simulating a text", () => {
  it("loses it for good", async () => {
    // To such a number a text is sent, and no receipt ever comes by itself.
    const { json: invoice } = await call("/invoices", { body: smallest(freshPhone("92")) });
    const sms = await until("its being sent", async () => {
      const { json } = await call(`/invoices/${invoice.id}`);
      const [first] = json.messages as unknown as { id: string; provider_id: string | null }[];
      return first?.provider_id == null ? null : first;
    });
    const answer = await act("sms", sms.id, "fail");
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ id: sms.id, state: "undelivered" });
    expect((await act("sms", sms.id, "deliver")).json).toMatchObject({ code: "simulation_not_possible" });
    expect((await act("sms", `sms_${NOBODY}`, "deliver")).json).toMatchObject({ code: "sms_not_found" });
  });
});

describe("the test clock", () => {
  it("goes forward, and an invoice ends by it", async () => {
    const before = await call("/simulate/clock");
    expect(before.status).toBe(200);
    const ends = new Date(Date.parse(String(before.json.now)) + 3_600_000).toISOString();
    const { json: invoice } = await call("/invoices", {
      body: { ...smallest(), expires_at: ends, send_sms: false },
    });
    const by = await call("/simulate/clock", { body: { advance_seconds: 60 } });
    expect(by.status).toBe(200);
    expect(by.json).toMatchObject({
      object: "test_clock",
      mode: "test",
      ahead_seconds: Number(before.json.ahead_seconds) + 60,
    });
    const to = await call("/simulate/clock", { body: { to: ends } });
    expect(to.json).toMatchObject({ now: ends });
    await until("its end", async () => (await call(`/invoices/${invoice.id}`)).json.state === "expired");
  });

  it("goes neither back nor too far", async () => {
    for (const body of [{ to: "2026-01-01T00:00:00Z" }, { to: "9000-01-01T00:00:00Z" }]) {
      const answer = await call("/simulate/clock", { body });
      expect(answer.status).toBe(409);
      expect(answer.json).toMatchObject({ code: "simulation_not_possible", errors: [{ pointer: "/to" }] });
    }
    const bodies = [
      {},
      { advance_seconds: 0 },
      { advance_seconds: -5 },
      { advance_seconds: 1.5 },
      { advance_seconds: "60" },
      { advance_seconds: 400 * 86_400 + 1 },
      { to: "tomorrow" },
      { to: "2030-01-01T00:00:00Z", advance_seconds: 1 },
    ];
    for (const body of bodies) {
      const answer = await call("/simulate/clock", { body });
      expect(answer.status, JSON.stringify(body)).toBe(422);
      expect(answer.json.code).toBe("invalid_request");
    }
  });
});
