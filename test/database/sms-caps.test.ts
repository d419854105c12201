import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ServiceError } from "#lib/domain/errors.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { sendInvoice } from "#lib/services/invoices/send.ts";
import { freshPhone, invoiceInput } from "./helpers.ts";
import { openSystem, type TestSystem } from "./system.ts";

let system: TestSystem;

beforeAll(async () => {
  system = await openSystem();
});
afterAll(() => system.close());

describe("caps per number and day", () => {
  it("are exact when many messages are asked for at once", async () => {
    const capped = await system.merchant({ smsCapPerDayInTest: 3 });
    const phone = freshPhone();
    const results = await Promise.all(
      Array.from({ length: 20 }, () =>
        createInvoice(capped.ctx, invoiceInput({ phone, shouldSendSms: true })).then(
          () => "made",
          (error: ServiceError) => error.code,
        ),
      ),
    );
    expect(results.filter((result) => result === "made")).toHaveLength(3);
    expect(results.filter((result) => result === "sms_cap_reached")).toHaveLength(17);
  });

  it("hold across merchants too", async () => {
    const phone = freshPhone();
    let made = 0;
    for (let index = 0; index < 5; index += 1) {
      const capped = await system.merchant({ smsCapPerDayInTest: 3 });
      for (let message = 0; message < 3; message += 1) {
        await createInvoice(capped.ctx, invoiceInput({ phone, shouldSendSms: true })).then(
          () => {
            made += 1;
          },
          () => undefined,
        );
      }
    }
    expect(made).toBe(10);
  });

  it("let an invoice be sent three times in all", async () => {
    const capped = await system.merchant({ smsCapPerDayInTest: 50 });
    const { invoice } = await createInvoice(capped.ctx, invoiceInput({ shouldSendSms: true }));
    await sendInvoice(capped.ctx, invoice.id);
    await sendInvoice(capped.ctx, invoice.id);
    await expect(sendInvoice(capped.ctx, invoice.id)).rejects.toMatchObject({ code: "sms_limit_reached" });
  });

  it("count a time that is past as today, and such a message has its hours to be tried in", async () => {
    const capped = await system.merchant({ smsCapPerDayInTest: 2 });
    const phone = freshPhone();
    const past = (days: number) =>
      createInvoice(
        capped.ctx,
        invoiceInput({
          phone,
          shouldSendSms: true,
          sms: { sender: null, text: null, sendAt: new Date(Date.now() - days * 86_400_000) },
        }),
      );
    const { invoice } = await past(1);
    await past(2);
    await expect(past(3)).rejects.toMatchObject({ code: "sms_cap_reached" });
    const { rows } = await system.superuser.query(
      "select send_at > now() - interval '1 minute' as is_now from sms_messages where invoice_id = $1",
      [invoice.id],
    );
    expect(rows[0].is_now).toBe(true);
  });

  it("do not count what was refused", async () => {
    const capped = await system.merchant({ smsCapPerDayInTest: 1 });
    const phone = freshPhone();
    const tooLong = { sender: null, text: "ç".repeat(150), sendAt: null };
    await expect(
      createInvoice(capped.ctx, invoiceInput({ phone, shouldSendSms: true, sms: tooLong })),
    ).rejects.toBeInstanceOf(ServiceError);
    await expect(
      createInvoice(capped.ctx, invoiceInput({ phone, shouldSendSms: true })),
    ).resolves.toBeDefined();
  });
});
