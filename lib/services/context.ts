// What every verb is given: the ports, whose data, who acts, and the transaction it runs in, if any.

import type { Database } from "#db/client.ts";
import type { Queue } from "#db/queue.ts";
import { inTenant, inTenantSnapshot, type Tx } from "#db/transaction.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { Failpoints } from "#lib/domain/failpoints.ts";
import { ID_RANDOM_LENGTH, type Id, type IdKind, toId } from "#lib/domain/ids.ts";
import type { PaymentMethod } from "#lib/domain/payment.ts";
import { mayPerson, PERMISSIONS, type Permission } from "#lib/domain/permissions.ts";
import type { AttemptLimiter } from "#lib/domain/ports/attempts.ts";
import type { CallbackPort } from "#lib/domain/ports/callback.ts";
import type { JsonValue } from "#lib/domain/ports/json.ts";
import type { MailPort } from "#lib/domain/ports/mail.ts";
import type { Rail } from "#lib/domain/ports/rail.ts";
import type { RateLimiter, RefusalLimiter } from "#lib/domain/ports/rate-limiter.ts";
import type { SimulatorPort } from "#lib/domain/ports/simulator.ts";
import type { SmsPort } from "#lib/domain/ports/sms.ts";
import type { Vault } from "#lib/domain/ports/vault.ts";
import type { EventData } from "#lib/domain/records.ts";
import type { Actor, Mode, Scope, Tenant } from "#lib/domain/tenant.ts";

export interface Log {
  info(event: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(event: string, fields?: Readonly<Record<string, unknown>>): void;
  error(event: string, fields?: Readonly<Record<string, unknown>>): void;
}

export interface Addresses {
  /** Scheme, host and port that the world reaches us by; no trailing slash. */
  readonly origin: string;
  /** The sandbox's address, or null where there is none. */
  readonly sandboxUrl: string | null;
}

/** The event as a callback's body, in the dialect of the door that made the invoice. */
export type CallbackRenderer = (event: CallbackEvent) => JsonValue;

export interface CallbackEvent {
  readonly id: string;
  readonly mode: Mode;
  readonly type: string;
  readonly sequence: number;
  readonly occurredAt: Date;
  readonly data: EventData;
}

export interface ServiceDeps {
  readonly db: Database;
  readonly queue: Queue;
  readonly vault: Vault;
  readonly rails: Readonly<Partial<Record<PaymentMethod, Rail>>>;
  readonly sms: SmsPort;
  readonly callbacks: CallbackPort;
  readonly rateLimiter: RateLimiter;
  readonly refusals: RefusalLimiter;
  readonly attempts: AttemptLimiter;
  /** Null where no mail server is set. */
  readonly mail: MailPort | null;
  /** Acts at the sandbox as payers and banks do; null where there is no sandbox. */
  readonly simulator: SimulatorPort | null;
  readonly callbackRenderers: ReadonlyMap<string, CallbackRenderer>;
  readonly addresses: Addresses;
  /** True where real payers are billed beside what is tried in test mode. */
  readonly isLiveInstallation: boolean;
  readonly log: Log;
  /** 0 to 1, for spreading retries; nothing secret rests on it. */
  readonly random: () => number;
  /** Null where nothing is to fail on purpose. */
  readonly failpoints: Failpoints | null;
}

export interface ServiceContext extends ServiceDeps {
  readonly tenant: Tenant;
  readonly actor: Actor;
  readonly correlationId: string;
  readonly tx: Tx | null;
}

export interface TxContext extends ServiceContext {
  readonly tx: Tx;
}

/** Whose data and who acts, for calls that begin outside any transaction. */
export function contextFor(
  deps: ServiceDeps,
  tenant: Tenant,
  actor: Actor,
  correlationId: string,
): ServiceContext {
  return {
    ...deps,
    tenant: { merchantId: tenant.merchantId, mode: tenant.mode },
    actor,
    correlationId,
    tx: null,
  };
}

/** Runs `work` in the caller's transaction, or opens one. `work` does database work only. */
export function transact<T>(ctx: ServiceContext, work: (ctx: TxContext) => Promise<T>): Promise<T> {
  if (ctx.tx !== null) return work({ ...ctx, tx: ctx.tx });
  return inTenant(ctx.db, ctx.tenant, (tx) => work({ ...ctx, tx }));
}

/**
 * The same for `work` that only reads, and reads more than once: what it finds was so at one moment, whatever
 * commits beside it.
 */
export function look<T>(ctx: ServiceContext, work: (ctx: TxContext) => Promise<T>): Promise<T> {
  if (ctx.tx !== null) return work({ ...ctx, tx: ctx.tx });
  return inTenantSnapshot(ctx.db, ctx.tenant, (tx) => work({ ...ctx, tx }));
}

export function newId<K extends IdKind>(deps: Pick<ServiceDeps, "vault">, kind: K): Id<K> {
  return toId(kind, deps.vault.random(ID_RANDOM_LENGTH));
}

/**
 * The one check of what a caller may do; every verb makes it first.
 *
 * @throws permission_denied  the caller's key lacks the scope, or the person's role the right; a payer has none
 */
export function requirePermission(ctx: ServiceContext, permission: Permission): void {
  const { actor, tenant } = ctx;
  switch (actor.kind) {
    case "system":
    case "rail":
      return;
    case "api_key": {
      const { scope } = PERMISSIONS[permission];
      if (scope !== null && actor.scopes.includes(scope)) return;
      throw new ServiceError("permission_denied", `This needs the scope ${scope ?? "of a person"}.`);
    }
    case "user":
      if (mayPerson(actor.role, permission, tenant.mode)) return;
      throw new ServiceError("permission_denied", `The role ${actor.role} may not do this.`);
    case "payer":
      throw new ServiceError("permission_denied", "A link opens one invoice and nothing else.");
  }
}

/**
 * For doors that refuse before they look anything up.
 *
 * @throws permission_denied  the key lacks the scope
 */
export function requireScope(ctx: ServiceContext, scope: Scope): void {
  const { actor } = ctx;
  if (actor.kind === "api_key" && actor.scopes.includes(scope)) return;
  throw new ServiceError("permission_denied", `This needs the scope ${scope}.`);
}
