// The only reader of the environment. Parsed once at boot; a bad environment stops the process with one
// sentence a setting. Names carry their units.

import { z } from "zod";
import type { MasterKey } from "./crypto/vault.ts";
import { parseFailpoints, type SetFailpoint } from "./domain/failpoints.ts";
import type { RateLimits } from "./domain/ports/rate-limiter.ts";

export interface Config {
  /** `live` is the strict one: see LIVE_REFUSALS. */
  readonly env: "development" | "live";
  /** Scheme, host and port that the world reaches us by. */
  readonly origin: string;
  readonly databaseUrl: string;
  readonly databaseConnectionsMax: number;
  /** How long a request waits for a connection when all are busy. */
  readonly databaseAcquireTimeoutMs: number;
  readonly masterKeys: readonly [MasterKey, ...MasterKey[]];
  readonly sandboxUrl: string | null;
  readonly railTimeoutMs: number;
  /** Proxies of ours in front of the web process; each adds to X-Forwarded-For. */
  readonly trustedProxyHops: number;
  readonly callback: {
    readonly isLoopbackAllowed: boolean;
    readonly ports: readonly number[];
    readonly timeoutMs: number;
    readonly connectTimeoutMs: number;
  };
  readonly rateLimits: {
    readonly windowSeconds: number;
    /** Requests of one key in one window. */
    readonly limits: RateLimits;
    /** Of all keys of one merchant and mode. */
    readonly merchantLimits: RateLimits;
    /** Keys that are not valid, from one address. */
    readonly refusedKeys: number;
  };
  /** Null: no mail is sent. */
  readonly mail: { readonly url: string; readonly from: string } | null;
  readonly logLevel: string;
  /** Where this process fails on purpose; nowhere in a live installation. */
  readonly failpoints: readonly SetFailpoint[];
}

/** Short, so that a burst is told soon when to go on, and never gets more than a second's worth. */
const RATE_WINDOW_SECONDS = 1;

/** What a merchant's keys may do together, in what one of them may, unless that is set. */
const KEYS_AT_FULL_RATE = 4;

const perSecond = z.coerce.number().int().min(1).max(1_000_000);

const SCHEMA = z.object({
  BILLTEXT_ENV: z.enum(["development", "live"]).default("development"),
  BILLTEXT_ORIGIN: z.url({ protocol: /^https?$/ }),
  BILLTEXT_MASTER_KEYS: z.string().min(1),
  BILLTEXT_FAILPOINTS: z
    .string()
    .transform(parseFailpoints)
    .refine((points) => points !== null, "must be points such as K5=kill or K8=delay:500@2")
    .optional(),
  BILLTEXT_EMBEDDED_DATABASE: z.enum(["0", "1"]).default("0"),
  DATABASE_URL: z.string().regex(/^postgres(ql)?:\/\//, "must be a postgres:// address"),
  DATABASE_ACQUIRE_TIMEOUT_MS: z.coerce.number().int().min(100).max(30_000).default(1_000),
  DATABASE_CONNECTIONS_MAX: z.coerce.number().int().min(2).max(200).default(10),
  SANDBOX_URL: z.url({ protocol: /^https?$/ }).optional(),
  CALLBACK_LOOPBACK: z.enum(["allowed", "refused"]).optional(),
  CALLBACK_PORTS: z
    .string()
    .regex(/^\d{1,5}(,\d{1,5})*$/, "must be ports separated by commas")
    .refine(
      (text) => text.split(",").every((port) => Number(port) >= 1 && Number(port) <= 65_535),
      "must be ports from 1 to 65535",
    )
    .default("443,8443"),
  CALLBACK_TIMEOUT_MS: z.coerce.number().int().min(1_000).max(25_000).default(15_000),
  RAIL_TIMEOUT_MS: z.coerce.number().int().min(1_000).max(10_000).default(10_000),
  TRUSTED_PROXY_HOPS: z.coerce.number().int().min(0).max(10).default(0),
  RATE_LIMIT_LIVE_READS_PER_SECOND: perSecond.default(100),
  RATE_LIMIT_LIVE_WRITES_PER_SECOND: perSecond.default(50),
  RATE_LIMIT_TEST_READS_PER_SECOND: perSecond.default(500),
  RATE_LIMIT_TEST_WRITES_PER_SECOND: perSecond.default(250),
  RATE_LIMIT_LIVE_MERCHANT_READS_PER_SECOND: perSecond.optional(),
  RATE_LIMIT_LIVE_MERCHANT_WRITES_PER_SECOND: perSecond.optional(),
  RATE_LIMIT_TEST_MERCHANT_READS_PER_SECOND: perSecond.optional(),
  RATE_LIMIT_TEST_MERCHANT_WRITES_PER_SECOND: perSecond.optional(),
  RATE_LIMIT_REFUSED_KEYS_PER_SECOND: perSecond.default(20),
  SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  MAIL_FROM: z.string().min(3).max(200).optional(),
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
});

type Environment = z.infer<typeof SCHEMA>;

/** What a live installation refuses to start with. Each sentence names its setting. */
const LIVE_REFUSALS: readonly (readonly [string, (env: Environment) => boolean])[] = [
  [
    "BILLTEXT_ORIGIN must be https in a live installation.",
    (env) => !env.BILLTEXT_ORIGIN.startsWith("https://"),
  ],
  [
    "BILLTEXT_ORIGIN must not be this machine in a live installation.",
    (env) => isLoopback(env.BILLTEXT_ORIGIN),
  ],
  [
    "BILLTEXT_FAILPOINTS must not be set in a live installation.",
    (env) => env.BILLTEXT_FAILPOINTS !== undefined,
  ],
  [
    "The embedded database is not for a live installation: set DATABASE_URL.",
    (env) => env.BILLTEXT_EMBEDDED_DATABASE === "1",
  ],
  ["SANDBOX_URL must not be set in a live installation.", (env) => env.SANDBOX_URL !== undefined],
  [
    "CALLBACK_LOOPBACK must not be allowed in a live installation.",
    (env) => env.CALLBACK_LOOPBACK === "allowed",
  ],
  [
    "BILLTEXT_MASTER_KEYS must be 32 random bytes a key, not a pattern.",
    (env) => hasWeakKey(env.BILLTEXT_MASTER_KEYS),
  ],
];

/** Settings that are wrong, one sentence each. */
export class ConfigError extends Error {
  readonly sentences: readonly string[];

  constructor(sentences: readonly string[]) {
    super(sentences.join(" "));
    this.name = "ConfigError";
    this.sentences = sentences;
  }
}

/**
 * Reads the settings of this process.
 *
 * @throws ConfigError  naming every setting that is missing, malformed or refused
 */
export function parseConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  // An empty value in an env file means "not set".
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const parsed = SCHEMA.safeParse(given);
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}.`));
  }
  const env = parsed.data;
  if (env.BILLTEXT_ENV === "live") {
    const refusals = LIVE_REFUSALS.filter(([, isRefused]) => isRefused(env)).map(([sentence]) => sentence);
    if (refusals.length > 0) throw new ConfigError(refusals);
  }
  const isLive = env.BILLTEXT_ENV === "live";
  return {
    env: env.BILLTEXT_ENV,
    origin: new URL(env.BILLTEXT_ORIGIN).origin,
    databaseUrl: env.DATABASE_URL,
    databaseConnectionsMax: env.DATABASE_CONNECTIONS_MAX,
    databaseAcquireTimeoutMs: env.DATABASE_ACQUIRE_TIMEOUT_MS,
    masterKeys: parseMasterKeys(env.BILLTEXT_MASTER_KEYS),
    sandboxUrl: env.SANDBOX_URL === undefined ? null : new URL(env.SANDBOX_URL).origin,
    railTimeoutMs: env.RAIL_TIMEOUT_MS,
    trustedProxyHops: env.TRUSTED_PROXY_HOPS,
    callback: {
      isLoopbackAllowed: !isLive && env.CALLBACK_LOOPBACK !== "refused",
      ports: env.CALLBACK_PORTS.split(",").map(Number),
      timeoutMs: env.CALLBACK_TIMEOUT_MS,
      connectTimeoutMs: 5_000,
    },
    rateLimits: rateLimitsOf(env),
    mail:
      env.SMTP_URL === undefined
        ? null
        : {
            url: env.SMTP_URL,
            from: env.MAIL_FROM ?? `Billtext <no-reply@${new URL(env.BILLTEXT_ORIGIN).hostname}>`,
          },
    logLevel: env.LOG_LEVEL,
    failpoints: env.BILLTEXT_FAILPOINTS ?? [],
  };
}

function rateLimitsOf(env: Environment): Config["rateLimits"] {
  const live = { read: env.RATE_LIMIT_LIVE_READS_PER_SECOND, write: env.RATE_LIMIT_LIVE_WRITES_PER_SECOND };
  const test = { read: env.RATE_LIMIT_TEST_READS_PER_SECOND, write: env.RATE_LIMIT_TEST_WRITES_PER_SECOND };
  return {
    windowSeconds: RATE_WINDOW_SECONDS,
    limits: { live, test },
    merchantLimits: {
      live: {
        read: env.RATE_LIMIT_LIVE_MERCHANT_READS_PER_SECOND ?? live.read * KEYS_AT_FULL_RATE,
        write: env.RATE_LIMIT_LIVE_MERCHANT_WRITES_PER_SECOND ?? live.write * KEYS_AT_FULL_RATE,
      },
      test: {
        read: env.RATE_LIMIT_TEST_MERCHANT_READS_PER_SECOND ?? test.read * KEYS_AT_FULL_RATE,
        write: env.RATE_LIMIT_TEST_MERCHANT_WRITES_PER_SECOND ?? test.write * KEYS_AT_FULL_RATE,
      },
    },
    refusedKeys: env.RATE_LIMIT_REFUSED_KEYS_PER_SECOND,
  };
}

let config: Config | null = null;

/** The settings of this process, parsed on first use. */
export function getConfig(): Config {
  config ??= parseConfig(process.env);
  return config;
}

/** `1:<base64 of 32 bytes>`, current key first, older keys after commas. */
function parseMasterKeys(text: string): readonly [MasterKey, ...MasterKey[]] {
  const keys = text.split(",").map((part) => {
    const match = /^(\d{1,3}):([A-Za-z0-9+/_=-]{40,})$/.exec(part.trim());
    const bytes = Buffer.from(match?.[2] ?? "", "base64");
    const id = Number(match?.[1]);
    if (bytes.byteLength !== 32 || !(id >= 1 && id <= 255)) {
      throw new ConfigError([
        "BILLTEXT_MASTER_KEYS: each key is a number from 1 to 255, a colon, and 32 bytes in base64.",
      ]);
    }
    return { id, bytes };
  });
  const [first, ...rest] = keys;
  if (first === undefined || new Set(keys.map((key) => key.id)).size !== keys.length) {
    throw new ConfigError(["BILLTEXT_MASTER_KEYS: the numbers of the keys must differ."]);
  }
  return [first, ...rest];
}

/** Random bytes hold many different values; a repeated or typed pattern does not. */
function hasWeakKey(text: string): boolean {
  return parseMasterKeys(text).some((key) => new Set(key.bytes).size < 16);
}

function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname.startsWith("127.") ||
    hostname === "[::1]"
  );
}
