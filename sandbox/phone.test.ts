import { request } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunningSandbox } from "./start.ts";
import {
  type Credentials,
  getJson,
  makeAccount,
  payWithCard,
  postJson,
  sessionOf249,
  startTestSandbox,
  stripeClient,
  twilioClient,
  until,
} from "./test-harness.ts";

let sandbox: RunningSandbox;
let account: Credentials;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  account = await makeAccount(sandbox, "shop");
});

afterAll(() => sandbox.close());

function text(to: string, body: string) {
  return twilioClient(sandbox, account.twilio).messages.create({ to, from: account.twilio.from, body });
}

async function page(path: string): Promise<string> {
  return (await fetch(`${sandbox.publicUrl}${path}`)).text();
}

describe("a phone's page", () => {
  test("shows texts with their links, however the number is written, and escapes what is in them", async () => {
    const number = "+4790000010";
    await text(number, "Pay <b>now</b>: http://pay.example/i/1?a=1&b=2.");
    for (const written of ["%2B4790000010", "+4790000010", "4790000010"]) {
      const shown = await page(`/phones/${written}`);
      expect(shown).toContain("Pay &lt;b&gt;now&lt;/b&gt;");
      expect(shown).toContain('<a href="http://pay.example/i/1?a=1&amp;b=2">');
      expect(shown).toContain('http-equiv="refresh"');
    }
    expect(await page("/phones")).toContain(number);
    expect(await page("/")).toContain(number);
    expect((await fetch(`${sandbox.publicUrl}/phones/nonsense`)).status).toBe(400);
  });

  test("is told at once when something arrives", async () => {
    const number = "+4790000011";
    const answer = await fetch(`${sandbox.publicUrl}/phones/${number}/stream`);
    const reader = answer.body?.getReader();
    expect(answer.headers.get("content-type")).toBe("text/event-stream");
    await reader?.read();
    await text(number, "Hello");
    const chunk = await reader?.read();
    expect(new TextDecoder().decode(chunk?.value)).toContain("event: change");
    await reader?.cancel();
  });

  test("answers a prompt by its form and comes back, and by JSON for scripts", async () => {
    const quiet = "+4790000012";
    expect((await postJson(sandbox, `/phones/${quiet}/approve`)).status).toBe(404);
    const form = await fetch(`${sandbox.publicUrl}/phones/${quiet}/decline`, {
      method: "POST",
      redirect: "manual",
      body: new URLSearchParams({ payment_id: "gone" }),
    });
    expect(form.status).toBe(303);
    expect(form.headers.get("location")).toBe("/phones/%2B4790000012");
  });
});

describe("pages", () => {
  test("let nothing load or run but what is theirs", async () => {
    const answer = await fetch(`${sandbox.publicUrl}/phones/+4790000010`);
    const policy = answer.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("unsafe");
  });

  test("list every card, ending and fault on the front page", async () => {
    const front = await page("/");
    for (const word of [
      "4000 0027 6000 3184",
      "+15005550004",
      "…31",
      "reorder_notifications",
      "/events/redeliver",
    ]) {
      expect(front).toContain(word);
    }
  });
});

describe("a reset", () => {
  test("forgets everything but the accounts", async () => {
    const stripe = stripeClient(sandbox, account.stripe.secret_key);
    const made = await stripe.checkout.sessions.create(sessionOf249);
    await payWithCard(sandbox, made.id, "4242424242424242");
    await postJson(sandbox, "/faults", { service: "stripe", fault: "error" });
    expect((await postJson(sandbox, "/reset")).status).toBe(204);
    expect((await stripe.events.list()).data).toEqual([]);
    expect((await stripe.checkout.sessions.list()).data).toEqual([]);
    expect(await getJson(sandbox, "/phones/+4790000010/messages")).toEqual({ messages: [] });
    expect(await makeAccount(sandbox, "shop")).toEqual(account);
  });
});

describe("nothing that is sent ends the process", () => {
  const raw = (bytes: string) =>
    new Promise<string>((resolve) => {
      let answer = "";
      const socket = connect(sandbox.port, "127.0.0.1", () => socket.end(bytes));
      socket.on("data", (chunk) => {
        answer += chunk;
      });
      socket.on("close", () => resolve(answer));
      socket.on("error", () => resolve(answer));
    });

  test.each([
    ["POST", "/faults", "{"],
    ["POST", "/faults", "[]"],
    ["PUT", "/accounts/shop", "nonsense"],
    ["PUT", "/accounts/%00", "{}"],
    ["PUT", "/accounts/shop", '{"stripe_webhook_url":"nowhere"}'],
    ["POST", "/events/redeliver", '{"event_id":5}'],
    ["GET", "/requests?since=yesterday", null],
    ["GET", "/phones/%E0%A4%A", null],
    ["GET", "/nowhere", null],
    ["DELETE", "/phones", null],
    ["POST", "/carrier/oauth/token", "\u0000"],
  ] as const)("%s %s with %j is a clean refusal", async (method, path, body) => {
    const answer = await fetch(`${sandbox.publicUrl}${path}`, { method, body });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(await answer.json()).toHaveProperty("error");
  });

  test("a body beyond the limit is a 413, and odd parameters are refused", async () => {
    const big = await fetch(`${sandbox.publicUrl}/reset`, { method: "POST", body: "x".repeat(3_000_000) });
    expect(big.status).toBe(413);
    const authorization = `Bearer ${account.stripe.secret_key}`;
    for (const query of [
      "a[b[c]=1",
      "a]=1",
      "__proto__[x]=1",
      `${"a[b]".repeat(30)}=1`,
      "expand=5",
      "limit[a]=1",
    ]) {
      const answer = await fetch(`${sandbox.publicUrl}/v1/events?${query}`, { headers: { authorization } });
      expect(answer.status).toBe(400);
    }
  });

  test("broken HTTP and clients that go away do no harm", async () => {
    expect(await raw("nonsense\r\n\r\n")).toContain("400 Bad Request");
    expect(await raw("OPTIONS * HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")).toContain("400");
    expect(await raw("GET //evil/path HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")).toContain("404");
    const going = request({
      port: sandbox.port,
      method: "POST",
      path: "/faults",
      headers: { "content-length": "100" },
    });
    going.on("error", () => null);
    going.write("{");
    await new Promise((resolve) => setTimeout(resolve, 20));
    going.destroy();
    await until(async () => (await fetch(`${sandbox.publicUrl}/health`)).ok);
  });
});
