// A system of its own for one test file: a copy of the migrated database, real adapters, the real sandbox, and a
// listener for callbacks.

import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import pg from "pg";
import { inject } from "vitest";
import { parseConfig } from "#lib/config.ts";
import { createRuntime, type Runtime } from "#lib/context.ts";
import type { MerchantId } from "#lib/domain/ids.ts";
import { SCOPES, type Tenant } from "#lib/domain/tenant.ts";
import { receiveFromRail, receiveFromSmsProvider } from "#lib/doors/notifications/receive.ts";
import type { AuditLine } from "#lib/services/audit/run.ts";
import { describeLine, runAudit } from "#lib/services/audit/run.ts";
import { contextFor, type ServiceContext, type ServiceDeps } from "#lib/services/context.ts";
import { type CreateMerchantInput, createMerchant } from "#lib/services/merchants/create.ts";
import { registerJobs } from "#worker/jobs/register.ts";
import { asSystem, connectSandbox, createFullKey } from "../../scripts/stack/merchant.ts";

export interface TestMerchant {
  readonly merchantId: MerchantId;
  readonly tenant: Tenant;
  readonly apiKey: string;
  /** As its API key, with every scope. */
  readonly ctx: ServiceContext;
  /** As the system. */
  readonly system: ServiceContext;
  /** Name of its account at the sandbox. */
  readonly sandboxName: string;
}

export interface TestMerchantOptions extends Partial<CreateMerchantInput> {
  readonly carrierAsksPayer?: boolean;
  readonly carrierSteps?: "one" | "two";
}

export interface TestSystem {
  readonly deps: ServiceDeps;
  readonly sandboxUrl: string;
  /** As the database's superuser, for looking and for breaking. */
  readonly superuser: pg.Pool;
  readonly origin: string;
  merchant(options?: TestMerchantOptions): Promise<TestMerchant>;
  /** The address of the auditor's login at this system's database. */
  readonly auditUrl: string;
  /** Starts a worker in this process; jobs run until the system is closed. */
  startWorker(): Promise<Runtime>;
  /** A worker's runtime that claims nothing: the test runs its work. */
  openWorker(): Promise<Runtime>;
  /** For a worker that is a process of its own. */
  readonly workerEnvironment: Readonly<Record<string, string>>;
  /** Ends everything, after looking whether all that must hold still does. */
  close(options?: CloseOptions): Promise<void>;
}

export interface CloseOptions {
  /** Invariants that the file breaks on purpose, as a superuser. */
  readonly broken?: readonly string[];
}

/**
 * Opens a system on a fresh database. Rails' notifications reach its real doors over HTTP. Calls that come by the
 * dozen wait for a connection longer than a request would, unless a test is about that.
 */
export async function openSystem({ acquireTimeoutMs = 20_000 } = {}): Promise<TestSystem> {
  const servers = inject("servers");
  const inbound = await listenForNotifications();
  const { origin } = inbound;
  const database = `test_${randomBytes(6).toString("hex")}`;
  const admin = new pg.Client({ connectionString: servers.superuserUrl });
  await admin.connect();
  await admin.query(`create database ${database} template ${servers.template}`);
  const at = (url: string) => Object.assign(new URL(url), { pathname: `/${database}` }).href;
  const masterKeys = `1:${randomBytes(32).toString("base64")}`;
  const environmentFor = (databaseUrl: string) => ({
    BILLTEXT_ORIGIN: origin,
    BILLTEXT_MASTER_KEYS: masterKeys,
    DATABASE_URL: databaseUrl,
    DATABASE_CONNECTIONS_MAX: "20",
    DATABASE_ACQUIRE_TIMEOUT_MS: String(acquireTimeoutMs),
    SANDBOX_URL: servers.sandboxUrl,
    SMTP_URL: servers.smtpUrl,
    LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? "silent",
    RAIL_TIMEOUT_MS: "2000",
    CALLBACK_TIMEOUT_MS: "2000",
    // Tests fire in a second what callers do in a minute; those of the limits set their own.
    RATE_LIMIT_TEST_READS_PER_SECOND: "100000",
    RATE_LIMIT_TEST_WRITES_PER_SECOND: "100000",
    RATE_LIMIT_REFUSED_KEYS_PER_SECOND: "100000",
  });
  const configFor = (databaseUrl: string) => parseConfig(environmentFor(databaseUrl));
  const web = createRuntime("web", configFor(at(servers.webUrl)));
  const superuser = new pg.Pool({ connectionString: at(servers.superuserUrl), max: 4 });
  superuser.on("error", () => undefined);
  const workers: Runtime[] = [];
  const openWorker = async () => {
    const worker = createRuntime("worker", configFor(at(servers.workerUrl)));
    await worker.deps.queue.start();
    workers.push(worker);
    return worker;
  };
  await web.deps.queue.start();
  inbound.serve(web.deps);
  return {
    deps: web.deps,
    sandboxUrl: servers.sandboxUrl,
    superuser,
    origin,
    auditUrl: at(servers.auditUrl),
    merchant: (options = {}) => makeMerchant(web.deps, options),
    async startWorker() {
      const worker = await openWorker();
      await registerJobs(worker.deps);
      return worker;
    },
    openWorker,
    workerEnvironment: environmentFor(at(servers.workerUrl)),
    async close({ broken = [] } = {}) {
      await inbound.close();
      for (const worker of workers) await worker.close();
      await web.close();
      await superuser.end();
      const lines = await runAudit(at(servers.auditUrl));
      await admin.query(`drop database ${database} with (force)`);
      await admin.end();
      requireInvariants(lines, broken);
    },
  };
}

/** Whatever the tests of a file did, this holds at its end. */
function requireInvariants(lines: readonly AuditLine[], broken: readonly string[]): void {
  const violated = lines.filter((line) => line.violations > 0 && !broken.includes(line.id));
  if (violated.length > 0) throw new Error(`The audit found:\n${violated.map(describeLine).join("\n")}`);
}

/** The addresses that rails and the SMS provider send to, served by the doors as the web process serves them. */
async function listenForNotifications() {
  let deps: ServiceDeps | null = null;
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const request = new Request(`${origin}${incoming.url ?? "/"}`, {
      method: "POST",
      headers: Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
      body: Buffer.concat(chunks),
    });
    const response = deps === null ? new Response(null, { status: 503 }) : await route(deps, request);
    outgoing.writeHead(response.status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  return {
    origin,
    serve: (served: ServiceDeps) => {
      deps = served;
    },
    close: async () => {
      deps = null;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function route(deps: ServiceDeps, request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname === "/api/notifications/stripe") return receiveFromRail(deps, "card", request);
  if (pathname === "/api/notifications/carrier") return receiveFromRail(deps, "carrier_billing", request);
  return receiveFromSmsProvider(deps, request);
}

async function makeMerchant(
  deps: ServiceDeps,
  { carrierAsksPayer = true, carrierSteps = "one", ...options }: TestMerchantOptions,
): Promise<TestMerchant> {
  const merchantId = await createMerchant(deps, {
    name: "Test Shop",
    legalName: "Test Shop Ltd",
    address: "Test Street 1",
    contactEmail: "help@shop.example",
    contactPhone: null,
    country: "NO",
    timeZone: "Europe/Oslo",
    locale: "en",
    methods: ["carrier_billing", "card"],
    purchaseCategory: null,
    registeredHosts: ["localhost", "127.0.0.1", "shop.example"],
    smsCapPerDayInTest: null,
    ...options,
  });
  const tenant = { merchantId, mode: "test" } as const;
  const system = asSystem(deps, merchantId, "test");
  const sandboxName = `test-${merchantId}`;
  await connectSandbox(system, { name: sandboxName, carrierAsksPayer, carrierSteps });
  const apiKey = await createFullKey(system, "Test");
  const ctx = contextFor(
    deps,
    tenant,
    { kind: "api_key", id: "key_0000000000000000000000" as never, scopes: SCOPES },
    "req_test",
  );
  return { merchantId, tenant, apiKey, ctx, system, sandboxName };
}
