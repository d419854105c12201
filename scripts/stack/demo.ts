// The demo merchant of a development installation, and the file that lets anyone's script drive it.

import { argon2Sync, randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { findApiKeyRoute } from "#db/queries/routing/routes.ts";
import { addOwner } from "#db/queries/users.ts";
import { inTenant } from "#db/transaction.ts";
import type { MerchantId } from "#lib/domain/ids.ts";
import { readCallbackSecret } from "#lib/services/callbacks/secret.ts";
import { newId, type ServiceDeps } from "#lib/services/context.ts";
import { createMerchant } from "#lib/services/merchants/create.ts";
import type { RealAccount } from "./credentials.ts";
import { asSystem, connectSandbox, createFullKey, ensureRail } from "./merchant.ts";
import { writePrivate } from "./secrets.ts";

export interface Demo {
  readonly base_url: string;
  readonly sandbox_url: string;
  readonly merchant_id: string;
  readonly api_key: string;
  readonly callback_secret: string;
  readonly dashboard_email: string;
  readonly dashboard_password: string;
  readonly database_url: string;
  readonly doors: Readonly<Record<string, unknown>>;
}

export interface DemoInput {
  readonly path: string;
  readonly sandboxUrl: string;
  /** What a script may look into the database with: the web process's own login. */
  readonly databaseUrl: string;
  readonly realAccounts: readonly RealAccount[];
}

const EMAIL = "owner@demo.example";

/** The sandbox's subscribers who are charged in two steps: by a code, by a link, and slowly. */
const TWO_STEP_ENDINGS = ["31", "32", "33"];

/** Keeps the demo merchant of the file where the database still knows its key; else makes one. */
export async function ensureDemo(deps: ServiceDeps, input: DemoInput): Promise<Demo> {
  const earlier = readDemo(input.path);
  const known =
    earlier === null ? null : await findApiKeyRoute(deps.db, deps.vault.hash(earlier.api_key), null);
  const fresh = earlier === null || known === null ? await makeDemo(deps) : null;
  const merchantId = fresh?.merchantId ?? known?.tenant.merchantId;
  if (merchantId === undefined) throw new Error("The demo merchant was neither found nor made.");
  const ctx = asSystem(deps, merchantId, "test");
  await connectSandbox(ctx, {
    name: `demo-${merchantId}`,
    carrierAsksPayer: true,
    twoStepEndings: TWO_STEP_ENDINGS,
  });
  for (const { mode, input: account } of input.realAccounts) {
    await ensureRail(asSystem(deps, merchantId, mode), account);
  }
  const demo: Demo = {
    base_url: deps.addresses.origin,
    sandbox_url: input.sandboxUrl,
    merchant_id: merchantId,
    api_key: fresh?.apiKey ?? earlier?.api_key ?? "",
    callback_secret: await readCallbackSecret(ctx),
    dashboard_email: EMAIL,
    dashboard_password: fresh?.password ?? earlier?.dashboard_password ?? "",
    database_url: input.databaseUrl,
    doors: {},
  };
  writePrivate(input.path, demo);
  return demo;
}

function readDemo(path: string): Demo | null {
  if (!existsSync(path)) return null;
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Demo;
  } catch {
    return null;
  }
}

async function makeDemo(
  deps: ServiceDeps,
): Promise<{ readonly merchantId: MerchantId; readonly apiKey: string; readonly password: string }> {
  const merchantId = await createMerchant(deps, {
    name: "Fjord Swim Club",
    legalName: "Fjord Swim Club (demo)",
    address: "Harbour Street 1\n0150 Oslo\nNorway",
    contactEmail: "post@fjordswim.example",
    contactPhone: "+4722000000",
    country: "NO",
    timeZone: "Europe/Oslo",
    locale: "en",
    methods: ["carrier_billing", "card"],
    purchaseCategory: "tickets",
    registeredHosts: ["localhost", "127.0.0.1", "shop.example"],
    smsCapPerDayInTest: null,
  });
  const password = randomBytes(12).toString("base64url");
  await inTenant(deps.db, { merchantId, mode: "test" }, (tx) =>
    addOwner(tx, {
      merchantId,
      userId: newId(deps, "user"),
      email: EMAIL,
      passwordHash: hashPassword(password),
    }),
  );
  const apiKey = await createFullKey(asSystem(deps, merchantId, "test"), "Demo");
  return { merchantId, apiKey, password };
}

/** Argon2id as a PHC string: 19 MiB, two passes, one lane (OWASP's first recommendation). */
function hashPassword(password: string): string {
  const nonce = randomBytes(16);
  const parameters = { memory: 19_456, passes: 2, parallelism: 1 };
  const tag = argon2Sync("argon2id", { message: password, nonce, tagLength: 32, ...parameters });
  const text = (bytes: Buffer) => bytes.toString("base64").replace(/=+$/, "");
  return `$argon2id$v=19$m=${parameters.memory},t=${parameters.passes},p=${parameters.parallelism}$${text(nonce)}$${text(tag)}`;
}
