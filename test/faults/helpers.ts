// A running system, driven over HTTP while it is broken.

import { randomUUID } from "node:crypto";
import type { TestStack } from "../../scripts/test/with-stack.ts";

export interface Reply {
  readonly status: number;
  readonly json: { readonly [field: string]: unknown };
  /** True where it is the answer to an earlier request with the same key. */
  readonly isReplay: boolean;
}

/** Calls the API of a stack with its demo key. Status 0: no answer. */
export async function call(
  stack: TestStack,
  path: string,
  body?: object,
  key = randomUUID() as string,
): Promise<Reply> {
  try {
    const response = await fetch(`${stack.demo?.base_url}/api/v1${path}`, {
      method: body === undefined ? "GET" : "POST",
      signal: AbortSignal.timeout(15_000),
      headers: {
        authorization: `Bearer ${stack.demo?.api_key}`,
        ...(body === undefined ? {} : { "content-type": "application/json", "idempotency-key": key }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const isReplay = response.headers.get("idempotent-replayed") === "true";
    return { status: response.status, json: (await response.json()) as Reply["json"], isReplay };
  } catch {
    return { status: 0, json: {}, isReplay: false };
  }
}

export const smallest = (phone: string) => ({
  amount: 24_900,
  currency: "NOK",
  payer: { phone },
  description: "Swimming gala, two tickets",
});

export async function messagesOn(stack: TestStack, phone: string): Promise<{ sid: string; body: string }[]> {
  const response = await fetch(`${stack.sandboxUrl}/phones/${encodeURIComponent(phone)}/messages`);
  return ((await response.json()) as { messages: { sid: string; body: string }[] }).messages;
}

export async function addFault(stack: TestStack, fault: object): Promise<void> {
  await fetch(`${stack.sandboxUrl}/faults`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(fault),
  });
}

export async function clearFaults(stack: TestStack): Promise<void> {
  await fetch(`${stack.sandboxUrl}/faults`, { method: "DELETE" });
}

export function serviceOf(stack: TestStack, name: string) {
  const service = stack.services.find((candidate) => candidate.name === name);
  if (service === undefined) throw new Error(`There is no ${name}.`);
  return service;
}
