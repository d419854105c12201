import { Webhook } from "standardwebhooks";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { deleteCallbackEndpoint } from "#lib/services/callbacks/delete-endpoint.ts";
import { deliverCallback } from "#lib/services/callbacks/deliver.ts";
import { getDelivery } from "#lib/services/callbacks/get-deliveries.ts";
import { getCallbackEndpoint, listCallbackEndpoints } from "#lib/services/callbacks/get-endpoints.ts";
import { resendDelivery } from "#lib/services/callbacks/resend.ts";
import { rotateSecret } from "#lib/services/callbacks/rotate-secret.ts";
import { readCallbackSecret } from "#lib/services/callbacks/secret.ts";
import { testEndpoint } from "#lib/services/callbacks/test-endpoint.ts";
import { updateCallbackEndpoint } from "#lib/services/callbacks/update-endpoint.ts";
import { getMerchant } from "#lib/services/merchants/get.ts";
import { updateMerchant } from "#lib/services/merchants/update.ts";
import { cancelOne, codeOf, deliveriesOf, deliverPending, endpointAt } from "./endpoints-helpers.ts";
import { closeReceivers, listen, listenWith, type Received } from "./receiver.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;

beforeAll(async () => {
  system = await openSystem();
});
afterAll(() => system.close());
afterEach(closeReceivers);

const NOWHERE = "http://127.0.0.1:1/hook";
const vet = (url: string) => system.deps.callbacks.vet(url, "test", "/url");
const setDefault = async (merchant: TestMerchant, url: string | null) =>
  updateMerchant(merchant.ctx, {
    profile: {},
    settings: {},
    callbackUrl: url === null ? null : await vet(url),
  });
const auditOf = async (merchant: TestMerchant, subject: string) => {
  const { rows } = await system.superuser.query(
    "select act from audit_entries where merchant_id = $1 and subject_id = $2 order by at",
    [merchant.merchantId, subject],
  );
  return rows.map((row) => row.act);
};

/** True where a receiver that holds this secret takes the callback for genuine. */
function isGenuine(call: Received | undefined, secret: string): boolean {
  const header = (name: string) => String(call?.headers[name]);
  try {
    new Webhook(secret).verify(call?.body ?? "", {
      "webhook-id": header("webhook-id"),
      "webhook-timestamp": header("webhook-timestamp"),
      "webhook-signature": header("webhook-signature"),
    });
    return true;
  } catch {
    return false;
  }
}

describe("callback endpoints", () => {
  it("are each called about what they want, and signed with their own secret", async () => {
    const merchant = await system.merchant();
    const [all, some, none] = [await listen(), await listen(), await listen()];
    const first = await endpointAt(merchant, all.url);
    const second = await endpointAt(merchant, some.url, { eventTypes: ["invoice.cancelled"] });
    await endpointAt(merchant, none.url, { eventTypes: ["invoice.paid"] });
    await endpointAt(merchant, none.url, { isEnabled: false });
    await cancelOne(merchant);
    await deliverPending(system, merchant);
    expect([all.received.length, some.received.length, none.received.length]).toEqual([1, 1, 0]);
    expect(isGenuine(all.received[0], first.secret)).toBe(true);
    expect(isGenuine(all.received[0], second.secret)).toBe(false);
    expect(isGenuine(some.received[0], second.secret)).toBe(true);
    expect(isGenuine(some.received[0], await readCallbackSecret(merchant.ctx))).toBe(false);
    expect(some.received[0]?.headers["webhook-id"]).toBe(all.received[0]?.headers["webhook-id"]);
  });

  it("are listed with the default one first, and no secret is in them or in the clear in the database", async () => {
    const merchant = await system.merchant();
    const { endpoint, secret } = await endpointAt(merchant, NOWHERE, { description: "Books" });
    await setDefault(merchant, `${NOWHERE}/default`);
    const listed = await listCallbackEndpoints(merchant.ctx);
    expect(listed.map((one) => [one.endpoint.url, one.endpoint.isDefault])).toEqual([
      [`${NOWHERE}/default`, true],
      [NOWHERE, false],
    ]);
    expect(JSON.stringify((await getCallbackEndpoint(merchant.ctx, endpoint.id)).endpoint)).not.toContain(
      secret.slice(6),
    );
    const { rows } = await system.superuser.query(
      "select encode(secret, 'escape') || to_jsonb(e)::text as row from callback_endpoints e where id = $1",
      [endpoint.id],
    );
    expect(rows[0].row).not.toContain(secret.slice(6));
    expect(rows[0].row).not.toContain(Buffer.from(secret).toString("hex"));
    expect(await auditOf(merchant, endpoint.id)).toEqual(["endpoint.created"]);
  });

  it("are at most 20, however many are made at once", async () => {
    const merchant = await system.merchant();
    for (let made = 0; made < 17; made += 1) await endpointAt(merchant, NOWHERE);
    const codes = await Promise.all(Array.from({ length: 6 }, () => codeOf(endpointAt(merchant, NOWHERE))));
    expect(codes.sort()).toEqual([...Array(3).fill("endpoint_limit_reached"), ...Array(3).fill("found")]);
    expect(await codeOf(setDefault(merchant, NOWHERE))).toBe("endpoint_limit_reached");
    const [oldest] = await listCallbackEndpoints(merchant.ctx);
    if (oldest === undefined) throw new Error("There are none.");
    await deleteCallbackEndpoint(merchant.ctx, oldest.endpoint.id);
    expect(await codeOf(setDefault(merchant, NOWHERE))).toBe("found");
  });

  it("refuse a type of event that does not exist, at its place", async () => {
    const merchant = await system.merchant();
    await expect(
      endpointAt(merchant, NOWHERE, { eventTypes: ["invoice.paid", "invoice.payed"] }),
    ).rejects.toMatchObject({ code: "event_type_unknown", pointer: "/event_types/1" });
    const { endpoint } = await endpointAt(merchant, NOWHERE);
    await expect(
      updateCallbackEndpoint(merchant.ctx, endpoint.id, { eventTypes: ["sms.queued"] }, null),
    ).rejects.toMatchObject({ code: "event_type_unknown", pointer: "/event_types/0" });
  });

  it("need their scopes", async () => {
    const merchant = await system.merchant();
    const { endpoint } = await endpointAt(merchant, NOWHERE);
    const reader: TestMerchant["ctx"] = {
      ...merchant.ctx,
      actor: { kind: "api_key", id: "key_0000000000000000000000" as never, scopes: ["callbacks:read"] },
    };
    expect((await getCallbackEndpoint(reader, endpoint.id)).endpoint.id).toBe(endpoint.id);
    expect(await codeOf(updateCallbackEndpoint(reader, endpoint.id, {}, null))).toBe("permission_denied");
    expect(await codeOf(rotateSecret(reader, endpoint.id, 24))).toBe("permission_denied");
    expect(await codeOf(testEndpoint(reader, endpoint.id))).toBe("permission_denied");
    expect(await codeOf(deleteCallbackEndpoint(reader, endpoint.id))).toBe("permission_denied");
  });

  it("of another merchant or the other mode read as if they did not exist, with their deliveries", async () => {
    const [ours, theirs] = [await system.merchant(), await system.merchant()];
    const { endpoint } = await endpointAt(theirs, NOWHERE);
    await cancelOne(theirs);
    const [delivery] = await deliveriesOf(system, theirs);
    if (delivery === undefined) throw new Error("There is no delivery.");
    const live = { ...theirs.ctx, tenant: { ...theirs.tenant, mode: "live" as const } };
    for (const ctx of [ours.ctx, live]) {
      expect(await codeOf(getCallbackEndpoint(ctx, endpoint.id))).toBe("endpoint_not_found");
      expect(await codeOf(updateCallbackEndpoint(ctx, endpoint.id, { isEnabled: false }, null))).toBe(
        "endpoint_not_found",
      );
      expect(await codeOf(rotateSecret(ctx, endpoint.id, 24))).toBe("endpoint_not_found");
      expect(await codeOf(testEndpoint(ctx, endpoint.id))).toBe("endpoint_not_found");
      expect(await codeOf(deleteCallbackEndpoint(ctx, endpoint.id))).toBe("endpoint_not_found");
      expect(await codeOf(getDelivery(ctx, delivery.id))).toBe("delivery_not_found");
      expect(await codeOf(resendDelivery(ctx, delivery.id))).toBe("delivery_not_found");
      expect(await listCallbackEndpoints(ctx)).toEqual([]);
    }
    await cancelOne(ours);
    expect(await deliveriesOf(system, ours)).toEqual([]);
    expect((await getCallbackEndpoint(theirs.ctx, endpoint.id)).endpoint).toMatchObject({
      isEnabled: true,
      version: 1,
    });
  });
});

describe("an endpoint that is changed", () => {
  it("gets what is still to be delivered at its new address", async () => {
    const merchant = await system.merchant();
    const [old, fresh] = [await listenWith(500), await listen()];
    const { endpoint } = await endpointAt(merchant, old.url);
    await cancelOne(merchant);
    await deliverPending(system, merchant);
    const url = await vet(fresh.url);
    const after = await updateCallbackEndpoint(merchant.ctx, endpoint.id, { url, description: "New" }, null);
    expect(after.endpoint).toMatchObject({ version: 2, description: "New", failingSince: null });
    await deliverPending(system, merchant);
    expect([old.received.length, fresh.received.length]).toEqual([1, 1]);
    expect((await deliveriesOf(system, merchant))[0]).toMatchObject({ state: "delivered", attempts: 2 });
    expect(await auditOf(merchant, endpoint.id)).toEqual(["endpoint.created", "endpoint.updated"]);
  });

  it("is changed once where two who saw the same version change it at once", async () => {
    const merchant = await system.merchant();
    const { endpoint } = await endpointAt(merchant, NOWHERE);
    const codes = await Promise.all(
      ["A", "B"].map((description) =>
        codeOf(updateCallbackEndpoint(merchant.ctx, endpoint.id, { description }, 1)),
      ),
    );
    expect(codes.sort()).toEqual(["found", "version_conflict"]);
    expect((await getCallbackEndpoint(merchant.ctx, endpoint.id)).endpoint.version).toBe(2);
  });

  it("and switched off takes nothing more, and goes on where it was when it is on again", async () => {
    const merchant = await system.merchant();
    const receiver = await listen();
    const { endpoint } = await endpointAt(merchant, receiver.url);
    await cancelOne(merchant);
    const off = await updateCallbackEndpoint(merchant.ctx, endpoint.id, { isEnabled: false }, null);
    expect(off.endpoint).toMatchObject({ disabledReason: "merchant" });
    await cancelOne(merchant);
    await updateCallbackEndpoint(merchant.ctx, endpoint.id, { isEnabled: true }, null);
    await deliverPending(system, merchant);
    expect(receiver.received).toHaveLength(1);
    const { endpoint: on } = await getCallbackEndpoint(merchant.ctx, endpoint.id);
    expect(on).toMatchObject({ isEnabled: true, disabledAt: null, disabledReason: null, version: 3 });
  });

  it("and deleted is gone, with what was to be delivered to it, and its secret", async () => {
    const merchant = await system.merchant();
    const receiver = await listen();
    const { endpoint } = await endpointAt(merchant, receiver.url);
    await cancelOne(merchant);
    const results = await Promise.all(
      [1, 2, 3].map(() => codeOf(deleteCallbackEndpoint(merchant.ctx, endpoint.id))),
    );
    expect(results.sort()).toEqual(["endpoint_not_found", "endpoint_not_found", "found"]);
    await deliverPending(system, merchant);
    expect(receiver.received).toHaveLength(0);
    const [delivery] = await deliveriesOf(system, merchant);
    expect(delivery).toMatchObject({ state: "failed", attempts: 0 });
    await cancelOne(merchant);
    expect(await deliveriesOf(system, merchant)).toHaveLength(1);
    expect(await listCallbackEndpoints(merchant.ctx)).toEqual([]);
    const { rows } = await system.superuser.query("select secret from callback_endpoints where id = $1", [
      endpoint.id,
    ]);
    expect(rows[0].secret).toBeNull();
    expect(await auditOf(merchant, endpoint.id)).toEqual(["endpoint.created", "endpoint.deleted"]);
    if (delivery === undefined) throw new Error("There is no delivery.");
    expect(await codeOf(resendDelivery(merchant.ctx, delivery.id))).toBe("endpoint_not_found");
  });

  it("and deleted while a try is on its way harms neither", async () => {
    const merchant = await system.merchant();
    const receiver = await listen((response) => {
      void deleteCallbackEndpoint(merchant.ctx, endpoint.id).then(() => response.writeHead(410).end());
    });
    const { endpoint } = await endpointAt(merchant, receiver.url);
    await cancelOne(merchant);
    await deliverPending(system, merchant);
    expect((await deliveriesOf(system, merchant)).map((one) => one.state)).toEqual(["failed"]);
  });
});

describe("the default endpoint", () => {
  it("is the address of the profile: changed in either place, and cleared by deleting it", async () => {
    const merchant = await system.merchant();
    await setDefault(merchant, NOWHERE);
    const [listed] = await listCallbackEndpoints(merchant.ctx);
    const id = listed?.endpoint.id as never;
    await updateCallbackEndpoint(merchant.ctx, id, { url: await vet(`${NOWHERE}/2`) }, null);
    expect((await getMerchant(merchant.ctx)).callbackUrl).toBe(`${NOWHERE}/2`);
    await deleteCallbackEndpoint(merchant.ctx, id);
    expect((await getMerchant(merchant.ctx)).callbackUrl).toBeNull();
    await setDefault(merchant, `${NOWHERE}/3`);
    const [again] = await listCallbackEndpoints(merchant.ctx);
    expect(again?.endpoint).toMatchObject({ url: `${NOWHERE}/3`, isDefault: true, isEnabled: true });
    expect(again?.endpoint.id).not.toBe(id);
    await setDefault(merchant, null);
    expect(await listCallbackEndpoints(merchant.ctx)).toEqual([]);
  });

  it("makes room for an invoice's own address; the others do not", async () => {
    const merchant = await system.merchant();
    const [standard, other, own] = [await listen(), await listen(), await listen()];
    await setDefault(merchant, standard.url);
    await endpointAt(merchant, other.url);
    await cancelOne(merchant, { callbackUrl: await vet(own.url) });
    await deliverPending(system, merchant);
    expect([standard, other, own].map(({ received }) => received.length)).toEqual([0, 1, 1]);
  });

  it("rotates the mode's secret, which signs for invoices' own addresses too", async () => {
    const merchant = await system.merchant();
    const [standard, own] = [await listen(), await listen()];
    await setDefault(merchant, standard.url);
    const before = await readCallbackSecret(merchant.ctx);
    const [listed] = await listCallbackEndpoints(merchant.ctx);
    const { secret } = await rotateSecret(merchant.ctx, listed?.endpoint.id as never, 24);
    expect(await readCallbackSecret(merchant.ctx)).toBe(secret);
    await cancelOne(merchant);
    await cancelOne(merchant, { callbackUrl: await vet(own.url) });
    await deliverPending(system, merchant);
    for (const call of [standard.received[0], own.received[0]]) {
      expect([isGenuine(call, secret), isGenuine(call, before)]).toEqual([true, true]);
    }
  });
});

describe("a secret that is rotated", () => {
  it("signs beside the new one until its time is over, also what was pending by then", async () => {
    const merchant = await system.merchant();
    const receiver = await listen();
    const { endpoint, secret: first } = await endpointAt(merchant, receiver.url);
    await cancelOne(merchant);
    const { secret: second, previousSecretExpiresAt } = await rotateSecret(merchant.ctx, endpoint.id, 24);
    expect(second).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(second).not.toBe(first);
    expect(Math.round(((previousSecretExpiresAt?.getTime() ?? 0) - Date.now()) / 3_600_000)).toBe(24);
    await deliverPending(system, merchant);
    const [during] = receiver.received;
    expect([isGenuine(during, first), isGenuine(during, second)]).toEqual([true, true]);
    expect(String(during?.headers["webhook-signature"]).split(" ")).toHaveLength(2);
    await system.superuser.query(
      "update callback_endpoints set previous_secret_expires_at = now() - interval '1 second' where id = $1",
      [endpoint.id],
    );
    await cancelOne(merchant);
    await deliverPending(system, merchant);
    const [, after] = receiver.received;
    expect([isGenuine(after, first), isGenuine(after, second)]).toEqual([false, true]);
    expect((await getCallbackEndpoint(merchant.ctx, endpoint.id)).previousSecretExpiresAt).toBeNull();
    expect(await auditOf(merchant, endpoint.id)).toEqual(["endpoint.created", "endpoint.secret_rotated"]);
  });

  it("signs no more at once where no overlap is wanted", async () => {
    const merchant = await system.merchant();
    const receiver = await listen();
    const { endpoint, secret: leaked } = await endpointAt(merchant, receiver.url);
    const { secret } = await rotateSecret(merchant.ctx, endpoint.id, 0);
    await cancelOne(merchant);
    await deliverPending(system, merchant);
    expect([isGenuine(receiver.received[0], leaked), isGenuine(receiver.received[0], secret)]).toEqual([
      false,
      true,
    ]);
  });

  it("by many at once ends with one that works, the one that the last was told", async () => {
    const merchant = await system.merchant();
    const receiver = await listen();
    const { endpoint } = await endpointAt(merchant, receiver.url);
    const rotated = await Promise.all([1, 2, 3, 4].map(() => rotateSecret(merchant.ctx, endpoint.id, 1)));
    const last = rotated.find((one) => one.endpoint.version === 5);
    await cancelOne(merchant);
    await deliverPending(system, merchant);
    expect(isGenuine(receiver.received[0], last?.secret ?? "")).toBe(true);
    expect(rotated.filter((one) => isGenuine(receiver.received[0], one.secret))).toHaveLength(2);
  });
});

describe("a test of an endpoint", () => {
  it("reaches this endpoint alone, on or off and whatever it wants, with an event about itself", async () => {
    const merchant = await system.merchant();
    const [tried, other] = [await listen(), await listen()];
    await endpointAt(merchant, other.url);
    const { endpoint, secret } = await endpointAt(merchant, tried.url, {
      isEnabled: false,
      eventTypes: ["invoice.paid"],
    });
    const delivery = await testEndpoint(merchant.ctx, endpoint.id);
    expect(delivery).toMatchObject({ state: "pending", eventType: "endpoint.test", invoiceId: null });
    await deliverPending(system, merchant);
    expect([tried.received.length, other.received.length]).toEqual([1, 0]);
    expect(isGenuine(tried.received[0], secret)).toBe(true);
    expect(JSON.parse(tried.received[0]?.body ?? "")).toMatchObject({
      type: "endpoint.test",
      sequence: 0,
      data: { endpoint: { id: endpoint.id, url: tried.url, is_enabled: false } },
    });
  });

  it("is tried once", async () => {
    const merchant = await system.merchant();
    const receiver = await listenWith(500);
    const { endpoint } = await endpointAt(merchant, receiver.url);
    const { id } = await testEndpoint(merchant.ctx, endpoint.id);
    await deliverCallback(merchant.system, { deliveryId: id, attemptNumber: 1 });
    const { delivery, attempts } = await getDelivery(merchant.ctx, id);
    expect(delivery).toMatchObject({ state: "failed", attempts: 1, nextAttemptAt: null });
    expect(attempts).toMatchObject([{ status: 500, url: receiver.url, resolvedIp: "127.0.0.1" }]);
  });
});
