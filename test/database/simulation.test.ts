import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { InvoiceId, PaymentId } from "#lib/domain/ids.ts";
import type { PaymentSimulation } from "#lib/domain/ports/simulator.ts";
import type { Payment } from "#lib/domain/records.ts";
import { SCOPES } from "#lib/domain/tenant.ts";
import { createSandboxControl } from "#lib/rails/sandbox-control.ts";
import { contextFor } from "#lib/services/context.ts";
import { listDisputes } from "#lib/services/disputes/get.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { getInvoice } from "#lib/services/invoices/get.ts";
import { startPayment } from "#lib/services/payments/start.ts";
import { createRefund } from "#lib/services/refunds/create.ts";
import { moveTestClock } from "#lib/services/simulation/clock.ts";
import { simulateDispute, simulateRefund } from "#lib/services/simulation/money-back.ts";
import { simulatePayment } from "#lib/services/simulation/payment.ts";
import { simulateSms } from "#lib/services/simulation/sms.ts";
import { until } from "../until.ts";
import { freshPhone, invoiceInput } from "./helpers.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;
let shop: TestMerchant;

beforeAll(async () => {
  system = await openSystem();
  shop = await system.merchant();
  await system.startWorker();
});
afterAll(() => system.close());

const start = async (method: "card" | "carrier_billing", merchant = shop, phone = freshPhone()) => {
  const { invoice } = await createInvoice(merchant.ctx, invoiceInput({ phone }));
  return await startPayment(merchant.ctx, { invoiceId: invoice.id, method });
};
const act = (paymentId: PaymentId, action: PaymentSimulation, merchant = shop) =>
  simulatePayment(merchant.ctx, { paymentId, action });
const invoiceOf = async (id: InvoiceId, merchant = shop) => (await getInvoice(merchant.ctx, id)).invoice;
const refused = (code: string) => ({ code });
const live = () => ({ ...shop.ctx, tenant: { ...shop.tenant, mode: "live" as const } });
const without = (scope: string) =>
  contextFor(
    system.deps,
    shop.tenant,
    { kind: "api_key", id: "key_0000000000000000000000" as never, scopes: SCOPES.filter((s) => s !== scope) },
    "req_test",
  );

describe("a simulated payment", () => {
  it.each(["card", "carrier_billing"] as const)(
    "by %s that is approved is paid in the answer",
    async (method) => {
      const payment = await start(method);
      const { payment: paid } = await act(payment.id, "approve");
      expect(paid).toMatchObject({ state: "succeeded", disposition: "accepted" });
      expect((await invoiceOf(payment.invoiceId)).state).toBe("paid");
    },
  );

  it("by phone bill fails when its owner declines or does not answer", async () => {
    const declined = await start("carrier_billing");
    expect((await act(declined.id, "decline")).payment.state).toBe("failed");
    const silent = await start("carrier_billing");
    expect((await act(silent.id, "expire")).payment.state).toBe("failed");
  });

  it("by a card that is declined stays open, and can still be paid or run out", async () => {
    const payment = await start("card");
    expect((await act(payment.id, "decline")).payment.state).toBe("pending");
    expect((await act(payment.id, "approve")).payment.state).toBe("succeeded");
    const other = await start("card");
    expect((await act(other.id, "expire")).payment.state).toBe("expired");
  });

  it("that waits for our code is approved by entering it, and by nothing else", async () => {
    const asking = await system.merchant({ carrierAsksPayer: false });
    const payment = await start("carrier_billing", asking);
    expect(payment.state).toBe("created");
    await expect(act(payment.id, "decline", asking)).rejects.toMatchObject(
      refused("simulation_not_possible"),
    );
    expect((await act(payment.id, "approve", asking)).payment.state).toBe("succeeded");
    const late = await start("carrier_billing", asking);
    await moveTestClock(asking.ctx, { byMs: 11 * 60_000 });
    await expect(act(late.id, "approve", asking)).rejects.toMatchObject(refused("simulation_not_possible"));
  });

  it("in two steps by card is reserved when it is approved, and runs out", async () => {
    const { invoice } = await createInvoice(shop.ctx, invoiceInput());
    const input = { invoiceId: invoice.id, method: "card", shouldCapture: false } as const;
    const { id } = await startPayment(shop.ctx, input);
    expect((await act(id, "approve")).payment.state).toBe("authorized");
    await expect(act(id, "approve")).rejects.toMatchObject(refused("simulation_not_possible"));
    expect((await act(id, "expire")).payment.state).toBe("expired");
  });

  it("that waits for the carrier's own code is paid when it is approved", async () => {
    const careful = await system.merchant({ carrierSteps: "two" });
    const payment = await start("carrier_billing", careful, freshPhone("31"));
    expect(payment.state).toBe("pending_validation");
    await act(payment.id, "approve", careful);
    await until("the charge", async () => (await invoiceOf(payment.invoiceId, careful)).state === "paid");
  });

  it("is not possible once the payment has ended", async () => {
    const payment = await start("card");
    await act(payment.id, "expire");
    for (const action of ["approve", "decline", "expire", "dispute", "inquire"] as const) {
      await expect(act(payment.id, action)).rejects.toMatchObject(refused("simulation_not_possible"));
    }
  });

  it("is disputed at the bank only after it has succeeded, and only by card", async () => {
    const card = await start("card");
    await expect(act(card.id, "dispute")).rejects.toMatchObject(refused("simulation_not_possible"));
    await act(card.id, "approve");
    expect((await act(card.id, "dispute")).payment.state).toBe("succeeded");
    await expect(act(card.id, "dispute")).rejects.toMatchObject(refused("simulation_not_possible"));
    const bill = await start("carrier_billing");
    await act(bill.id, "approve");
    await expect(act(bill.id, "dispute")).rejects.toMatchObject(refused("capability_missing"));
  });

  it("is settled by the rail alone: a sandbox that does not answer changes nothing", async () => {
    const payment = await start("card");
    // Nobody listens at this port.
    const simulator = createSandboxControl({ baseUrl: "http://127.0.0.1:9", timeoutMs: 1_000 });
    const deaf = { ...shop.ctx, simulator };
    await expect(simulatePayment(deaf, { paymentId: payment.id, action: "approve" })).rejects.toMatchObject(
      refused("service_unavailable"),
    );
    expect((await invoiceOf(payment.invoiceId)).state).toBe("open");
  });
});

describe("a simulated text", () => {
  it("arrives or gets lost, as told", async () => {
    for (const [action, state] of [
      ["deliver", "delivered"],
      ["fail", "undelivered"],
    ] as const) {
      // To such a number a text is sent, and no receipt ever comes by itself.
      const phone = freshPhone("92");
      const { invoice } = await createInvoice(shop.ctx, invoiceInput({ phone, shouldSendSms: true }));
      const sent = await until("its being sent", async () => {
        const { messages } = await getInvoice(shop.ctx, invoice.id);
        return messages[0]?.providerId == null ? null : messages[0];
      });
      const after = await simulateSms(shop.ctx, { smsId: sent.id, action });
      expect(after.state).toBe(state);
      await expect(simulateSms(shop.ctx, { smsId: sent.id, action })).rejects.toMatchObject(
        refused("simulation_not_possible"),
      );
    }
  });

  it("is not possible before the provider has it", async () => {
    const sendAt = new Date(Date.now() + 3_600_000);
    const { invoice } = await createInvoice(
      shop.ctx,
      invoiceInput({ shouldSendSms: true, sms: { sender: null, text: null, sendAt } }),
    );
    const { messages } = await getInvoice(shop.ctx, invoice.id);
    const smsId = messages[0]?.id as never;
    await expect(simulateSms(shop.ctx, { smsId, action: "deliver" })).rejects.toMatchObject(
      refused("simulation_not_possible"),
    );
  });
});

const refundOf = async (payment: Payment, merchant = shop) =>
  await createRefund(merchant.ctx, {
    paymentId: payment.id,
    refundableMinor: payment.amount.amountMinor,
    part: { kind: "rest" },
    reason: null,
    bind: async () => undefined,
  });

describe("a simulated refund", () => {
  it("by card is taken back by the rail that had sent it, once", async () => {
    const { payment } = await act((await start("card")).id, "approve");
    const { id: refundId } = await refundOf(payment);
    const refund = await simulateRefund(shop.ctx, { refundId, action: "fail" });
    expect(refund.state).toBe("failed");
    await expect(simulateRefund(shop.ctx, { refundId, action: "fail" })).rejects.toMatchObject(
      refused("simulation_not_possible"),
    );
  });

  it("to the phone bill that waits for its carrier is sent", async () => {
    // The carrier never says what became of a refund to such a number.
    const phone = freshPhone("43");
    const { payment } = await act((await start("carrier_billing", shop, phone)).id, "approve");
    const { id: refundId, state } = await refundOf(payment);
    expect(state).toBe("pending");
    const refund = await simulateRefund(shop.ctx, { refundId, action: "succeed" });
    expect(refund.state).toBe("succeeded");
  });
});

describe("a simulated dispute", () => {
  const disputeOf = (payment: Payment) =>
    until("the dispute", async () => {
      const filter = { paymentId: payment.id };
      const { items } = await listDisputes(shop.ctx, { filter, cursor: null, limit: 10 });
      return items[0] ?? null;
    });

  it("is asked about, escalated and decided by the bank, once", async () => {
    const { payment } = await act((await start("card")).id, "approve");
    await act(payment.id, "inquire");
    const { id: disputeId, state } = await disputeOf(payment);
    expect(state).toBe("inquiry");
    const escalated = await simulateDispute(shop.ctx, { disputeId, action: "escalate" });
    expect(escalated.state).toBe("open");
    expect((await simulateDispute(shop.ctx, { disputeId, action: "win" })).state).toBe("won");
    await expect(simulateDispute(shop.ctx, { disputeId, action: "lose" })).rejects.toMatchObject(
      refused("simulation_not_possible"),
    );
  });

  it("is lost at the bank's word", async () => {
    const { payment } = await act((await start("card")).id, "approve");
    await act(payment.id, "dispute");
    const { id: disputeId } = await disputeOf(payment);
    expect((await simulateDispute(shop.ctx, { disputeId, action: "lose" })).state).toBe("lost");
  });
});

describe("simulation", () => {
  it("is for test keys with the scope, and for one's own", async () => {
    const { id: paymentId } = await start("card");
    const other = await system.merchant();
    const input = { paymentId, action: "approve" } as const;
    await expect(simulatePayment(live(), input)).rejects.toMatchObject(refused("permission_denied"));
    await expect(simulatePayment(without("payments:write"), input)).rejects.toMatchObject(
      refused("permission_denied"),
    );
    await expect(moveTestClock(without("merchant:write"), { byMs: 1_000 })).rejects.toMatchObject(
      refused("permission_denied"),
    );
    await expect(simulatePayment(other.ctx, input)).rejects.toMatchObject(refused("payment_not_found"));
    const nobody = "0000000000000000000000";
    const missing = [
      simulateSms(shop.ctx, { smsId: `sms_${nobody}` as never, action: "deliver" }),
      simulateRefund(shop.ctx, { refundId: `ref_${nobody}` as never, action: "succeed" }),
      simulateDispute(shop.ctx, { disputeId: `dis_${nobody}` as never, action: "win" }),
    ].map((call) => call.catch((error: { code: string }) => error.code));
    expect(await Promise.all(missing)).toEqual(["sms_not_found", "refund_not_found", "dispute_not_found"]);
  });

  it("is for what goes through the sandbox", async () => {
    const merchant = await system.merchant();
    const payment = await start("card", merchant);
    const input = { paymentId: payment.id, action: "approve" } as const;
    await expect(simulatePayment({ ...merchant.ctx, simulator: null }, input)).rejects.toMatchObject(
      refused("capability_missing"),
    );
    await system.superuser.query(
      "update rail_accounts set target = 'provider' where merchant_id = $1 and kind = 'card'",
      [merchant.merchantId],
    );
    await expect(simulatePayment(merchant.ctx, input)).rejects.toMatchObject(refused("capability_missing"));
  });
});
