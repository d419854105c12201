import { describe, expect, it } from "vitest";
import { until } from "../until.ts";
import { call, demo, freshPhone, smallest } from "./client.ts";

const quiet = (change: object = {}) => ({ ...smallest(), send_sms: false, ...change });
const text = (value: unknown) => String(value);

describe("an invoice", () => {
  it("needs nothing but amount, currency, phone and description, and is answered with its link and what is legal", async () => {
    const answer = await call("/invoices", { body: smallest() });
    expect(answer.status).toBe(201);
    expect(answer.json).toMatchObject({
      object: "invoice",
      mode: "test",
      state: "open",
      amount: 24_900,
      amount_paid: 0,
      currency: "NOK",
      actions: ["pay", "send", "edit", "mark_paid", "cancel"],
    });
    expect(text(answer.json.id)).toMatch(/^inv_[0-9A-Za-z]{22}$/);
    expect(text(answer.json.pay_url)).toMatch(new RegExp(`^${demo().base_url}/i/[0-9A-Za-z]{22}$`));
    expect(answer.text).not.toContain("+474");
  });

  it("keeps everything it was given", async () => {
    const body = quiet({
      merchant_reference: "R-7",
      lines: [
        { description: "Ticket", quantity: 2, unit_amount: 12_000, tax_rate: 12 },
        { description: "Fee", quantity: 1, unit_amount: 900, tax_rate: 12.5 },
      ],
      purchase_category: "tickets",
      due_at: "2027-01-05T12:00:00+01:00",
      expires_at: "2027-02-05T00:00:00Z",
      methods: ["card"],
      locale: "nb",
      return_url: "https://shop.example/thanks",
      failure_url: "https://shop.example/failed",
      cancel_url: "https://shop.example/cancelled",
      metadata: { order: "7", "a.b-c_d": "å" },
    });
    const made = await call("/invoices", { body });
    expect(made.status).toBe(201);
    const read = await call(`/invoices/${text(made.json.id)}`);
    expect(read.json).toMatchObject({
      merchant_reference: "R-7",
      lines: [{ quantity: 2, unit_amount: 12_000, tax_rate: 12 }, { tax_rate: 12.5 }],
      due_at: "2027-01-05T11:00:00.000Z",
      expires_at: "2027-02-05T00:00:00.000Z",
      methods: ["card"],
      locale: "nb",
      return_url: "https://shop.example/thanks",
      metadata: { order: "7", "a.b-c_d": "å" },
      payments: [],
      messages: [],
    });
  });

  it("asked for again with the same key is the same invoice, also written differently", async () => {
    const headers = { "idempotency-key": `again-${freshPhone()}` };
    const body = quiet();
    const first = await call("/invoices", { body, headers });
    const reordered = Object.fromEntries(Object.entries(body).reverse());
    const second = await call("/invoices", { raw: JSON.stringify(reordered, null, 2), headers });
    expect(second.status).toBe(201);
    expect(second.headers.get("idempotent-replayed")).toBe("true");
    expect(first.headers.get("idempotent-replayed")).toBeNull();
    expect(second.json).toEqual(first.json);
    expect((await call("/invoices", { body: { ...body, amount: 1_000 }, headers })).json.code).toBe(
      "idempotency_key_reused",
    );
  });

  it("asked for 50 times at once with one key is made once", async () => {
    const phone = freshPhone();
    const headers = { "idempotency-key": `storm-${phone}` };
    const body = { ...smallest(phone), send_sms: false };
    const answers = await Promise.all(Array.from({ length: 50 }, () => call("/invoices", { body, headers })));
    expect(new Set(answers.map((answer) => answer.status)).size).toBeLessThanOrEqual(2);
    expect(answers.every((answer) => [201, 409].includes(answer.status))).toBe(true);
    expect(
      answers.filter((answer) => answer.status === 409).every((answer) => answer.headers.has("retry-after")),
    ).toBe(true);
    const listed = await call(`/invoices?phone=${encodeURIComponent(phone)}`);
    expect(listed.json.data as unknown as unknown[]).toHaveLength(1);
  });

  it("is cancelled, and then nothing is legal any more", async () => {
    const { id } = (await call("/invoices", { body: quiet() })).json;
    const cancelled = await call(`/invoices/${text(id)}/cancel`, { method: "POST" });
    expect(cancelled.json).toMatchObject({ state: "cancelled", actions: [] });
    expect((await call(`/invoices/${text(id)}/send`, { method: "POST" })).json.code).toBe(
      "invoice_state_conflict",
    );
    expect((await call("/payments", { body: { invoice: id, method: "card" } })).json.code).toBe(
      "invoice_state_conflict",
    );
  });

  it("is sent again with the same link", async () => {
    const phone = freshPhone();
    const made = await call("/invoices", { body: smallest(phone) });
    const again = await call(`/invoices/${text(made.json.id)}/send`, { method: "POST" });
    expect(again.status).toBe(202);
    const messages = await until("two messages", async () => {
      const response = await fetch(`${demo().sandbox_url}/phones/${encodeURIComponent(phone)}/messages`);
      const { messages: list } = (await response.json()) as { messages: { body: string }[] };
      return list.length === 2 && list;
    });
    for (const message of messages) expect(message.body).toContain(text(made.json.pay_url));
  });

  it("has a timeline that joins messages, attempts and callbacks, page by page", async () => {
    const made = await call("/invoices", { body: smallest() });
    const events = await until("the delivery", async () => {
      const { data } = (await call(`/invoices/${text(made.json.id)}/events`)).json as unknown as {
        data: { type: string; sequence: number }[];
      };
      return data.some((event) => event.type === "sms.delivered") && data;
    });
    expect(events.map((event) => event.type)).toEqual([
      "invoice.created",
      "sms.queued",
      "sms.sent",
      "sms.delivered",
    ]);
    const page = await call(`/invoices/${text(made.json.id)}/events?limit=1&after_sequence=1`);
    expect(page.json).toMatchObject({ data: [{ sequence: 2, type: "sms.queued" }], next_sequence: 2 });
  });
});

describe("a payment", () => {
  it("started directly makes its own invoice, sends no SMS, and leads to the card page", async () => {
    const phone = freshPhone();
    const { send_sms: _unused, ...fields } = { ...smallest(phone), send_sms: false };
    const answer = await call("/payments", { body: { ...fields, method: "card" } });
    expect(answer.status).toBe(201);
    expect(answer.json).toMatchObject({
      object: "payment",
      state: "pending",
      method: "card",
      next_action: { type: "redirect" },
    });
    expect(answer.json.invoice).toMatchObject({ state: "open", methods: ["card"] });
    const messages = (await (
      await fetch(`${demo().sandbox_url}/phones/${encodeURIComponent(phone)}/messages`)
    ).json()) as { messages: unknown[] };
    expect(messages.messages).toEqual([]);
  });

  it("on the phone bill waits for the phone's owner", async () => {
    const made = await call("/invoices", { body: quiet() });
    const answer = await call("/payments", { body: { invoice: made.json.id, method: "carrier_billing" } });
    expect(answer.json).toMatchObject({
      state: "pending",
      next_action: { type: "wait", url: `${text(made.json.pay_url)}/waiting` },
    });
  });

  it("under the same key is the same payment", async () => {
    const made = await call("/invoices", { body: quiet() });
    const headers = { "idempotency-key": `pay-${text(made.json.id)}` };
    const body = { invoice: made.json.id, method: "card" };
    const first = await call("/payments", { body, headers });
    const second = await call("/payments", { body, headers });
    expect(second.json).toEqual(first.json);
    expect(second.headers.get("idempotent-replayed")).toBe("true");
  });

  it("is read and listed", async () => {
    const made = await call("/invoices", { body: quiet() });
    const started = await call("/payments", { body: { invoice: made.json.id, method: "card" } });
    expect((await call(`/payments/${text(started.json.id)}`)).json).toMatchObject({ id: started.json.id });
    const listed = await call(`/payments?invoice=${text(made.json.id)}`);
    expect(listed.json).toMatchObject({ data: [{ id: started.json.id }], next_cursor: null });
  });

  it.each([
    [{ method: "card" }, 422],
    [{ invoice: "inv_0123456789abcdefghijkl" }, 422],
    [{ invoice: "inv_0123456789abcdefghijkl", method: "card" }, 404],
    [{ invoice: "x", method: "card" }, 404],
    [{ invoice: 5, method: "card" }, 422],
    [{ ...smallest(), method: "mobile_money" }, 422],
    [{ ...smallest(), method: "card", send_sms: true }, 422],
    [{ ...smallest(), amount: 100, method: "card" }, 422],
  ])("of %j is answered with %s", async (body, status) => {
    expect((await call("/payments", { body })).status).toBe(status);
  });
});

describe("the merchant's own profile", () => {
  it("is read with its defaults and where its rails send notifications", async () => {
    const answer = await call("/me");
    expect(answer.json).toMatchObject({
      object: "merchant",
      name: "Fjord Swim Club",
      methods: ["carrier_billing", "card"],
      policies: { on_expired: "accept", on_cancelled: "refund", on_surplus: "refund" },
    });
    expect(answer.json.notification_urls).toMatchObject({
      card: expect.stringContaining("/api/notifications/stripe?account=rac_"),
    });
    expect(answer.text).not.toMatch(/whsec_|sk_test_|authToken/);
  });

  it("is changed field by field; null clears, what is left out stays", async () => {
    const changed = await call("/me", {
      method: "PATCH",
      body: { cancel_url: "https://shop.example/c", sms: { sender: "FjordSwim" } },
    });
    expect(changed.status).toBe(200);
    expect(changed.json).toMatchObject({
      cancel_url: "https://shop.example/c",
      sms: { sender: "FjordSwim" },
      name: "Fjord Swim Club",
    });
    const cleared = await call("/me", { method: "PATCH", body: { cancel_url: null, sms: { sender: null } } });
    expect(cleared.json).toMatchObject({ cancel_url: null, sms: { sender: null } });
  });

  it.each([
    [{ return_url: "https://evil.example/" }, "/return_url"],
    [{ registered_hosts: ["Shop.example"] }, "/registered_hosts/0"],
    [{ registered_hosts: ["other.example"], landing_url: "https://shop.example/" }, "/landing_url"],
    [{ callback_url: "https://192.168.0.1/" }, "/callback_url"],
    [{ time_zone: "Mars/Olympus" }, "/time_zone"],
    [{ locale: "xx" }, "/locale"],
    [{ methods: [] }, "/methods"],
    [{ contact: { url: "javascript:alert(1)" } }, "/contact/url"],
    [{ sms: { texts: { xx: "Hi" } } }, "/sms/texts/xx"],
    [{ sms: { cap_per_day: null } }, "/sms/cap_per_day"],
    [{ mode: "live" }, "/mode"],
  ])("refuses %j at %s, and changes nothing", async (body, pointer) => {
    const before = await call("/me");
    const answer = await call("/me", { method: "PATCH", body });
    expect(answer.status).toBe(422);
    expect((answer.json.errors as unknown as { pointer: string }[]).map((fault) => fault.pointer)).toContain(
      pointer,
    );
    expect((await call("/me")).json).toEqual(before.json);
  });
});
