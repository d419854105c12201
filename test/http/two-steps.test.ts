// Reserve first, take or give back later, as a merchant's program does it over HTTP.

import { describe, expect, it } from "vitest";
import { call, demo, freshPhone, smallest } from "./client.ts";

const BY_CODE = "31";

const start = (body: object) => call("/payments", { body: { ...smallest(), capture: false, ...body } });

/** A card payment that is held, made with its invoice. */
async function hold(): Promise<string> {
  const made = await start({ method: "card" });
  expect(made.status).toBe(201);
  const { url } = made.json.next_action as unknown as { url: string };
  const paid = await fetch(`${url}/pay`, {
    method: "POST",
    redirect: "manual",
    body: new URLSearchParams({ number: "4242424242424242", exp: "12/34", cvc: "123", name: "Test" }),
  });
  expect(paid.status).toBe(303);
  await fetch(paid.headers.get("location") ?? "");
  return String(made.json.id);
}

describe("a payment with capture: false", () => {
  it("is confirmed once, however often that is asked for, and then cannot be cancelled", async () => {
    const id = await hold();
    expect((await call(`/payments/${id}`)).json).toMatchObject({
      state: "authorized",
      capture: false,
      authorized_at: expect.any(String),
      authorization_expires_at: expect.any(String),
      next_action: { type: "wait" },
    });
    const headers = { "idempotency-key": `confirm-${id}` };
    const first = await call(`/payments/${id}/confirm`, { method: "POST", headers });
    expect(first).toMatchObject({ status: 200, json: { state: "succeeded", invoice: { state: "paid" } } });
    const again = await call(`/payments/${id}/confirm`, { method: "POST", headers });
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(again.json).toEqual(first.json);
    expect((await call(`/payments/${id}/confirm`, { method: "POST" })).json).toMatchObject({
      state: "succeeded",
      version: first.json.version,
    });
    const late = await call(`/payments/${id}/cancel`, { method: "POST" });
    expect(late).toMatchObject({ status: 409, json: { code: "payment_state_conflict" } });
  });

  it("is given back, and leaves its invoice open", async () => {
    const id = await hold();
    const cancelled = await call(`/payments/${id}/cancel`, { method: "POST" });
    expect(cancelled).toMatchObject({
      status: 200,
      json: { state: "cancelled", cancel_requested_at: expect.any(String), invoice: { state: "open" } },
    });
    expect((await call(`/payments/${id}/confirm`, { method: "POST" })).json.code).toBe(
      "payment_state_conflict",
    );
  });

  it("says where the payer types the carrier's code", async () => {
    const made = await start({ method: "carrier_billing", payer: { phone: freshPhone(BY_CODE) } });
    expect(made.json).toMatchObject({ state: "pending_validation", next_action: { type: "enter_code" } });
    const { url } = made.json.next_action as unknown as { url: string };
    const page = await (await fetch(url)).text();
    expect(page).toContain('autoComplete="one-time-code"');
  });

  it("is refused on a phone bill that is charged at once, before any call, and makes nothing", async () => {
    const phone = freshPhone();
    const refused = await start({ method: "carrier_billing", payer: { phone } });
    expect(refused).toMatchObject({
      status: 422,
      json: { code: "capability_missing", errors: [{ pointer: "/capture", code: "capability_missing" }] },
    });
    const listed = await call(`/invoices?phone=${encodeURIComponent(phone)}`);
    expect(listed.json.data as unknown).toEqual([]);
    const one = await call("/payments", { body: { ...smallest(), method: "carrier_billing" } });
    for (const step of ["confirm", "cancel"]) {
      const answer = await call(`/payments/${String(one.json.id)}/${step}`, { method: "POST" });
      expect(answer).toMatchObject({ status: 422, json: { code: "capability_missing" } });
    }
  });
});

describe("confirming and cancelling", () => {
  it.each(["confirm", "cancel"])("%s needs a key, a payment and an empty body", async (step) => {
    const { base_url, api_key } = demo();
    const id = await hold();
    const bare = await fetch(`${base_url}/api/v1/payments/${id}/${step}`, {
      method: "POST",
      headers: { authorization: `Bearer ${api_key}` },
    });
    expect([bare.status, ((await bare.json()) as { code: string }).code]).toEqual([
      400,
      "idempotency_key_missing",
    ]);
    const unknown = await call(`/payments/pay_0000000000000000000000/${step}`, { method: "POST" });
    expect(unknown).toMatchObject({ status: 404, json: { code: "payment_not_found" } });
    expect((await call(`/payments/x/${step}`, { method: "POST" })).status).toBe(404);
    expect((await call(`/payments/${id}/${step}`, { body: { amount: 1 } })).json.code).toBe(
      "invalid_request",
    );
    expect((await call(`/payments/${id}/${step}`)).status).toBe(405);
    expect((await start({ method: "card", capture: "no" })).json).toMatchObject({
      code: "invalid_request",
      errors: [{ pointer: "/capture", code: "invalid_type" }],
    });
  });
});
