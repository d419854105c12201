import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Stripe from "stripe";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  getJson,
  type Listener,
  makeAccount,
  payWithCard,
  postJson,
  sessionOf249,
  startListener,
  stripeClient,
  twilioClient,
  until,
} from "./test-harness.ts";

let folder: string;
let listener: Listener;
let children: ChildProcess[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "sandbox-"));
  listener = await startListener();
  children = [];
});

afterEach(() => {
  for (const child of children) {
    child.kill("SIGKILL");
  }
  listener.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A port that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

type Output = {
  child: ChildProcess;
  port: number;
  publicUrl: string;
  stdout: () => string;
  stderr: () => string;
};

/** Starts the sandbox as the process that it is in real use, without waiting for it. */
function spawnSandbox(port: number, environment: Record<string, string> = {}): Output {
  const child = fork(join(import.meta.dirname, "main.ts"), {
    env: { ...process.env, SANDBOX_PORT: String(port), SANDBOX_DATA_DIR: folder, ...environment },
    execArgv: [],
    silent: true,
  });
  children.push(child);
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    stdout += chunk;
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk;
  });
  return { child, port, publicUrl: `http://localhost:${port}`, stdout: () => stdout, stderr: () => stderr };
}

async function runSandbox(port: number): Promise<Output> {
  const output = spawnSandbox(port);
  await new Promise((resolve, reject) => {
    output.child.once("message", resolve);
    output.child.once("exit", () => reject(new Error(output.stderr())));
  });
  return output;
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once("exit", (code) => resolve(code)));
}

async function kill(child: ChildProcess): Promise<void> {
  const end = ended(child);
  child.kill("SIGKILL");
  await end;
}

describe("a SIGKILL loses nothing that was acknowledged", () => {
  test("credentials, sessions, payments, keys, messages and prompts are there afterwards", async () => {
    const port = await freePort();
    const first = await runSandbox(port);
    const account = await makeAccount(first, "shop");
    const stripe = stripeClient(first, account.stripe.secret_key);
    const options = { idempotencyKey: "kept" };
    const made = await stripe.checkout.sessions.create(sessionOf249, options);
    await payWithCard(first, made.id, "4242424242424242");
    const sent = await twilioClient(first, account.twilio).messages.create({
      to: "+4790000000",
      from: account.twilio.from,
      body: "Hello",
    });
    const { carrier } = account;
    const token = await fetch(carrier.token_url, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "client_credentials",
        client_id: carrier.client_id,
        client_secret: carrier.client_secret,
        scope: "carrier-billing:payments:create carrier-billing:payments:read",
      }),
    });
    const { access_token } = (await token.json()) as { access_token: string };
    const headers = { authorization: `Bearer ${access_token}`, "content-type": "application/json" };
    const address = `${carrier.base_url}/carrier-billing/v0.5/payments`;
    const charged = await fetch(address, {
      method: "POST",
      headers,
      body: JSON.stringify({
        amountTransaction: {
          phoneNumber: "+4790000000",
          referenceCode: "ref-1",
          paymentAmount: { chargingInformation: { amount: 1, currency: "NOK", description: "A" } },
        },
      }),
    });
    const { paymentId } = (await charged.json()) as { paymentId: string };
    await kill(first.child);

    const second = await runSandbox(port);
    expect(await makeAccount(second, "shop")).toEqual(account);
    const again = await stripe.checkout.sessions.create(sessionOf249, options);
    expect(again.id).toBe(made.id);
    expect(again.lastResponse.headers["idempotent-replayed"]).toBe("true");
    expect((await stripe.checkout.sessions.retrieve(made.id)).payment_status).toBe("paid");
    expect((await stripe.events.list()).data).toHaveLength(3);
    const messages = twilioClient(second, account.twilio).messages;
    await until(async () => (await messages(sent.sid).fetch()).status === "delivered");
    expect((await postJson(second, "/phones/+4790000000/approve")).status).toBe(200);
    const payment = await fetch(`${address}/${paymentId}`, { headers });
    expect(await payment.json()).toMatchObject({ paymentStatus: "succeeded" });
    expect(second.stderr()).toBe("");
  });

  test("notifications that were not delivered, and settlements that were due, go on", async () => {
    const port = await freePort();
    const first = await runSandbox(port);
    listener.statuses.push(500, 500, 500);
    const account = await makeAccount(first, "shop", { stripe_webhook_url: listener.url });
    const stripe = stripeClient(first, account.stripe.secret_key);
    const made = await stripe.checkout.sessions.create(sessionOf249);
    await payWithCard(first, made.id, "4000000000005001");
    await until(() => listener.received.length > 0);
    await kill(first.child);

    const second = await runSandbox(port);
    await postJson(second, "/hurry", { id: made.id });
    const types = () => {
      const events = listener.received.map((one) =>
        stripe.webhooks.constructEvent(
          one.body,
          String(one.headers["stripe-signature"]),
          account.stripe.webhook_secret,
        ),
      );
      return events.map((event: Stripe.Event) => event.type);
    };
    await until(() => types().includes("checkout.session.async_payment_succeeded"), 10_000);
    await until(async () => {
      const { data } = await stripe.events.list();
      return data.length === 4 && data.every((event) => event.pending_webhooks === 0);
    }, 10_000);
  });
});

describe("the process", () => {
  test("says in one line that it listens, and ends cleanly on SIGTERM", async () => {
    const running = await runSandbox(await freePort());
    await until(
      () => running.stdout().trim().split("\n").length === 1 && running.stdout().includes("listens"),
    );
    const end = ended(running.child);
    running.child.kill("SIGTERM");
    expect(await end).toBe(0);
    expect(running.stderr()).toBe("");
  });

  test("ends when whoever spawned it goes, also with a page and a held call open", async () => {
    const running = await runSandbox(await freePort());
    await postJson(running, "/faults", { service: "stripe", fault: "delay", ms: 60_000 });
    const stream = await fetch(`${running.publicUrl}/phones/+4790000000/stream`);
    const held = fetch(`${running.publicUrl}/v1/events`).catch(() => null);
    await until(async () => JSON.stringify(await getJson(running, "/requests")).includes("/v1/events"));
    const end = ended(running.child);
    running.child.disconnect();
    expect(await end).toBe(0);
    await Promise.all([held, stream.text().catch(() => null)]);
  });

  test("says in one sentence why it cannot listen, with exit code 1", async () => {
    const running = await runSandbox(await freePort());
    const second = spawnSandbox(running.port, { SANDBOX_DATA_DIR: "" });
    expect(await ended(second.child)).toBe(1);
    expect(second.stderr().trim().split("\n")).toHaveLength(1);
    expect(second.stderr()).toContain(`port ${running.port}`);
  });
});
