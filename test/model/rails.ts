// The other side of the rails, as payers and rails themselves use it.

import { payHosted } from "../database/helpers.ts";
import { until } from "../until.ts";
import type { Model, ModelAttempt, ModelInvoice, RefundHabit } from "./model.ts";
import type { World } from "./world.ts";

export const CARDS: { readonly [H in Exclude<RefundHabit, "refused">]: string } = {
  at_once: "4242424242424242",
  waits: "4000000000007015",
  taken_back: "4000000000005126",
};
export const DECLINED_CARD = "4000000000000002";

/** Last digits of a number, and what its carrier does: at first, and with refunds. */
export const PHONES: Readonly<
  Record<string, { readonly truth: "open" | "paid" | "denied"; readonly refunds: RefundHabit }>
> = {
  "00": { truth: "open", refunds: "at_once" },
  "12": { truth: "paid", refunds: "at_once" },
  "23": { truth: "denied", refunds: "at_once" },
  "43": { truth: "open", refunds: "waits" },
  "45": { truth: "open", refunds: "refused" },
};

async function post(world: World, path: string, body: object): Promise<Response> {
  return await fetch(`${world.system.sandboxUrl}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

interface Row {
  readonly rail_reference: string | null;
  readonly redirect_url: string | null;
}

export async function rowOf(world: World, { id }: { readonly id: string }): Promise<Row> {
  const { rows } = await world.system.superuser.query<Row>(
    "select rail_reference, redirect_url from payments where id = $1",
    [id],
  );
  const [row] = rows;
  if (row === undefined) throw new Error(`There is no payment ${id}.`);
  return row;
}

/** Types a card into the hosted page, if the payer was ever sent there. True where the page took it. */
export async function typeCard(world: World, attempt: ModelAttempt, card: string): Promise<boolean> {
  const { redirect_url: url } = await rowOf(world, attempt);
  return url !== null && (await payHosted(url, card)) === 303;
}

/** Answers the prompt of this charge on the phone. */
export async function answer(
  world: World,
  invoice: ModelInvoice,
  attempt: ModelAttempt,
  isApproved: boolean,
): Promise<boolean> {
  const { rail_reference: paymentId } = await rowOf(world, attempt);
  if (paymentId === null) return false;
  const verb = isApproved ? "approve" : "decline";
  const response = await post(world, `/phones/${encodeURIComponent(invoice.phone)}/${verb}`, {
    payment_id: paymentId,
  });
  await response.arrayBuffer();
  return response.ok;
}

/** Where a card's bank takes refunds back, it does so now: what the rail says of them changes behind our back. */
export async function takeRefundsBack(world: World, model: Model): Promise<void> {
  for (const invoice of model.invoices) {
    for (const attempt of invoice.attempts) {
      const isTakenBack = attempt.method === "card" && attempt.refundHabit === "taken_back";
      const sent = attempt.refunds.filter((refund) => refund.truth === "succeeded");
      if (!isTakenBack || sent.length === 0) continue;
      const ids = new Set((await stripeEvents(world, invoice, attempt)).map(({ objectId }) => objectId));
      for (const id of ids) await (await post(world, "/hurry", { id })).arrayBuffer();
      await refundsEnded(world, invoice, attempt, sent.length);
      for (const refund of sent) refund.truth = "failed";
    }
  }
}

/** The rail works on it by itself; until then the world is not what the model says. */
async function refundsEnded(world: World, invoice: ModelInvoice, attempt: ModelAttempt, count: number) {
  const failed = attempt.refunds.filter((refund) => refund.truth === "failed").length + count;
  await until("refunds taken back", async () => {
    const events = await stripeEvents(world, invoice, attempt);
    return events.filter((event) => event.type === "refund.failed").length === failed;
  });
}

export interface RailMessage {
  readonly id: string;
  /** Null: it is about the payment itself. */
  readonly refundId: string | null;
}

interface StripeMessage extends RailMessage {
  readonly type: string;
  readonly objectId: string;
}

/** The messages that an attempt's rail has about it, oldest first. */
export async function messagesAbout(
  world: World,
  invoice: ModelInvoice,
  attempt: ModelAttempt,
): Promise<RailMessage[]> {
  return attempt.method === "card"
    ? await stripeEvents(world, invoice, attempt)
    : await carrierEvents(world, attempt);
}

/** Delivers one of them to our door. Returns the status of each copy. */
export async function deliver(
  world: World,
  attempt: ModelAttempt,
  message: RailMessage,
  copies: number,
): Promise<number[]> {
  const path = attempt.method === "card" ? "/events/redeliver" : "/carrier-events/redeliver";
  const response = await post(world, path, { event_id: message.id, copies });
  return ((await response.json()) as { statuses: number[] }).statuses;
}

interface StripeEvent {
  readonly id: string;
  readonly type: string;
  readonly data: {
    readonly object: {
      readonly id: string;
      readonly client_reference_id?: string;
      readonly metadata?: Readonly<Record<string, string>>;
    };
  };
}

async function stripeEvents(
  world: World,
  { shop }: ModelInvoice,
  attempt: ModelAttempt,
): Promise<StripeMessage[]> {
  const response = await fetch(`${world.system.sandboxUrl}/v1/events?limit=100`, {
    headers: { authorization: `Bearer ${await stripeKey(world, world.shops[shop].merchant.sandboxName)}` },
  });
  const { data } = (await response.json()) as { data: StripeEvent[] };
  return data
    .filter((event) => /^(checkout\.session|refund)\./.test(event.type))
    .filter(
      ({ data: { object } }) =>
        object.client_reference_id === attempt.id || object.metadata?.payment_id === attempt.id,
    )
    .map(({ id, type, data: { object } }) => ({
      id,
      type,
      objectId: object.id,
      refundId: object.metadata?.refund_id ?? null,
    }))
    .reverse();
}

const keys = new Map<string, string>();

async function stripeKey(world: World, account: string): Promise<string> {
  const known = keys.get(account);
  if (known !== undefined) return known;
  const response = await fetch(`${world.system.sandboxUrl}/accounts/${account}`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  const { stripe } = (await response.json()) as { stripe: { secret_key: string } };
  keys.set(account, stripe.secret_key);
  return stripe.secret_key;
}

async function carrierEvents(world: World, attempt: ModelAttempt): Promise<RailMessage[]> {
  const { rail_reference: paymentId } = await rowOf(world, attempt);
  if (paymentId === null) return [];
  const response = await fetch(`${world.system.sandboxUrl}/carrier-events?payment_id=${paymentId}`);
  const { events } = (await response.json()) as { events: { id: string; type: string }[] };
  return events
    .filter((event) => event.type.includes("carrier-billing.v0."))
    .map(({ id }) => ({ id, refundId: null }));
}
