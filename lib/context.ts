// The composition root: configuration and every adapter become what verbs are given. One a process.

import { type Database, openDatabase } from "#db/client.ts";
import { openRateLimitStore, RATE_LIMIT_TABLE } from "#db/queries/routing/rate-limits.ts";
import { createQueue } from "#db/queue.ts";
import { isInTransaction } from "#db/transaction.ts";
import { type OwnAddresses, ownAddresses, resolveAll } from "./callbacks/guard.ts";
import { createCallbackSender } from "./callbacks/sender.ts";
import { type Config, getConfig } from "./config.ts";
import { createVault } from "./crypto/vault.ts";
import { renderNativeCallback } from "./doors/native/callback-view.ts";
import { createFailpoints, type ProcessFailpoints } from "./failpoints.ts";
import { createAttemptLimiter } from "./limits/attempts.ts";
import { createRateLimiter } from "./limits/rate-limiter.ts";
import { createRefusalLimiter } from "./limits/refusals.ts";
import { createLog } from "./log.ts";
import { createSmtpMail } from "./mail/smtp.ts";
import { createCardRail } from "./rails/card/rail.ts";
import { createCarrierRail } from "./rails/carrier-billing/rail.ts";
import { createSandboxControl } from "./rails/sandbox-control.ts";
import type { ServiceDeps } from "./services/context.ts";
import { createTwilioSms } from "./sms/twilio.ts";

export type ProcessKind = "web" | "worker" | "seed";

export interface Runtime {
  readonly config: Config;
  readonly deps: ServiceDeps;
  /** Null where none is set, as always in a live installation. */
  readonly failpoints: ProcessFailpoints | null;
  /** Stops claiming work, finishes what runs, closes every connection. */
  close(): Promise<void>;
}

/** A request is refused soon when all connections are busy; a job may wait for one. */
const JOB_ACQUIRE_TIMEOUT_MS = 10_000;

/** Builds the runtime of one process from its settings. Nothing connects before it is used. */
export function createRuntime(kind: ProcessKind, config: Config): Runtime {
  const log = createLog(kind, config.logLevel);
  const db: Database = openDatabase({
    url: config.databaseUrl,
    applicationName: `billtext-${kind}`,
    connectionsMax: config.databaseConnectionsMax,
    acquireTimeoutMs: kind === "web" ? config.databaseAcquireTimeoutMs : JOB_ACQUIRE_TIMEOUT_MS,
    onConnectionLost: (error) => log.warn("database.connection_lost", { error }),
  });
  const queue = createQueue({
    db,
    isWorker: kind === "worker",
    onError: (error, job) => log.error("queue.error", { error, job: job?.name, jobId: job?.id }),
  });
  const vault = createVault(config.masterKeys);
  // The launcher seeds in its own process, which nothing starts again.
  const failpoints = kind === "seed" ? null : createFailpoints(config.failpoints);
  const deps: ServiceDeps = {
    db,
    queue,
    log,
    vault,
    rails: {
      card: outsideTransactions(createCardRail({ timeoutMs: config.railTimeoutMs })),
      carrier_billing: outsideTransactions(createCarrierRail({ timeoutMs: config.railTimeoutMs })),
    },
    sms: outsideTransactions(createTwilioSms({ timeoutMs: config.railTimeoutMs })),
    callbacks: outsideTransactions(
      createCallbackSender({ ...config.callback, own: ownOf(config), resolve: (name) => resolveAll(name) }),
    ),
    rateLimiter: createRateLimiter({
      ...config.rateLimits,
      store: openRateLimitStore(db),
      table: RATE_LIMIT_TABLE,
    }),
    refusals: createRefusalLimiter({
      windowSeconds: config.rateLimits.windowSeconds,
      limit: config.rateLimits.refusedKeys,
    }),
    attempts: createAttemptLimiter({
      store: openRateLimitStore(db),
      table: RATE_LIMIT_TABLE,
      hash: (key) => Buffer.from(vault.hash(key)).toString("base64url"),
    }),
    mail:
      config.mail === null
        ? null
        : outsideTransactions(createSmtpMail({ ...config.mail, timeoutMs: config.railTimeoutMs })),
    simulator:
      config.sandboxUrl === null
        ? null
        : outsideTransactions(
            createSandboxControl({ baseUrl: config.sandboxUrl, timeoutMs: config.railTimeoutMs }),
          ),
    callbackRenderers: new Map([["native", renderNativeCallback]]),
    addresses: { origin: config.origin, sandboxUrl: config.sandboxUrl },
    isLiveInstallation: config.env === "live",
    random: Math.random,
    failpoints,
  };
  let closing: Promise<void> | null = null;
  return {
    config,
    deps,
    failpoints,
    close() {
      closing ??= queue.stop().then(() => db.close());
      return closing;
    },
  };
}

function ownOf({ origin, databaseUrl, sandboxUrl }: Config): OwnAddresses {
  return ownAddresses([origin, databaseUrl, ...(sandboxUrl === null ? [] : [sandboxUrl])]);
}

/** Names of port functions that work without the network. */
const LOCAL = new Set([
  "capabilities",
  "boundsFor",
  "prepare",
  "prepareRefund",
  "verify",
  "compose",
  "measure",
]);

/** A call to the network inside a transaction would hold its locks for as long as the other side likes. */
function outsideTransactions<P extends object>(port: P): P {
  return new Proxy(port, {
    get(target, name, receiver) {
      const member: unknown = Reflect.get(target, name, receiver);
      if (typeof member !== "function" || LOCAL.has(String(name))) return member;
      return (...args: unknown[]) => {
        if (isInTransaction()) throw new Error(`${String(name)} was called inside a transaction.`);
        return Reflect.apply(member, target, args);
      };
    },
  });
}

const holder = globalThis as typeof globalThis & { billtextRuntime?: Runtime };

/** The web process's runtime: one, however many bundles ask for it. */
export function getWebRuntime(): Runtime {
  holder.billtextRuntime ??= createRuntime("web", getConfig());
  return holder.billtextRuntime;
}
