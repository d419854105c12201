import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Scope } from "#lib/domain/tenant.ts";
import type { ServiceContext } from "#lib/services/context.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { getMerchant } from "#lib/services/merchants/get.ts";
import { type UpdateMerchantInput, updateMerchant } from "#lib/services/merchants/update.ts";
import { startPayment } from "#lib/services/payments/start.ts";
import { startMerchantPayment } from "#lib/services/payments/start-for-merchant.ts";
import { until } from "../until.ts";
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
