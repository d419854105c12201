// What anyone's script can do with nothing but demo.json and HTTP: bill, pay by both methods, be called back.

import { createServer, type Server } from "node:http";
import { Webhook } from "standardwebhooks";
import { afterEach, describe, expect, it } from "vitest";
import { descriptionOf } from "../description.ts";
import { until } from "../until.ts";
import { call, demo, freshPhone, smallest } from "./client.ts";

interface Event {
  readonly type: string;
  readonly sequence: number;
  readonly data: {
    readonly invoice: { readonly id: string; readonly state: string };
    readonly payment?: { readonly method: string };
  };
}

let server: Server | null = null;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** A merchant's server that takes only what is signed. */
async function receive(): Promise<{ url: string; events: Event[] }> {
  const events: Event[] = [];
  const webhook = new Webhook(demo().callback_secret);
  const description = await descriptionOf(demo().base_url);
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += String(chunk);
    });
    request.on("end", () => {
      const event = webhook.verify(body, request.headers as Record<string, string>) as Event;
      description.checkCallback(event);
      events.push(event);
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/hook`,
    events,
  };
}

/** The link out of the SMS, as the payer gets it. */
async function linkOn(phone: string): Promise<string> {
  const message = await until("the SMS", async () => {
    const response = await fetch(`${demo().sandbox_url}/phones/${encodeURIComponent(phone)}/messages`);
    return ((await response.json()) as { messages: { body: string }[] }).messages[0];
  });
  return /https?:\/\/\S+/.exec(message.body)?.[0] ?? "";
}

/** Posts the form of a page as the page has it, hidden fields included. */
async function choose(link: string, method: string): Promise<string> {
  const html = await (await fetch(link)).text();
  const form = new RegExp(`<form[^>]*action="([^"]+)"[^>]*>(?:(?!</form>).)*value="${method}"`, "s").exec(
    html,
  );
  const proof = /name="proof" value="([^"]+)"/.exec(html)?.[1] ?? "";
  const answer = await fetch(new URL(form?.[1] ?? "", link), {
    method: "POST",
    redirect: "manual",
    body: new URLSearchParams({ proof, method }),
  });
  expect(answer.status).toBe(303);
  return new URL(answer.headers.get("location") ?? "", link).href;
}

async function paidEvents(events: Event[]): Promise<string[]> {
  return await until("the callbacks", async () => {
    const types = [...events].sort((a, b) => a.sequence - b.sequence).map((event) => event.type);
    return types.includes("invoice.paid") && types.includes("payment.succeeded") && types;
  });
}

describe("a script with nothing but demo.json", () => {
  it("bills by SMS, pays by card, and is called back", async () => {
    const { url, events } = await receive();
    const phone = freshPhone();
    const made = await call("/invoices", { body: { ...smallest(phone), callback_url: url } });
    const hosted = await choose(await linkOn(phone), "card");
    const back = await fetch(`${hosted}/pay`, {
      method: "POST",
      redirect: "manual",
      body: new URLSearchParams({ number: "4242424242424242", exp: "12/34", cvc: "123", name: "Kari" }),
    });
    const receipt = await fetch(back.headers.get("location") ?? "");
    expect(receipt.url).toMatch(/\/receipt$/);
    expect(await receipt.text()).toContain("Visa ending in 4242");
    await paidEvents(events);
    expect(events.every((event) => event.data.invoice.id === String(made.json.id))).toBe(true);
    expect(events.find((event) => event.type === "payment.succeeded")?.data).toMatchObject({
      invoice: { state: "paid" },
      payment: { method: "card" },
    });
  });

  it("bills by SMS, pays on the phone bill, and is called back", async () => {
    const { url, events } = await receive();
    const phone = freshPhone();
    await call("/invoices", { body: { ...smallest(phone), callback_url: url } });
    const waiting = await choose(await linkOn(phone), "carrier_billing");
    expect(waiting).toMatch(/\/waiting$/);
    await until(
      "the prompt",
      async () =>
        (await fetch(`${demo().sandbox_url}/phones/${encodeURIComponent(phone)}/approve`, { method: "POST" }))
          .ok,
    );
    const receipt = await until("the receipt", async () => {
      const page = await fetch(waiting);
      return page.url.endsWith("/receipt") && (await page.text());
    });
    expect(receipt).toContain("Phone bill");
    await paidEvents(events);
  });
});
