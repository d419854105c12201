// The CloudEvents that the sandbox's carrier posts, held against the definition and against our reader.

import { afterAll, beforeAll, expect, it } from "vitest";
import type { PaymentId } from "#lib/domain/ids.ts";
import { verifyCarrierNotification } from "#lib/rails/carrier-billing/verify.ts";
import { camaraNotificationSchema } from "#lib/wire/camara.ts";
import {
  approve,
  ask,
  decline,
  eventOf,
  freshNumber,
  listener,
  order,
  startCarrier,
  stopCarrier,
} from "../../sandbox/test-carrier.ts";
import { CARRIER_BILLING, CARRIER_FILES, CONTENT_TYPE, notificationSchema } from "./camara.ts";
import { type Definition, openDefinition } from "./definition.ts";
import { readDefinition } from "./folder.ts";
import { describeContract } from "./suite.ts";

let definition: Definition;

describeContract("the sandbox's carrier notifies as the definition says", CARRIER_FILES, () => {
  beforeAll(async () => {
    definition = openDefinition(readDefinition(CARRIER_BILLING));
    await startCarrier();
  });
  afterAll(stopCarrier);

  const reserve = async (ending = "00") => {
    const phoneNumber = freshNumber(ending);
    const made = await ask("/prepare", order(phoneNumber));
    return { id: made.body.paymentId, phoneNumber };
  };

  it.each<[string, string, () => Promise<string>]>([
    [
      "payment-completed",
      "POST /payments",
      async () => {
        const number = freshNumber();
        const made = await ask("", order(number));
        await approve(number);
        return made.body.paymentId;
      },
    ],
    [
      "payment-denied",
      "POST /payments",
      async () => {
        const number = freshNumber();
        const made = await ask("", order(number));
        await decline(number);
        return made.body.paymentId;
      },
    ],
    ["payment-reserved", "POST /payments/prepare", async () => (await reserve()).id],
    ["payment-pending-validation", "POST /payments/prepare", async () => (await reserve("31")).id],
    [
      "payment-cancelled",
      "POST /payments/prepare",
      async () => {
        const { id, phoneNumber } = await reserve();
        await ask(`/${id}/cancel`, { phoneNumber });
        return id;
      },
    ],
    [
      "payment-completed",
      "POST /payments/prepare",
      async () => {
        const { id, phoneNumber } = await reserve();
        await ask(`/${id}/confirm`, { phoneNumber });
        return id;
      },
    ],
  ])("%s after %s, in a form that our reader takes", async (name, operation, cause) => {
    const paymentId = await cause();
    const event = await eventOf(paymentId, name);
    expect(definition.faults(notificationSchema(definition, operation), event)).toEqual([]);
    expect(camaraNotificationSchema.parse(event)).toMatchObject({ id: event.id, data: { paymentId } });

    const delivery = listener.received.find((one) => one.body.includes(event.id));
    expect(delivery?.headers["content-type"]).toBe(CONTENT_TYPE);
    const correlator = delivery?.headers["x-correlator"];
    expect(definition.faults({ $ref: "#/components/schemas/XCorrelator" }, correlator)).toEqual([]);
    const ours = "pay_0123456789abcdefghijkl" as PaymentId;
    const subject = { paymentId: ours, refundId: null };
    const message = {
      url: "https://pay.example/notifications",
      headers: new Map(Object.entries(delivery?.headers ?? {}).map(([key, value]) => [key, String(value)])),
      body: Buffer.from(delivery?.body ?? ""),
      receivedAt: new Date(),
    };
    const verified = verifyCarrierNotification(message, (token) => (token === "sink-token" ? subject : null));
    expect(verified).toMatchObject({ eventType: event.type, paymentId: ours, railReference: paymentId });
  });

  it("carries the correlator of the request that made the payment", async () => {
    const made = await ask("", order(freshNumber("12")), { "x-correlator": "trace-of-the-charge" });
    const event = await eventOf(made.body.paymentId, "payment-completed");
    const delivery = listener.received.find((one) => one.body.includes(event.id));
    expect(delivery?.headers["x-correlator"]).toBe("trace-of-the-charge");
  });
});
