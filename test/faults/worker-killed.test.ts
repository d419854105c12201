import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestStack, type TestStack } from "../../scripts/test/with-stack.ts";
import { until } from "../until.ts";
import { addFault, call, clearFaults, messagesOn, serviceOf, smallest } from "./helpers.ts";

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.stop());

const smsOf = async (id: unknown) => {
  const { json } = await call(stack, `/invoices/${String(id)}`);
  return (json.messages as { state: string; provider_id: string | null }[])[0];
};

describe("a worker killed between the provider's yes and our commit", () => {
  it.each([
    ["the provider reports the delivery", []],
    ["the provider never reports anything", [{ service: "twilio", fault: "never_notify" }]],
  ])("sends the message once all the same, when %s", async (what, faults) => {
    const phone = what.includes("never") ? "+4740000100" : "+4740000200";
    for (const fault of faults) await addFault(stack, fault);
    // The provider has the message, and holds its answer back for longer than the worker lives.
    await addFault(stack, {
      service: "twilio",
      fault: "delay",
      when: "after",
      ms: 9_000,
      times: 1,
      method: "POST",
    });
    const made = await call(stack, "/invoices", smallest(phone));
    await until(
      "the message at the provider",
      async () => (await messagesOn(stack, phone)).length > 0,
      10_000,
    );
    serviceOf(stack, "worker").kill();
    const sms = await until(
      "the message to be known",
      async () => {
        const current = await smsOf(made.json.id);
        return current !== undefined && current.provider_id !== null && current;
      },
      60_000,
    );
    expect(["sent", "delivered"]).toContain(sms.state);
    const messages = await messagesOn(stack, phone);
    expect(messages.map((message) => message.sid)).toEqual([sms.provider_id]);
    await clearFaults(stack);
  });

  it("leaves its other work to the next worker within half a minute", async () => {
    const phone = "+4740000300";
    await addFault(stack, {
      service: "twilio",
      fault: "delay",
      when: "before",
      ms: 9_000,
      times: 1,
      method: "POST",
    });
    const before = serviceOf(stack, "worker").pid();
    await call(stack, "/invoices", smallest("+4740000400"));
    serviceOf(stack, "worker").kill();
    await call(stack, "/invoices", smallest(phone));
    await until("the next message", async () => (await messagesOn(stack, phone)).length === 1, 30_000);
    expect(serviceOf(stack, "worker").pid()).not.toBe(before);
    await clearFaults(stack);
  });
});
