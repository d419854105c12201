// The test function of this suite: a callback inbox where wanted, and rules that hold in every test.

import { test as base, expect, type Page } from "@playwright/test";
import { type CallbackListener, type Inbox, startCallbackListener } from "./callbacks.ts";

interface Fixtures {
  /** Where this test's invoices are called back. Every request must prove itself. */
  readonly inbox: Inbox;
  /** Fails a test in which a page of ours ran into its own policy. */
  readonly policyWatch: undefined;
}

interface WorkerFixtures {
  readonly listener: CallbackListener;
}

export const test = base.extend<Fixtures, WorkerFixtures>({
  listener: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture needs from this pattern.
    async ({}, use) => {
      const listener = await startCallbackListener();
      await use(listener);
      await listener.close();
    },
    { scope: "worker" },
  ],
  inbox: async ({ listener }, use) => {
    const inbox = listener.openInbox();
    await use(inbox);
    expect(inbox.refused(), "callbacks that did not prove themselves").toEqual([]);
  },
  policyWatch: [
    async ({ context }, use) => {
      const violations: string[] = [];
      context.on("console", (message) => {
        const text = message.text();
        // Being kept out of somebody's frame is the policy at work.
        if (/content security policy/i.test(text) && !text.startsWith("Framing")) violations.push(text);
      });
      await use(undefined);
      expect(violations, "a page of ours ran into its own policy").toEqual([]);
    },
    { auto: true },
  ],
});

export { expect, type Page };
