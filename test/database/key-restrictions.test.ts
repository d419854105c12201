import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createKeyOperation,
  getKeyOperation,
  rotateKeyOperation,
  updateKeyOperation,
} from "#lib/doors/native/keys.ts";
import { openDoor } from "./door.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;
let merchant: TestMerchant;
let door: ReturnType<typeof openDoor>;

beforeAll(async () => {
  system = await openSystem();
  merchant = await system.merchant();
  door = openDoor(system.deps, {
    "/keys": { POST: createKeyOperation },
    "/keys/{id}": { GET: getKeyOperation, PATCH: updateKeyOperation },
    "/keys/{id}/rotate": { POST: rotateKeyOperation },
  });
});
afterAll(() => system.close());

async function make(fields: Record<string, unknown>): Promise<{ readonly id: string; readonly key: string }> {
  const body = { name: "Till", scopes: ["keys:read", "keys:write"], ...fields };
  const { status, json } = await door("POST", "/keys", { key: merchant.apiKey, body });
  expect(status).toBe(201);
  return json as unknown as { id: string; key: string };
}

describe("a key that is bound", () => {
  const HOME = "203.0.113.7";
  const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
  const bound = () =>
    make({ allowed_networks: ["203.0.113.0/24", "2001:db8::/32"], expires_at: inHours(10) });
  const refusedAt = (pointer: string) => ({ code: "restriction_not_kept", errors: [{ pointer }] });

  it("makes keys that are bound as it is, unless they are bound more narrowly", async () => {
    const { id, key } = await bound();
    const post = (fields: object) =>
      door("POST", "/keys", { key, from: HOME, body: { name: "Child", scopes: ["keys:read"], ...fields } });
    const own = (await door("GET", `/keys/${id}`, { key: merchant.apiKey })).json;
    const child = (await post({})).json;
    expect(child.allowed_networks).toEqual(own.allowed_networks);
    expect(child.expires_at).toBe(own.expires_at);
    const narrower = { allowed_networks: [HOME, "2001:db8:5::/48"], expires_at: inHours(9) };
    expect((await post(narrower)).json).toMatchObject({ allowed_networks: narrower.allowed_networks });
    for (const [fields, pointer] of [
      [{ allowed_networks: null }, "/allowed_networks"],
      [{ allowed_networks: [HOME, "198.51.100.9"] }, "/allowed_networks/1"],
      [{ allowed_networks: ["203.0.112.0/23"] }, "/allowed_networks/0"],
      [{ allowed_networks: ["2001:db9::/32"] }, "/allowed_networks/0"],
      [{ expires_at: null }, "/expires_at"],
      [{ expires_at: inHours(11) }, "/expires_at"],
    ] as const) {
      const { status, json } = await post(fields);
      expect(status, pointer).toBe(403);
      expect(json).toMatchObject(refusedAt(pointer));
    }
  });

  it("replaces itself by one that is bound as it is, and no key by one that is bound less", async () => {
    const { id, key } = await bound();
    const free = await make({});
    const rotate = (which: string, body: object) =>
      door("POST", `/keys/${which}/rotate`, { key, from: HOME, body });
    expect((await rotate(id, { expires_at: null })).json).toMatchObject(refusedAt("/expires_at"));
    expect((await rotate(id, { expires_at: inHours(11) })).json).toMatchObject(refusedAt("/expires_at"));
    expect((await rotate(free.id, {})).json).toMatchObject(refusedAt("/expires_at"));
    const early = { expires_at: inHours(1) };
    expect((await rotate(free.id, early)).json).toMatchObject(refusedAt("/allowed_networks"));
    const own = (await door("GET", `/keys/${id}`, { key: merchant.apiKey })).json;
    const { status, json } = await rotate(id, {});
    expect(status).toBe(201);
    expect(json).toMatchObject({ allowed_networks: own.allowed_networks, expires_at: own.expires_at });
  });

  it("gives itself or another no network that it lacks, and takes any away", async () => {
    const { id, key } = await bound();
    const other = await make({ allowed_networks: ["198.51.100.9", HOME] });
    const patch = (which: string, version: number, allowed_networks: string[] | null) =>
      door("PATCH", `/keys/${which}`, { key, from: HOME, body: { version, allowed_networks } });
    expect((await patch(id, 1, null)).json).toMatchObject(refusedAt("/allowed_networks"));
    expect((await patch(id, 1, [HOME, "198.51.100.9"])).json).toMatchObject(refusedAt("/allowed_networks/1"));
    expect((await patch(other.id, 1, ["198.51.100.0/24"])).json).toMatchObject(
      refusedAt("/allowed_networks/0"),
    );
    expect((await patch(other.id, 1, null)).json).toMatchObject(refusedAt("/allowed_networks"));
    expect((await patch(other.id, 1, ["198.51.100.9", "203.0.113.8"])).status).toBe(200);
    expect((await patch(id, 1, [HOME])).status).toBe(200);
    expect((await patch(id, 2, ["203.0.113.0/24"])).json).toMatchObject(refusedAt("/allowed_networks/0"));
  });
});
