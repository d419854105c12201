import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SCOPES, type Scope } from "#lib/domain/tenant.ts";
import {
  createKeyOperation,
  getKeyOperation,
  listKeysOperation,
  revokeKeyOperation,
  rotateKeyOperation,
  updateKeyOperation,
} from "#lib/doors/native/keys.ts";
import { asSystem, createFullKey } from "../../scripts/stack/merchant.ts";
import { openDoor } from "./door.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;
let merchant: TestMerchant;
let door: ReturnType<typeof openDoor>;

beforeAll(async () => {
  system = await openSystem();
  merchant = await system.merchant();
  door = openDoor(system.deps, {
    "/keys": { GET: listKeysOperation, POST: createKeyOperation },
    "/keys/{id}": { GET: getKeyOperation, PATCH: updateKeyOperation },
    "/keys/{id}/rotate": { POST: rotateKeyOperation },
    "/keys/{id}/revoke": { POST: revokeKeyOperation },
  });
});
afterAll(() => system.close());

interface MadeKey {
  readonly id: string;
  readonly key: string;
  readonly version: number;
}

async function make(fields: Record<string, unknown> = {}, by = merchant.apiKey): Promise<MadeKey> {
  const body = { name: "Till", scopes: ["keys:read", "keys:write"], ...fields };
  const { status, json } = await door("POST", "/keys", { key: by, body });
  expect(status).toBe(201);
  return json as unknown as MadeKey;
}

const works = async (key: string, from?: string) =>
  (await door("GET", "/keys?limit=1", { key, from })).status === 200;

const ownId = async (key: string) => {
  const { rows } = await system.superuser.query("select api_key_id from api_key_routes where key_hash = $1", [
    system.deps.vault.hash(key),
  ]);
  return String(rows[0]?.api_key_id);
};

const auditOf = async (id: string) => {
  const { rows } = await system.superuser.query(
    "select act, detail from audit_entries where subject_id = $1 order by at",
    [id],
  );
  return rows.map(({ act }) => String(act));
};

describe("a key made by the API", () => {
  it("works, is of the caller's mode, is shown once and is stored nowhere", async () => {
    const made = await make({ name: "Cash desk" });
    expect(made.key).toMatch(/^btk_test_[0-9A-Za-z]{38}$/);
    expect(await works(made.key)).toBe(true);
    const { json } = await door("GET", `/keys/${made.id}`, { key: merchant.apiKey });
    expect(json).toMatchObject({ name: "Cash desk", state: "active", mode: "test", replaced_by: null });
    expect(json.hint).toBe(made.key.slice(0, 13));
    expect(Object.keys(json)).not.toContain("key");
    const { rows } = await system.superuser.query(
      `select to_jsonb(t)::text as row from api_keys t union all select to_jsonb(t)::text from api_key_routes t
       union all select to_jsonb(t)::text from idempotency_keys t union all select to_jsonb(t)::text from audit_entries t`,
    );
    expect(rows.some(({ row }) => String(row).includes(made.key.slice(14)))).toBe(false);
    expect(await auditOf(made.id)).toEqual(["key.created"]);
  });

  it("opens no more than its maker holds", async () => {
    const narrow = await make({ scopes: ["keys:write", "invoices:read"] });
    const body = { name: "More", scopes: ["invoices:read", "invoices:write"] };
    const { status, json } = await door("POST", "/keys", { key: narrow.key, body });
    expect(status).toBe(403);
    expect(json).toMatchObject({ code: "scope_not_held", errors: [{ pointer: "/scopes/1" }] });
  });

  it("needs keys:write to be made, keys:read to be seen", async () => {
    const reader = await make({ scopes: ["keys:read"] });
    const writer = await make({ scopes: ["keys:write"] });
    const body = { name: "X", scopes: ["keys:read"] };
    expect((await door("POST", "/keys", { key: reader.key, body })).json.code).toBe("permission_denied");
    expect((await door("GET", "/keys", { key: writer.key })).json.code).toBe("permission_denied");
  });

  it("is given again for the same Idempotency-Key, to the same caller alone", async () => {
    const headers = { "idempotency-key": "1" };
    const body = { name: "Once", scopes: [...SCOPES] };
    const first = await door("POST", "/keys", { key: merchant.apiKey, body, headers });
    const again = await door("POST", "/keys", { key: merchant.apiKey, body, headers });
    expect(again.text).toBe(first.text);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    const weak = await make({ scopes: ["keys:write"] });
    const stolen = await door("POST", "/keys", { key: weak.key, body, headers });
    expect(stolen.json.code).toBe("scope_not_held");
  });

  it("ends by itself", async () => {
    const { id, key } = await make({ expires_at: new Date(Date.now() + 3_600_000).toISOString() });
    expect(await works(key)).toBe(true);
    await system.superuser.query("update api_key_routes set expires_at = now() where api_key_id = $1", [id]);
    expect(await works(key)).toBe(false);
    const { json } = await door("GET", `/keys/${id}`, { key: merchant.apiKey });
    expect(json.state).toBe("expired");
    const past = { name: "Past", scopes: ["keys:read"], expires_at: "2020-01-01T00:00:00Z" };
    const refused = await door("POST", "/keys", { key: merchant.apiKey, body: past });
    expect(refused.json).toMatchObject({ code: "expiry_out_of_range", errors: [{ pointer: "/expires_at" }] });
  });

  it("of another merchant or the other mode reads as if it did not exist", async () => {
    const other = await system.merchant();
    const theirs = await ownId(other.apiKey);
    const live = await ownId(await createFullKey(asSystem(system.deps, merchant.merchantId, "live"), "Live"));
    for (const id of [theirs, live, "key_x", "inv_0000000000000000000000"]) {
      const path = `/keys/${id}`;
      const { key } = { key: merchant.apiKey };
      const patch = { version: 1, name: "Ours" };
      expect((await door("GET", path, { key })).json.code).toBe("key_not_found");
      expect((await door("PATCH", path, { key, body: patch })).json.code).toBe("key_not_found");
      expect((await door("POST", `${path}/rotate`, { key })).json.code).toBe("key_not_found");
      expect((await door("POST", `${path}/revoke`, { key })).json.code).toBe("key_not_found");
    }
    expect(await works(other.apiKey)).toBe(true);
    const { json } = await door("GET", "/keys?limit=100", { key: merchant.apiKey });
    const ids = (json.data as unknown as { id: string }[]).map(({ id }) => id);
    expect(ids).not.toContain(theirs);
    expect(ids).not.toContain(live);
  });

  it("is one of at most 50 that can be used, however many are made at once", async () => {
    const full = await system.merchant();
    const body = { name: "One of many", scopes: ["keys:read"] };
    for (let count = 1; count < 45; count += 1) await door("POST", "/keys", { key: full.apiKey, body });
    const answers = await Promise.all(
      Array.from({ length: 15 }, () => door("POST", "/keys", { key: full.apiKey, body })),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(5);
    const refused = answers.filter(({ status }) => status !== 201);
    expect(new Set(refused.map(({ json }) => String(json.code)))).toEqual(new Set(["key_limit_reached"]));
    const one = answers.find(({ status }) => status === 201)?.json.id;
    await door("POST", `/keys/${one}/revoke`, { key: full.apiKey });
    expect((await door("POST", "/keys", { key: full.apiKey, body })).status).toBe(201);
  });
});

describe("a key that is changed", () => {
  it("opens less with the next request, and more only by who holds more", async () => {
    const made = await make({ scopes: ["keys:read", "keys:write", "invoices:read"] });
    const path = `/keys/${made.id}`;
    const fewer = { version: 1, scopes: ["keys:write"] };
    expect((await door("PATCH", path, { key: made.key, body: fewer })).json).toMatchObject({ version: 2 });
    expect(await works(made.key)).toBe(false);
    const more = { version: 2, scopes: ["keys:write", "keys:read"] };
    const refused = await door("PATCH", path, { key: made.key, body: more });
    expect(refused.json).toMatchObject({ code: "scope_not_held", errors: [{ pointer: "/scopes/1" }] });
    expect((await door("PATCH", path, { key: merchant.apiKey, body: more })).status).toBe(200);
    expect(await works(made.key)).toBe(true);
    expect(await auditOf(made.id)).toEqual(["key.created", "key.updated", "key.updated"]);
  });

  it("is changed by one of two who saw the same version", async () => {
    const { id } = await make();
    const answers = await Promise.all(
      ["One", "Two", "Three"].map((name) =>
        door("PATCH", `/keys/${id}`, { key: merchant.apiKey, body: { version: 1, name } }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
  });

  it.each([
    [{ name: "No version" }, "/version"],
    [{ version: 1, scopes: [] }, "/scopes"],
    [{ version: 1, scopes: ["keys:read", "keys:read"] }, "/scopes"],
    [{ version: 1, scopes: ["everything"] }, "/scopes/0"],
    [{ version: 1, allowed_networks: [] }, "/allowed_networks"],
    [{ version: 1, allowed_networks: ["10.0.0.5/8"] }, "/allowed_networks/0"],
    [{ version: 1, allowed_networks: ["10.0.0.1", "10.0.0.1/32"] }, "/allowed_networks"],
    [{ version: 1, key: "mine" }, "/key"],
  ])("is refused what makes no sense: %j", async (body, pointer) => {
    const { id } = await make();
    const { status, json } = await door("PATCH", `/keys/${id}`, { key: merchant.apiKey, body });
    expect(status).toBe(422);
    expect(json.errors).toMatchObject([{ pointer }]);
  });
});

describe("a key that is bound to networks", () => {
  it("works from them alone, and every refusal is the same", async () => {
    const bound = await make({ allowed_networks: ["203.0.113.0/24", "2001:db8::/32", "198.51.100.9"] });
    for (const from of ["203.0.113.7", "::ffff:203.0.113.7", "2001:db8::5", "198.51.100.9"]) {
      expect(await works(bound.key, from), from).toBe(true);
    }
    for (const from of ["203.0.114.7", "2001:db9::5", "198.51.100.8", undefined]) {
      expect(await works(bound.key, from), String(from)).toBe(false);
    }
    const away = await door("GET", "/keys", { key: bound.key, from: "192.0.2.1" });
    const unknown = await door("GET", "/keys", { key: merchant.apiKey.replace("btk", "xyz") });
    const body = ({ json }: typeof away) => ({ ...json, request_id: null });
    expect(body(away)).toEqual(body(unknown));
    expect(away.headers.get("www-authenticate")).toBe(unknown.headers.get("www-authenticate"));
  });

  it("is not moved by what a caller writes into a header", async () => {
    const { key } = await make({ allowed_networks: ["203.0.113.7"] });
    const forged = { "x-forwarded-for": "203.0.113.7", "x-real-ip": "203.0.113.7" };
    expect((await door("GET", "/keys", { key, from: "192.0.2.1", headers: forged })).status).toBe(401);
    const behindProxy = { from: "10.0.0.1", trustedHops: 1 };
    const through = (chain: string) => ({ key, ...behindProxy, headers: { "x-forwarded-for": chain } });
    expect((await door("GET", "/keys", through("203.0.113.7, 192.0.2.1"))).status).toBe(401);
    expect((await door("GET", "/keys", through("192.0.2.1, 203.0.113.7"))).status).toBe(200);
  });

  it("is set free again", async () => {
    const { id, key } = await make({ allowed_networks: ["203.0.113.7"] });
    expect(await works(key)).toBe(false);
    const body = { version: 1, allowed_networks: null };
    expect((await door("PATCH", `/keys/${id}`, { key: merchant.apiKey, body })).status).toBe(200);
    expect(await works(key)).toBe(true);
  });
});

describe("a key that is replaced", () => {
  it("goes on working for the overlap, beside one that opens the same", async () => {
    const old = await make({ scopes: ["keys:read", "keys:write"], allowed_networks: ["203.0.113.7"] });
    const before = Date.now();
    const { status, json } = await door("POST", `/keys/${old.id}/rotate`, {
      key: old.key,
      from: "203.0.113.7",
      body: { overlap_hours: 2 },
    });
    expect(status).toBe(201);
    expect(json).toMatchObject({ scopes: ["keys:read", "keys:write"], allowed_networks: ["203.0.113.7"] });
    const fresh = json as unknown as MadeKey;
    expect(await works(fresh.key, "203.0.113.7")).toBe(true);
    expect(await works(old.key, "203.0.113.7")).toBe(true);
    const replaced = (await door("GET", `/keys/${old.id}`, { key: merchant.apiKey })).json;
    expect(replaced.replaced_by).toBe(fresh.id);
    const hours = (Date.parse(String(replaced.expires_at)) - before) / 3_600_000;
    expect(hours).toBeGreaterThan(1.99);
    expect(hours).toBeLessThan(2.02);
    await system.superuser.query("update api_key_routes set expires_at = now() where api_key_id = $1", [
      old.id,
    ]);
    expect(await works(old.key, "203.0.113.7")).toBe(false);
    const again = await door("POST", `/keys/${old.id}/rotate`, { key: merchant.apiKey });
    expect(again.json.code).toBe("key_state_conflict");
  });

  it("ends at once with no overlap", async () => {
    const old = await make();
    const { json } = await door("POST", `/keys/${old.id}/rotate`, {
      key: merchant.apiKey,
      body: { overlap_hours: 0 },
    });
    expect(await works(old.key)).toBe(false);
    expect(await works(String(json.key))).toBe(true);
  });

  it("has one successor, however often it is replaced at once", async () => {
    const old = await make();
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => door("POST", `/keys/${old.id}/rotate`, { key: merchant.apiKey })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409]);
  });

  it("is not given to who holds less than it opens", async () => {
    const weak = await make({ scopes: ["keys:write"] });
    const id = await ownId(merchant.apiKey);
    const { json } = await door("POST", `/keys/${id}/rotate`, { key: weak.key });
    expect(json.code).toBe("scope_not_held");
  });
});

describe("a key that is revoked", () => {
  it("is refused with the next request, like any that never was", async () => {
    const made = await make();
    expect(await works(made.key)).toBe(true);
    const { json } = await door("POST", `/keys/${made.id}/revoke`, { key: merchant.apiKey });
    expect(json).toMatchObject({ state: "revoked" });
    expect((await door("GET", "/keys", { key: made.key })).status).toBe(401);
    const again = await door("POST", `/keys/${made.id}/revoke`, { key: merchant.apiKey });
    expect(again.json.revoked_at).toBe(json.revoked_at);
    const late = { version: json.version, name: "Late" };
    const changed = await door("PATCH", `/keys/${made.id}`, { key: merchant.apiKey, body: late });
    expect(changed.json.code).toBe("key_state_conflict");
    expect(await auditOf(made.id)).toEqual(["key.created", "key.revoked"]);
  });

  it("may be the caller's own", async () => {
    const made = await make();
    expect((await door("POST", `/keys/${made.id}/revoke`, { key: made.key })).status).toBe(200);
    expect(await works(made.key)).toBe(false);
  });

  it("is never the last that manages keys, unless that is meant", async () => {
    const alone = await system.merchant();
    const id = await ownId(alone.apiKey);
    const { key } = { key: alone.apiKey };
    expect((await door("POST", `/keys/${id}/revoke`, { key })).json.code).toBe("key_state_conflict");
    const body = { version: 1, scopes: SCOPES.filter((scope: Scope) => scope !== "keys:write") };
    expect((await door("PATCH", `/keys/${id}`, { key, body })).json.code).toBe("key_state_conflict");
    expect((await door("POST", `/keys/${id}/revoke`, { key, body: { force: true } })).status).toBe(200);
    expect(await works(key)).toBe(false);
  });

  it("leaves one that manages keys, where the last two are revoked at once", async () => {
    const two = await system.merchant();
    const second = await make({}, two.apiKey);
    const first = await ownId(two.apiKey);
    const answers = await Promise.all([
      door("POST", `/keys/${first}/revoke`, { key: second.key }),
      door("POST", `/keys/${second.id}/revoke`, { key: two.apiKey }),
    ]);
    expect(answers.map(({ status }) => status).sort()).not.toEqual([200, 200]);
    const left = [await works(two.apiKey), await works(second.key)];
    expect(left.filter(Boolean)).toHaveLength(1);
  });

  it("is refused at every use from then on, also while it is being used", async () => {
    const made = await make();
    let isRevoked = false;
    const late: number[] = [];
    const calls = Array.from({ length: 40 }, async (_, index) => {
      if (index === 10) {
        await door("POST", `/keys/${made.id}/revoke`, { key: merchant.apiKey });
        isRevoked = true;
      }
      const began = isRevoked;
      const { status } = await door("GET", "/keys?limit=1", { key: made.key });
      if (began) late.push(status);
    });
    await Promise.all(calls);
    late.push((await door("GET", `/keys?limit=1&cursor=${randomUUID()}`, { key: made.key })).status);
    expect(new Set(late)).toEqual(new Set([401]));
  });
});
