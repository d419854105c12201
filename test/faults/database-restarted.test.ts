import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestStack, type TestStack } from "../../scripts/test/with-stack.ts";
import { until } from "../until.ts";
import { call, smallest } from "./helpers.ts";

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.stop());

describe("Postgres restarted under load", () => {
  it("loses nothing that was acknowledged, doubles nothing that was repeated, and takes no process down", async () => {
    const pids = stack.services.map((service) => service.pid());
    const acknowledged = new Map<string, string>();
    const statuses = new Map<number, number>();
    let isOver = false;
    let number = 0;
    const callers = Array.from({ length: 8 }, async () => {
      while (!isOver) {
        number += 1;
        const key = `load-${number}`;
        const body = { ...smallest(`+4741${String(number).padStart(6, "0")}`), send_sms: false };
        // A caller repeats with the same key until it has a definite answer.
        for (;;) {
          const reply = await call(stack, "/invoices", body, key);
          statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1);
          if (reply.status === 201) {
            acknowledged.set(key, String(reply.json.id));
            break;
          }
          await sleep(100);
        }
      }
    });
    for (const how of ["crash", "stop", "crash"] as const) {
      await sleep(1_500);
      await stack.postgres()?.[how]();
      await until("the database", async () => (await call(stack, "/me")).status === 200, 20_000);
    }
    await sleep(1_000);
    isOver = true;
    await Promise.all(callers);

    expect([...statuses.keys()].filter((status) => ![201, 409, 503].includes(status))).toEqual([]);
    expect(acknowledged.size).toBeGreaterThan(100);
    expect(statuses.get(503) ?? 0).toBeGreaterThan(0);
    expect(stack.services.map((service) => service.pid())).toEqual(pids);

    const stored = new Set<string>();
    let cursor: string | null = null;
    do {
      const page = await call(stack, `/invoices?limit=100${cursor === null ? "" : `&cursor=${cursor}`}`);
      for (const invoice of page.json.data as { id: string }[]) stored.add(invoice.id);
      cursor = page.json.next_cursor as string | null;
    } while (cursor !== null);
    const lost = [...acknowledged.values()].filter((id) => !stored.has(id));
    expect(lost).toEqual([]);
    expect(stored.size).toBe(acknowledged.size);
    expect(new Set(acknowledged.values()).size).toBe(acknowledged.size);
  });
});
