import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ServiceError } from "#lib/domain/errors.ts";
import { cancelInvoice } from "#lib/services/invoices/cancel.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { receiveSmsReport } from "#lib/services/sms/receive-report.ts";
import { sendSms } from "#lib/services/sms/send-sms.ts";
import { until } from "../until.ts";
import { addFault, freshPhone, invoiceInput, messagesOn } from "./helpers.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;
let shop: TestMerchant;

beforeAll(async () => {
  system = await openSystem();
  shop = await system.merchant();
});
afterAll(() => system.close());

/** An invoice with a queued message; the job is left alone, so that each step is taken by hand. */
async function queued(phone = freshPhone(), sms: { text?: string; sendAt?: Date } = {}) {
  const { invoice, payUrl } = await createInvoice(
    shop.ctx,
    invoiceInput({
      phone,
      shouldSendSms: true,
      sms: { sender: null, text: sms.text ?? null, sendAt: sms.sendAt ?? null },
    }),
  );
  return { invoice, payUrl, phone, smsId: await newestSms(invoice.id) };
}

async function newestSms(invoiceId: string) {
  const { rows } = await system.superuser.query(
    "select id from sms_messages where invoice_id = $1 order by created_at desc limit 1",
    [invoiceId],
  );
  return rows[0].id;
}

const stateOf = async (smsId: string) => {
  const { rows } = await system.superuser.query(
    "select state, provider_id, provider_code, attempts, unknown_since from sms_messages where id = $1",
    [smsId],
  );
  return rows[0];
};

const planned = async (smsId: string) => {
  const { rows } = await system.superuser.query(
    "select round(extract(epoch from start_after - now()))::int as seconds from pgboss.job where data->>'smsId' = $1 order by created_on desc limit 1",
    [smsId],
  );
  return rows[0]?.seconds as number | undefined;
};

const fault = (options: object) =>
  addFault(system.sandboxUrl, shop.sandboxName, { service: "twilio", fault: "error", ...options });

describe("a message", () => {
  it("goes out once, with the link, and is delivered", async () => {
    const { phone, smsId, payUrl } = await queued();
    await sendSms(shop.system, smsId);
    await sendSms(shop.system, smsId);
    const messages = await messagesOn(system.sandboxUrl, phone);
    expect(messages).toHaveLength(1);
    expect(messages[0]?.body).toContain(payUrl);
    await until("the delivery report", async () => (await stateOf(smsId)).state === "delivered");
  });

  it("sent by two workers at once goes out once", async () => {
    const { phone, smsId } = await queued();
    await Promise.all(Array.from({ length: 8 }, () => sendSms(shop.system, smsId)));
    expect(await messagesOn(system.sandboxUrl, phone)).toHaveLength(1);
  });

  it("whose answer was lost is found at the provider, and not sent again", async () => {
    const { phone, smsId } = await queued();
    const remove = await fault({ fault: "lost_answer", times: 1, method: "POST" });
    await sendSms(shop.system, smsId);
    await remove();
    // The provider's own report may have been faster than we were; else the look-up finds the message.
    await sendSms(shop.system, smsId);
    const after = await stateOf(smsId);
    expect(["sent", "delivered"]).toContain(after.state);
    expect(after.provider_id).toMatch(/^SM/);
    expect(await messagesOn(system.sandboxUrl, phone)).toHaveLength(1);
  });

  it("that the provider surely never got is looked for during a minute, then goes out", async () => {
    const { phone, smsId } = await queued();
    const remove = await fault({ fault: "error", status: 500, times: 1, method: "POST" });
    await sendSms(shop.system, smsId);
    await remove();
    expect(await stateOf(smsId)).toMatchObject({ state: "sending" });
    await sendSms(shop.system, smsId);
    expect(await stateOf(smsId)).toMatchObject({ state: "sending" });
    expect(await messagesOn(system.sandboxUrl, phone)).toHaveLength(0);
    await system.superuser.query(
      "update sms_messages set claimed_at = now() - interval '61 seconds' where id = $1",
      [smsId],
    );
    await sendSms(shop.system, smsId);
    expect(await stateOf(smsId)).toMatchObject({ state: "queued" });
    await sendSms(shop.system, smsId);
    expect(await messagesOn(system.sandboxUrl, phone)).toHaveLength(1);
  });

  it("is not sent again while the provider cannot be asked", async () => {
    const { phone, smsId } = await queued();
    const remove = await fault({ fault: "lost_answer", times: 1, method: "POST" });
    const removeList = await fault({ fault: "error", status: 503, method: "GET" });
    const silence = await addFault(system.sandboxUrl, shop.sandboxName, {
      service: "twilio",
      fault: "never_notify",
    });
    await sendSms(shop.system, smsId);
    await remove();
    await system.superuser.query(
      "update sms_messages set claimed_at = now() - interval '10 minutes' where id = $1",
      [smsId],
    );
    await sendSms(shop.system, smsId);
    expect(await stateOf(smsId)).toMatchObject({ state: "sending" });
    await removeList();
    await silence();
    await system.superuser.query(
      "update sms_messages set claimed_at = now() - interval '20 seconds' where id = $1",
      [smsId],
    );
    await sendSms(shop.system, smsId);
    expect(await stateOf(smsId)).toMatchObject({ state: "sent" });
    expect(await messagesOn(system.sandboxUrl, phone)).toHaveLength(1);
  });

  it("is tried again later when the provider is busy, with growing pauses, and given up after hours", async () => {
    const { smsId } = await queued();
    const remove = await fault({ fault: "rate_limit", method: "POST" });
    await sendSms(shop.system, smsId);
    expect(await stateOf(smsId)).toMatchObject({ state: "queued", attempts: 1 });
    expect(await planned(smsId)).toBeGreaterThanOrEqual(4);
    await sendSms(shop.system, smsId);
    expect(await planned(smsId)).toBeGreaterThanOrEqual(9);
    await system.superuser.query(
      "update sms_messages set send_at = now() - interval '5 hours' where id = $1",
      [smsId],
    );
    await sendSms(shop.system, smsId);
    expect(await stateOf(smsId)).toMatchObject({ state: "failed", provider_code: "not_reached" });
    await remove();
  });

  it("is sent three times at most where nothing shows whether it arrived", async () => {
    const { smsId, phone } = await queued();
    const remove = await fault({ fault: "reset", method: "POST" });
    for (const state of ["queued", "queued", "failed"]) {
      await sendSms(shop.system, smsId);
      expect(await stateOf(smsId)).toMatchObject({ state: "sending" });
      await system.superuser.query(
        "update sms_messages set claimed_at = now() - interval '61 seconds' where id = $1",
        [smsId],
      );
      await sendSms(shop.system, smsId);
      expect(await stateOf(smsId)).toMatchObject({ state });
    }
    await remove();
    expect(await stateOf(smsId)).toMatchObject({ provider_code: "unclear", attempts: 3 });
    await sendSms(shop.system, smsId);
    expect(await messagesOn(system.sandboxUrl, phone)).toHaveLength(0);
  });

  it("is looked for less and less often while the provider cannot be asked, and given up after hours", async () => {
    const { smsId } = await queued();
    const remove = await fault({ fault: "error", status: 503 });
    await sendSms(shop.system, smsId);
    const claimedAgo = (interval: string) =>
      system.superuser.query("update sms_messages set claimed_at = now() - $2::interval where id = $1", [
        smsId,
        interval,
      ]);
    await claimedAgo("10 minutes");
    await sendSms(shop.system, smsId);
    expect(await planned(smsId)).toBeGreaterThan(250);
    await system.superuser.query(
      "update sms_messages set send_at = now() - interval '5 hours' where id = $1",
      [smsId],
    );
    await sendSms(shop.system, smsId);
    await remove();
    expect(await stateOf(smsId)).toMatchObject({ state: "failed", provider_code: "unclear" });
  });

  it("that looks like a template is sent as it is written", async () => {
    const phone = freshPhone();
    const { invoice, payUrl } = await createInvoice(
      shop.ctx,
      invoiceInput({ phone, shouldSendSms: true, merchantReference: null, description: "a {link} {code} b" }),
    );
    await sendSms(shop.system, await newestSms(invoice.id));
    const [message] = await messagesOn(system.sandboxUrl, phone);
    expect(message?.body).toContain("a {link} {code} b");
    expect(message?.body.split(payUrl)).toHaveLength(2);
  });

  it("refused for good is not tried again, and says why", async () => {
    const { smsId } = await queued("+15005550004" as never);
    await sendSms(shop.system, smsId);
    expect(await stateOf(smsId)).toMatchObject({ state: "failed", provider_code: "21610", attempts: 1 });
    await sendSms(shop.system, smsId);
    expect(await stateOf(smsId)).toMatchObject({ attempts: 1 });
  });

  it("is not sent about an invoice that is cancelled, expired or paid by then", async () => {
    const { invoice, phone, smsId } = await queued();
    await cancelInvoice(shop.ctx, invoice.id);
    await sendSms(shop.system, smsId);
    expect(await stateOf(smsId)).toMatchObject({ state: "skipped" });
    const late = await queued();
    await system.superuser.query(
      "update invoices set expires_at = now() - interval '1 second' where id = $1",
      [late.invoice.id],
    );
    await sendSms(shop.system, late.smsId);
    expect(await stateOf(late.smsId)).toMatchObject({ state: "skipped" });
    expect(await messagesOn(system.sandboxUrl, phone)).toHaveLength(0);
  });

  it("with a time of its own waits for it", async () => {
    const { smsId } = await queued(freshPhone(), { sendAt: new Date(Date.now() + 3_600_000) });
    expect(await planned(smsId)).toBeGreaterThan(3_500);
  });

  it("carries the merchant's own words, with the placeholders filled", async () => {
    const { phone, smsId, payUrl } = await queued(freshPhone(), {
      text: "Hei! {amount} til {merchant}: {link}",
    });
    await sendSms(shop.system, smsId);
    const [message] = await messagesOn(system.sandboxUrl, phone);
    expect(message?.body).toBe(`Hei! NOK 249.00 til Test Shop: ${payUrl}`);
  });
});

describe("delivery reports", () => {
  const report = (
    smsId: string,
    body: Record<string, string>,
    headers: Record<string, string> = {},
    account = "",
  ) =>
    receiveSmsReport(system.deps, {
      accountId: account,
      smsId,
      correlationId: "req",
      message: {
        url: `${system.origin}/x`,
        headers: new Map(Object.entries(headers)),
        body: Buffer.from(new URLSearchParams(body).toString()),
        receivedAt: new Date(),
      },
    }).then(
      () => "taken",
      (error: ServiceError) => error.code,
    );

  it("that do not prove themselves change nothing", async () => {
    const { smsId } = await queued();
    const { rows } = await system.superuser.query(
      "select id from rail_accounts where kind = 'sms' and merchant_id = $1",
      [shop.merchantId],
    );
    const forged = { MessageSid: `SM${"0".repeat(32)}`, MessageStatus: "delivered" };
    expect(await report(smsId, forged, {}, rows[0].id)).toBe("notification_unverified");
    expect(await report(smsId, forged, { "x-twilio-signature": "AAAA" }, rows[0].id)).toBe(
      "notification_unverified",
    );
    expect(await report(smsId, forged, { "x-twilio-signature": "AAAA" }, "rac_unknown")).toBe(
      "notification_unverified",
    );
    expect(await stateOf(smsId)).toMatchObject({ state: "queued", provider_id: null });
  });

  const accountOf = async (kind: string) => {
    const { rows } = await system.superuser.query<{ id: string }>(
      "select id from rail_accounts where kind = $1 and merchant_id = $2",
      [kind, shop.merchantId],
    );
    return rows[0]?.id ?? "";
  };

  it("at another kind of account are refused", async () => {
    const { smsId } = await queued();
    const forged = { MessageSid: `SM${"0".repeat(32)}`, MessageStatus: "delivered" };
    for (const kind of ["card", "carrier_billing"]) {
      expect(await report(smsId, forged, { "x-twilio-signature": "AAAA" }, await accountOf(kind)), kind).toBe(
        "notification_unverified",
      );
    }
  });

  it("with a status that we do not know are taken, and change nothing", async () => {
    const { smsId } = await queued();
    const answer = await fetch(`${system.sandboxUrl}/accounts/${shop.sandboxName}`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    const { twilio } = (await answer.json()) as { twilio: { auth_token: string } };
    const form = { MessageSid: `SM${"0".repeat(32)}`, MessageStatus: "held_for_review" };
    const signed = `${system.origin}/xMessageSid${form.MessageSid}MessageStatus${form.MessageStatus}`;
    const signature = createHmac("sha1", twilio.auth_token).update(signed).digest("base64");
    expect(await report(smsId, form, { "x-twilio-signature": signature }, await accountOf("sms"))).toBe(
      "taken",
    );
    expect(await stateOf(smsId)).toMatchObject({ state: "queued", provider_id: null });
  });

  it("come twice and out of order without taking a delivery back", async () => {
    const phone = freshPhone();
    const duplicate = await fault({ fault: "duplicate_notifications", copies: 3 });
    const reorder = await fault({ fault: "reorder_notifications" });
    const { smsId } = await queued(phone);
    await sendSms(shop.system, smsId);
    await until("the delivery", async () => (await stateOf(smsId)).state === "delivered");
    await duplicate();
    await reorder();
    const { rows } = await system.superuser.query(
      "select count(*)::int as n from transitions where subject_id = $1 and to_state = 'delivered'",
      [smsId],
    );
    expect(rows[0].n).toBe(1);
  });

  it("of a send that was given up in doubt keep it from being sent again", async () => {
    const { smsId, phone } = await queued();
    const lost = await fault({ fault: "lost_answer", method: "POST", times: 1 });
    const late = await addFault(system.sandboxUrl, shop.sandboxName, {
      service: "twilio",
      fault: "delay_notifications",
      ms: 1_500,
    });
    await sendSms(shop.system, smsId);
    await lost();
    // As a look-up leaves it that came too early.
    await system.superuser.query(
      `insert into transitions (merchant_id, mode, machine, subject_id, version, from_state, event, to_state, actor_kind, actor_id)
       select merchant_id, mode, 'sms', id, version + 1, 'sending', 'returned', 'queued', 'test', 'test' from sms_messages where id = $1`,
      [smsId],
    );
    await system.superuser.query(
      "update sms_messages set state = 'queued', version = version + 1 where id = $1",
      [smsId],
    );
    await until("the report", async () => ["sent", "delivered"].includes((await stateOf(smsId)).state));
    await late();
    await sendSms(shop.system, smsId);
    expect(await messagesOn(system.sandboxUrl, phone)).toHaveLength(1);
  });

  it("tell why a message did not arrive", async () => {
    const { smsId } = await queued(freshPhone("90"));
    await sendSms(shop.system, smsId);
    await until("the failure", async () => (await stateOf(smsId)).state === "undelivered");
    expect(await stateOf(smsId)).toMatchObject({ provider_code: "30003" });
  });
});
