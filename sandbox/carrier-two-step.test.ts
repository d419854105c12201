import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, eventOf, freshNumber, order, sandbox, startCarrier, stopCarrier } from "./test-carrier.ts";
import { getJson, postJson } from "./test-harness.ts";

beforeAll(startCarrier);
afterAll(stopCarrier);

describe("two steps", () => {
  const confirm = (id: string, phoneNumber: string) => ask(`/${id}/confirm`, { phoneNumber });
  const cancel = (id: string, phoneNumber: string) => ask(`/${id}/cancel`, { phoneNumber });

  test("a reservation is confirmed once, and then neither again nor cancelled", async () => {
    const number = freshNumber();
    const made = await ask("/prepare", order(number));
    const id = made.body.paymentId;
    expect(made).toMatchObject({ status: 201, body: { paymentStatus: "reserved" } });
    expect(made.body.validationInfo).toBeUndefined();
    expect((await ask(`/${id}/confirm`, {})).body.code).toBe("MISSING_IDENTIFIER");
    expect((await confirm(id, freshNumber())).body.code).toBe("IDENTIFIER_NOT_FOUND");
    const confirmed = await confirm(id, number);
    expect(confirmed).toMatchObject({ status: 202, body: null });
    expect(confirmed.headers.get("content-type")).toBe("application/json");
    await eventOf(id, "payment-reserved");
    await eventOf(id, "payment-completed");
    expect(await confirm(id, number)).toMatchObject({
      status: 409,
      body: { code: "CARRIER_BILLING.PAYMENT_CONFIRMED" },
    });
    expect(await cancel(id, number)).toMatchObject({
      status: 409,
      body: { code: "CARRIER_BILLING.PAYMENT_CONFIRMED" },
    });
  });

  test("a cancelled reservation cannot be confirmed, and one that runs out is cancelled", async () => {
    const number = freshNumber();
    const { paymentId: id } = (await ask("/prepare", order(number))).body;
    expect((await cancel(id, number)).status).toBe(202);
    await eventOf(id, "payment-cancelled");
    expect(await confirm(id, number)).toMatchObject({
      status: 409,
      body: { code: "CARRIER_BILLING.PAYMENT_CANCELLED" },
    });
    const { paymentId: other } = (await ask("/prepare", order(number))).body;
    await postJson(sandbox, "/hurry", { id: other });
    await eventOf(other, "payment-cancelled");
  });

  test("an ending of 31 wants the code from the phone, and three wrong ones deny", async () => {
    const number = freshNumber("31");
    const begin = async () => {
      const made = await ask("/prepare", order(number));
      expect(made.body).toMatchObject({
        paymentStatus: "pending_validation",
        validationInfo: { action: "validate" },
      });
      const { messages } = await getJson<{ messages: { body: string }[] }>(
        sandbox,
        `/phones/${number}/messages`,
      );
      const code = /^\d{6}/.exec(messages.at(-1)?.body ?? "")?.[0] ?? "";
      return {
        id: made.body.paymentId,
        authorizationId: made.body.validationInfo?.authorizationId ?? "",
        code,
      };
    };
    const good = await begin();
    const { id, authorizationId, code } = good;
    const wrong = code === "000000" ? "000001" : "000000";
    expect((await ask(`/${id}/validate`, { code })).status).toBe(400);
    expect((await ask(`/${id}/validate`, { authorizationId: "other", code })).body.code).toBe(
      "CARRIER_BILLING.INVALID_AUTHORIZATION_ID",
    );
    expect((await confirm(id, number)).status).toBe(400);
    expect((await ask(`/${id}/validate`, { authorizationId, code: wrong })).body.code).toBe(
      "CARRIER_BILLING.INVALID_CODE",
    );
    expect(await ask(`/${id}/validate`, { authorizationId, code })).toMatchObject({
      status: 204,
      body: null,
    });
    expect((await ask(`/${id}/validate`, { authorizationId, code })).status).toBe(409);
    expect((await confirm(id, number)).status).toBe(202);

    const bad = await begin();
    const attempt = () =>
      ask(`/${bad.id}/validate`, { authorizationId: bad.authorizationId, code: "nonsense" });
    expect((await attempt()).body.code).toBe("CARRIER_BILLING.INVALID_CODE");
    expect((await attempt()).body.code).toBe("CARRIER_BILLING.INVALID_CODE");
    expect((await attempt()).body.code).toBe("CARRIER_BILLING.VALIDATION_FAILED");
    await eventOf(bad.id, "payment-denied");
    expect((await confirm(bad.id, number)).status).toBe(403);
  });

  test("an ending of 32 gives a link, whose page reserves", async () => {
    const made = await ask("/prepare", order(freshNumber("32")));
    const link = String(made.body.validationInfo?.validationURL);
    expect(await (await fetch(link)).text()).toContain("NOK 249.00");
    await fetch(link, { method: "POST", body: new URLSearchParams({ answer: "approve" }) });
    await eventOf(made.body.paymentId, "payment-reserved");
  });

  test("a link can be declined, a code and a link run out, and nothing is reserved then", async () => {
    const declined = await ask("/prepare", order(freshNumber("32")));
    const link = String(declined.body.validationInfo?.validationURL);
    await fetch(link, { method: "POST", body: new URLSearchParams({ answer: "decline" }) });
    await eventOf(declined.body.paymentId, "payment-denied");
    expect(await (await fetch(link)).text()).toContain("This payment is denied");
    for (const ending of ["31", "32"]) {
      const number = freshNumber(ending);
      const late = await ask("/prepare", order(number));
      await postJson(sandbox, "/hurry", { id: late.body.paymentId });
      await eventOf(late.body.paymentId, "payment-denied");
      expect((await confirm(late.body.paymentId, number)).status).toBe(403);
    }
  });

  test.each([
    ["34", "payment-denied", "denied"],
    ["35", "payment-completed", "succeeded"],
  ])("an ending of %s is confirmed first and decided later: %s", async (ending, event, status) => {
    const number = freshNumber(ending);
    const { paymentId: id } = (await ask("/prepare", order(number))).body;
    expect((await confirm(id, number)).status).toBe(202);
    expect((await ask(`/${id}`)).body.paymentStatus).toBe("reserved");
    for (const again of [confirm(id, number), cancel(id, number)]) {
      expect((await again).body.code).toBe("CARRIER_BILLING.PAYMENT_CONFIRMED");
    }
    await postJson(sandbox, "/hurry", { id });
    await eventOf(id, event);
    expect((await ask(`/${id}`)).body.paymentStatus).toBe(status);
  });

  test("an ending of 33 prepares asynchronously", async () => {
    const made = await ask("/prepare", order(freshNumber("33")));
    expect(made.body.paymentStatus).toBe("processing");
    await eventOf(made.body.paymentId, "payment-reserved");
  });
});
