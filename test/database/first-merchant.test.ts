import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { MerchantId } from "#lib/domain/ids.ts";
import { createMerchant } from "#lib/services/merchants/create.ts";
import { acceptInvitation } from "#lib/services/people/invitations.ts";
import type { RealAccount } from "../../scripts/stack/credentials.ts";
import { ensureFirstMerchant } from "../../scripts/stack/first-merchant.ts";
import { inviteFirstOwner } from "../../scripts/stack/first-owner.ts";
import { asSystem, createFullKey } from "../../scripts/stack/merchant.ts";
import { Sentence } from "../../scripts/stack/sentence.ts";
import { openSystem, type TestSystem } from "./system.ts";

let system: TestSystem;

beforeEach(async () => {
  system = await openSystem();
});
afterEach(() => system.close());

const ENVIRONMENT = {
  MERCHANT_NAME: "First",
  MERCHANT_COUNTRY: "NO",
  MERCHANT_TIME_ZONE: "eUROPE/oSLO",
};

const account = (secretKey: string): RealAccount => ({
  mode: "live",
  input: {
    kind: "card",
    target: "provider",
    baseUrl: null,
    settings: {},
    bounds: {},
    credentials: { secretKey, webhookSecret: "whsec_x" },
  },
});

const start = (accounts: readonly RealAccount[] = [], environment: Record<string, string> = ENVIRONMENT) =>
  ensureFirstMerchant(system.deps, environment, accounts);

/** A merchant that the environment did not make. */
async function another(name: string): Promise<MerchantId> {
  const merchantId = await createMerchant(system.deps, {
    name,
    legalName: name,
    address: null,
    contactEmail: null,
    contactPhone: null,
    country: "NO",
    timeZone: "Europe/Oslo",
    locale: "en",
    methods: ["card"],
    purchaseCategory: null,
    registeredHosts: [],
    smsCapPerDayInTest: 3,
  });
  await createFullKey(asSystem(system.deps, merchantId, "live"), "Key");
  return merchantId;
}

/** Which merchants have a card account, by name, with how often each was stored. */
async function cardAccounts() {
  const { rows } = await system.superuser.query<{ name: string }>(
    "select m.name from rail_accounts a join merchants m on m.id = a.merchant_id where a.kind = 'card' order by 1",
  );
  return rows.map((row) => row.name);
}

async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return error instanceof Sentence ? error.message : String(error);
}

describe("the accounts of the environment", () => {
  it("stay with the merchant that the environment made, whoever else is there", async () => {
    const secrets = await start([account("sk_live_1")]);
    expect(secrets?.apiKey).toMatch(/^btk_live_/);
    for (const name of ["A", "B", "C", "D", "E"]) await another(name);
    for (const key of ["sk_live_1", "sk_live_2", "sk_live_3"]) expect(await start([account(key)])).toBeNull();
    expect(await cardAccounts()).toEqual(["First"]);
    const { rows } = await system.superuser.query("select time_zone from merchants where name = 'First'");
    expect(rows).toEqual([{ time_zone: "Europe/Oslo" }]);
  });

  it("go to a merchant that is alone, and stay with it when others come", async () => {
    await another("Alone");
    await start([account("sk_live_1")]);
    await another("Other");
    await start([account("sk_live_2")]);
    expect(await cardAccounts()).toEqual(["Alone"]);
  });

  it("go to nobody where nobody can tell whose they are", async () => {
    await another("One");
    await another("Two");
    expect(await refusal(start([account("sk_live_1")]))).toMatch(/^There are 2 merchants, and none is known/);
    expect(await cardAccounts()).toEqual([]);
    expect(await start()).toBeNull();
  });

  it("go to no merchant of a development installation, which does not become a live one", async () => {
    await system.merchant({ name: "Demo" });
    const before = await cardAccounts();
    expect(await refusal(start([account("sk_live_1")]))).toMatch(/development installation \(Demo\)/);
    expect(await refusal(start())).toMatch(/development installation \(Demo\)/);
    expect(await cardAccounts()).toEqual(before);
  });
});

describe("a live installation", () => {
  it("starts again also where a development start has put its merchant beside", async () => {
    await start([account("sk_live_1")]);
    await system.merchant({ name: "Demo" });
    await start([account("sk_live_2")]);
    const { rows } = await system.superuser.query(
      "select count(*)::int as n from rail_accounts where kind = 'card' and mode = 'live'",
    );
    expect(rows[0].n).toBe(1);
  });
});

describe("the first start", () => {
  it("names the setting that is wrong, and makes nothing", async () => {
    const wrong = { ...ENVIRONMENT, MERCHANT_TIME_ZONE: "Mars/Olympus" };
    expect(await refusal(start([], wrong))).toMatch(/MERCHANT_TIME_ZONE: must be an IANA time zone/);
    const { rows } = await system.superuser.query("select count(*)::int as n from merchants");
    expect(rows[0].n).toBe(0);
  });
});

describe("the first owner", () => {
  const invite = (email: string) => inviteFirstOwner(system.deps, { MERCHANT_OWNER_EMAIL: email });

  it("is made by the link of the last start, once, while there is none", async () => {
    await start();
    expect(await inviteFirstOwner(system.deps, {})).toBeNull();
    const first = await invite("ann@example.com");
    const second = await invite("ann@example.com");
    const accept = (link: string | null) =>
      acceptInvitation(system.deps, {
        token: link?.split("/").at(-1) ?? "",
        name: "Ann",
        password: "harbour lantern seven",
        source: { address: null, userAgent: "" },
        correlationId: "web_test",
      });
    await expect(accept(first)).rejects.toMatchObject({ code: "link_dead" });
    expect((await accept(second)).session).not.toBeNull();
    expect(await invite("ann@example.com")).toBeNull();
  });

  it("must have an address", async () => {
    await start();
    await expect(invite("ann")).rejects.toBeInstanceOf(Sentence);
  });
});
