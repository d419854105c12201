import { describe, expect, it } from "vitest";
import { call, smallest } from "./client.ts";

interface Made {
  readonly id: string;
  readonly pay_url: string;
  readonly version: number;
}

async function make(fields: Record<string, unknown> = {}): Promise<Made> {
  const { status, json } = await call("/invoices", { body: { ...smallest(), send_sms: false, ...fields } });
  expect(status).toBe(201);
  return json as unknown as Made;
}

const change = async (id: string, body: Record<string, unknown>) =>
  await call(`/invoices/${id}`, { method: "PATCH", body });

async function show(
  url: string,
): Promise<{ readonly html: string; readonly proof: string; readonly path: string }> {
  const response = await fetch(url);
  const html = await response.text();
  return {
    html,
    proof: /name="proof" value="([^"]+)"/.exec(html)?.[1] ?? "",
    path: new URL(response.url).pathname,
  };
}

async function post(url: string, fields: Record<string, string>) {
  const response = await fetch(url, {
    method: "POST",
    redirect: "manual",
    body: new URLSearchParams(fields),
  });
  return { status: response.status, html: await response.text() };
}

const paymentsOf = async (id: string) => (await call(`/invoices/${id}`)).json.payments;

describe("a payer with an old page", () => {
  it("is shown the new amount before anything is charged, then pays that", async () => {
    const { id, pay_url } = await make();
    const old = await show(pay_url);
    expect(old.html).toContain("249.00");
    expect((await change(id, { version: 1, amount: 30_000 })).status).toBe(200);
    const answer = await post(`${pay_url}/pay`, { method: "card", proof: old.proof });
    expect(answer.status).toBe(200);
    expect(answer.html).toContain("The amount has changed");
    expect(answer.html).toContain("300.00");
    expect(answer.html).not.toContain("249.00");
    expect(await paymentsOf(id)).toEqual([]);
    const proof = /name="proof" value="([^"]+)"/.exec(answer.html)?.[1] ?? "";
    expect((await post(`${pay_url}/pay`, { method: "card", proof })).status).toBe(303);
    expect(await paymentsOf(id)).toMatchObject([{ amount: 30_000, method: "card" }]);
  });

  it("is told in the invoice's language", async () => {
    const { id, pay_url } = await make({ locale: "nb" });
    const { proof } = await show(pay_url);
    await change(id, { version: 1, currency: "EUR" });
    expect((await post(`${pay_url}/pay`, { method: "card", proof })).html).toContain("Beløpet er endret");
    expect(await paymentsOf(id)).toEqual([]);
  });

  it("pays where something else was changed", async () => {
    const { id, pay_url } = await make();
    const { proof } = await show(pay_url);
    await change(id, { version: 1, description: "Two tickets, row 5" });
    expect((await post(`${pay_url}/pay`, { method: "card", proof })).status).toBe(303);
    expect(await paymentsOf(id)).toHaveLength(1);
  });

  it("cannot move the proof of one amount to another, nor to another link", async () => {
    const one = await make();
    const other = await make({ amount: 10_000 });
    const { proof } = await show(one.pay_url);
    const forged = proof.replace(/^\d+/, "100");
    expect((await post(`${one.pay_url}/pay`, { method: "card", proof: forged })).status).toBe(403);
    expect((await post(`${other.pay_url}/pay`, { method: "card", proof })).status).toBe(403);
    const origin = { "sec-fetch-site": "same-origin" };
    const answer = await fetch(`${one.pay_url}/pay`, {
      method: "POST",
      redirect: "manual",
      headers: origin,
      body: new URLSearchParams({ method: "card", proof: forged }),
    });
    expect(await answer.text()).toContain("The amount has changed");
    expect(await paymentsOf(one.id)).toEqual([]);
    expect(await paymentsOf(other.id)).toEqual([]);
  });
});

describe("an invoice that was paid outside", () => {
  it.each([
    ["en", "has marked NOK 249.00 as paid in another way", "Marked as paid", "marked NOK 249.00 as paid on"],
    ["nb", "har merket", "Merket som betalt", "merket"],
  ])("says so on its receipt and behind its link, in %s", async (locale, text, heading, behindLink) => {
    const { id, pay_url } = await make({ locale });
    const { status } = await call(`/invoices/${id}/mark-paid`, { body: { reference: "Cash book 12" } });
    expect(status).toBe(200);
    const spaces = (html: string) => html.replaceAll(/[\u00A0\u202F]|&nbsp;/g, " ");
    const receipt = spaces((await show(`${pay_url}/receipt`)).html);
    expect(receipt).toContain(text);
    expect(receipt).toContain(heading);
    // The merchant's note is not the payer's.
    expect(receipt).not.toContain("Cash book 12");
    const link = await show(pay_url);
    expect(spaces(link.html)).toContain(behindLink);
  });
});

describe("operations that change an invoice", () => {
  it("need what they need, and say what is wrong by field", async () => {
    const { id } = await make();
    const answers = {
      noVersion: await change(id, { amount: 1 }),
      unknown: await change(id, { version: 1, payer: { phone: "+4790000000" } }),
      stale: await change(id, { version: 7, description: "X" }),
      noKey: await call(`/invoices/${id}/mark-paid`, { method: "POST", headers: { "idempotency-key": "" } }),
      noTime: await call(`/invoices/${id}/reopen`, { body: {} }),
      missing: await change("inv_x", { version: 1 }),
    };
    const said = Object.fromEntries(
      Object.entries(answers).map(([name, { status, json }]) => [
        name,
        [status, json.code, (json.errors as unknown as { pointer: string }[])[0]?.pointer],
      ]),
    );
    expect(said).toEqual({
      noVersion: [422, "invalid_request", "/version"],
      unknown: [422, "invalid_request", "/payer"],
      stale: [412, "version_conflict", "/version"],
      noKey: [400, "idempotency_key_invalid", undefined],
      noTime: [422, "invalid_request", "/expires_at"],
      missing: [404, "invoice_not_found", undefined],
    });
  });

  it("open an expired invoice again only", async () => {
    const { id } = await make();
    const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
    const answer = await call(`/invoices/${id}/reopen`, { body: { expires_at: expiresAt } });
    expect([answer.status, answer.json.code]).toEqual([409, "invoice_state_conflict"]);
  });
});
