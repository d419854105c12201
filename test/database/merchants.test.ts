import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCallbackSender } from "#lib/callbacks/sender.ts";
import type { Scope } from "#lib/domain/tenant.ts";
import { createEndpointOperation, updateEndpointOperation } from "#lib/doors/native/callback-endpoints.ts";
import { editInvoiceOperation } from "#lib/doors/native/invoice-changes.ts";
import { createInvoiceOperation } from "#lib/doors/native/invoices.ts";
import { updateMerchantOperation } from "#lib/doors/native/merchant.ts";
import { createPaymentOperation } from "#lib/doors/native/payments.ts";
import type { ServiceContext } from "#lib/services/context.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { createKey } from "#lib/services/keys/create.ts";
import { getMerchant } from "#lib/services/merchants/get.ts";
import { type UpdateMerchantInput, updateMerchant } from "#lib/services/merchants/update.ts";
import { startPayment } from "#lib/services/payments/start.ts";
import { startMerchantPayment } from "#lib/services/payments/start-for-merchant.ts";
import { until } from "../until.ts";
import { openDoor } from "./door.ts";
import { invoiceInput } from "./helpers.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;
let shop: TestMerchant;

beforeAll(async () => {
  system = await openSystem();
  shop = await system.merchant();
});
afterAll(() => system.close());

const withScopes = (ctx: ServiceContext, ...scopes: Scope[]): ServiceContext => ({
  ...ctx,
  actor: { kind: "api_key", id: "key_0000000000000000000000" as never, scopes },
});

const change = (ctx: ServiceContext, input: Partial<UpdateMerchantInput>) =>
  updateMerchant(ctx, { profile: {}, settings: {}, ...input });

describe("a key that may write and not read", () => {
  it("is answered with the payment that it has started", async () => {
    const { invoice } = await createInvoice(shop.ctx, invoiceInput());
    const writer = withScopes(shop.ctx, "payments:write");
    const bind = async () => undefined;
    const detail = await startMerchantPayment(writer, { invoice: invoice.id, method: "card", bind });
    expect(detail.payment.state).toBe("pending");
  });

  it("is answered with the settings that it has changed", async () => {
    const writer = withScopes(shop.ctx, "merchant:write");
    expect((await change(writer, { settings: { smsSender: "Shop" } })).settings.smsSender).toBe("Shop");
    await expect(getMerchant(writer)).rejects.toMatchObject({ code: "permission_denied" });
  });
});

describe("a key without a scope", () => {
  const HOOK = "https://hooks.shop-example.com/billtext";
  const addresses = {
    "/me": { PATCH: updateMerchantOperation },
    "/invoices": { POST: createInvoiceOperation },
    "/invoices/{id}": { PATCH: editInvoiceOperation },
    "/payments": { POST: createPaymentOperation },
    "/callback-endpoints": { POST: createEndpointOperation },
    "/callback-endpoints/{id}": { PATCH: updateEndpointOperation },
  };
  const billed = { amount: 24_900, currency: "NOK", payer: { phone: "+4790000000" }, description: "X" };
  const lookedUp: string[] = [];
  const openWatched = () =>
    openDoor(
      {
        ...system.deps,
        callbacks: createCallbackSender({
          isLoopbackAllowed: false,
          ports: [443],
          own: { names: [], loopbackPorts: [] },
          resolve: async (name) => {
            lookedUp.push(name);
            return ["203.0.113.1"];
          },
          timeoutMs: 2_000,
          connectTimeoutMs: 2_000,
        }),
      },
      addresses,
    );
  const keyWith = async (...scopes: Scope[]) =>
    (await createKey(shop.system, { name: "Narrow", scopes })).secret;

  it.each<[string, "PATCH" | "POST", string, Scope[], object]>([
    ["the merchant", "PATCH", "/me", ["callbacks:write"], { callback_url: HOOK }],
    ["the merchant's endpoint", "PATCH", "/me", ["merchant:write"], { callback_url: HOOK }],
    [
      "an invoice",
      "PATCH",
      "/invoices/inv_0000000000000000000000",
      ["invoices:read"],
      { version: 1, callback_url: HOOK },
    ],
    ["a new invoice", "POST", "/invoices", ["payments:write"], { ...billed, callback_url: HOOK }],
    [
      "a new payment's invoice",
      "POST",
      "/payments",
      ["payments:write"],
      { ...billed, method: "card", callback_url: HOOK },
    ],
    ["a new endpoint", "POST", "/callback-endpoints", ["merchant:write"], { url: HOOK }],
    [
      "an endpoint",
      "PATCH",
      "/callback-endpoints/cbe_0000000000000000000000",
      ["callbacks:read"],
      { url: HOOK },
    ],
  ])("for %s has no name looked up", async (_what, method, path, scopes, body) => {
    const { status, json } = await openWatched()(method, path, { key: await keyWith(...scopes), body });
    expect(status, JSON.stringify(json)).toBe(403);
    expect(json.code).toBe("permission_denied");
    expect(lookedUp).toEqual([]);
  });

  it("changes no callback address through the profile, and does with it", async () => {
    const url = await system.deps.callbacks.vet("http://127.0.0.1:9/hook", "test", "/callback_url");
    const narrow = withScopes(shop.ctx, "merchant:write");
    for (const callbackUrl of [url, null]) {
      await expect(change(narrow, { callbackUrl })).rejects.toMatchObject({ code: "permission_denied" });
    }
    const both = withScopes(shop.ctx, "merchant:write", "callbacks:write");
    await change(both, { callbackUrl: url });
    const { callbackUrl } = await getMerchant(shop.ctx);
    expect(callbackUrl).toBe(url);
    await change(both, { callbackUrl: null });
  });
});

describe("an address of the merchant's", () => {
  it("is stored in the form that every browser and header takes, in settings and in invoices", async () => {
    const given = "https:shop.example/日本";
    const kept = "https://shop.example/%E6%97%A5%E6%9C%AC";
    const { settings } = await change(shop.ctx, { settings: { returnUrl: given } });
    expect(settings.returnUrl).toBe(kept);
    const { invoice } = await createInvoice(
      shop.ctx,
      invoiceInput({ failureUrl: given, landingUrl: given, cancelUrl: given }),
    );
    expect([invoice.returnUrl, invoice.failureUrl, invoice.landingUrl, invoice.cancelUrl]).toEqual(
      Array(4).fill(kept),
    );
  });

  it("stays on a registered host, also when two changes come at once", async () => {
    const merchant = await system.merchant();
    const blocker = await system.superuser.connect();
    await blocker.query("begin");
    await blocker.query("select from merchant_settings where merchant_id = $1 for update", [
      merchant.merchantId,
    ]);
    const both = Promise.allSettled([
      change(merchant.ctx, { settings: { registeredHosts: ["localhost"] } }),
      change(merchant.ctx, { settings: { returnUrl: "https://shop.example/thanks" } }),
    ]);
    await until("both to wait for the row", async () => {
      const { rows } = await system.superuser.query(
        "select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      );
      return rows[0].n === 2;
    });
    await blocker.query("commit");
    blocker.release();
    const results = (await both).map((result) => result.status);
    expect(results.sort()).toEqual(["fulfilled", "rejected"]);
    const { settings } = await getMerchant(merchant.ctx);
    expect(settings.returnUrl === null || settings.registeredHosts.includes("shop.example")).toBe(true);
  });
});

describe("the profile, which both modes share", () => {
  it("is changed with a live key only where real payers see it", async () => {
    const inLive = (mode: "test" | "live"): ServiceContext => ({
      ...shop.ctx,
      isLiveInstallation: true,
      tenant: { ...shop.tenant, mode },
    });
    for (const profile of [{ name: "Other" }, { contactUrl: "https://x.example/" }, { address: null }]) {
      await expect(change(inLive("test"), { profile })).rejects.toMatchObject({ code: "permission_denied" });
    }
    expect((await change(inLive("test"), { settings: { smsSender: "Shop" } })).merchant.name).toBe(
      "Test Shop",
    );
    expect((await change(inLive("live"), { profile: { name: "Live Shop" } })).merchant.name).toBe(
      "Live Shop",
    );
    expect((await change(shop.ctx, { profile: { name: "Test Shop" } })).merchant.name).toBe("Test Shop");
  });
});

describe("an account at the sandbox", () => {
  it("is no way to pay where there is no sandbox", async () => {
    const { invoice } = await createInvoice(shop.ctx, invoiceInput());
    const ctx = { ...shop.ctx, addresses: { ...shop.ctx.addresses, sandboxUrl: null } };
    await expect(startPayment(ctx, { invoiceId: invoice.id, method: "card" })).rejects.toMatchObject({
      code: "method_unavailable",
    });
    await expect(createInvoice(ctx, invoiceInput())).rejects.toMatchObject({ code: "no_method_available" });
  });
});
