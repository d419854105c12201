// API keys with what they open: the row that their owner sees, and the route beside its hash. The caller's
// transaction names the tenant; the routes have no row-level security, so every statement names it too.

import { and, desc, eq, lt, ne, or, sql } from "drizzle-orm";
import type { ApiKeyRecord } from "#lib/domain/api-key.ts";
import type { ApiKeyId } from "#lib/domain/ids.ts";
import type { Scope, Tenant } from "#lib/domain/tenant.ts";
import { apiKeys } from "../../schema/merchants.ts";
import { apiKeyRoutes } from "../../schema/routing.ts";
import { realNow, type Tx } from "../../transaction.ts";

const COLUMNS = {
  merchantId: apiKeys.merchantId,
  mode: apiKeys.mode,
  id: apiKeys.id,
  name: apiKeys.name,
  hint: apiKeys.hint,
  scopes: apiKeyRoutes.scopes,
  allowedNetworks: apiKeyRoutes.allowedNetworks,
  version: apiKeys.version,
  replacedBy: apiKeys.replacedBy,
  expiresAt: apiKeyRoutes.expiresAt,
  revokedAt: apiKeyRoutes.revokedAt,
  lastUsedAt: apiKeyRoutes.lastUsedAt,
  createdAt: apiKeys.createdAt,
};

function selectKeys(tx: Tx) {
  return tx.sql
    .select(COLUMNS)
    .from(apiKeys)
    .innerJoin(
      apiKeyRoutes,
      and(eq(apiKeyRoutes.merchantId, apiKeys.merchantId), eq(apiKeyRoutes.apiKeyId, apiKeys.id)),
    );
}

const ofTenant = (tenant: Tenant) =>
  and(eq(apiKeys.merchantId, tenant.merchantId), eq(apiKeys.mode, tenant.mode));

export type NewApiKey = Pick<
  ApiKeyRecord,
  "id" | "name" | "hint" | "scopes" | "allowedNetworks" | "expiresAt"
>;

/** Inserts a key with its route. */
export async function insertApiKey(
  tx: Tx,
  tenant: Tenant,
  input: NewApiKey,
  keyHash: Uint8Array,
): Promise<ApiKeyRecord> {
  const { id, name, hint, scopes, allowedNetworks, expiresAt } = input;
  await tx.sql.insert(apiKeys).values({ ...tenant, id, name, hint, createdAt: realNow(tx) });
  await tx.sql.insert(apiKeyRoutes).values({
    ...tenant,
    keyHash,
    apiKeyId: id,
    scopes: [...scopes],
    allowedNetworks: allowedNetworks === null ? null : [...allowedNetworks],
    expiresAt,
  });
  const key = await findApiKey(tx, tenant, id);
  if (key === null) throw new Error("The key was not inserted.");
  return key;
}

export async function findApiKey(tx: Tx, tenant: Tenant, id: ApiKeyId): Promise<ApiKeyRecord | null> {
  const [row] = await selectKeys(tx).where(and(ofTenant(tenant), eq(apiKeys.id, id)));
  return row ?? null;
}

/** One page, newest first; revoked and expired ones among them. */
export async function listApiKeys(
  tx: Tx,
  tenant: Tenant,
  after: { readonly createdAt: Date; readonly id: string } | null,
  limit: number,
): Promise<ApiKeyRecord[]> {
  return await selectKeys(tx)
    .where(
      and(
        ofTenant(tenant),
        after === null
          ? undefined
          : or(
              lt(apiKeys.createdAt, after.createdAt),
              and(eq(apiKeys.createdAt, after.createdAt), lt(apiKeys.id, after.id as ApiKeyId)),
            ),
      ),
    )
    .orderBy(desc(apiKeys.createdAt), desc(apiKeys.id))
    .limit(limit);
}

/** How many keys can be used now. */
export async function countUsableKeys(tx: Tx, tenant: Tenant): Promise<number> {
  const [row] = await tx.sql
    .select({ count: sql<number>`count(*)::int` })
    .from(apiKeyRoutes)
    .where(and(routesOf(tenant), isUsable(tx)));
  return row?.count ?? 0;
}

/** True where a key other than this one can be used now, is not on its way out, and holds the scope. */
export async function hasOtherKeyWith(tx: Tx, tenant: Tenant, id: ApiKeyId, scope: Scope): Promise<boolean> {
  const [row] = await selectKeys(tx)
    .where(
      and(
        ofTenant(tenant),
        ne(apiKeys.id, id),
        isUsable(tx),
        sql`${apiKeys.replacedBy} is null`,
        sql`${scope} = any(${apiKeyRoutes.scopes})`,
      ),
    )
    .limit(1);
  return row !== undefined;
}

/** Where in a list of networks the first is that lies within none of the others; null where each does. */
export async function indexOutsideNetworks(
  tx: Tx,
  networks: readonly string[],
  others: readonly string[],
): Promise<number | null> {
  const { rows } = await tx.client.query<{ index: number }>(
    `select place::int - 1 as index from unnest($1::inet[]) with ordinality as given (network, place)
     where not coalesce(network <<= any ($2::inet[]), false) order by place limit 1`,
    [networks, others],
  );
  return rows[0]?.index ?? null;
}

export interface ApiKeyChanges {
  readonly name?: string;
  readonly replacedBy?: ApiKeyId;
  readonly scopes?: readonly Scope[];
  readonly allowedNetworks?: readonly string[] | null;
  readonly expiresAt?: Date;
  readonly revokedAt?: Date;
}

/** Writes both rows of a key, under a new version. The caller holds the lock on the mode's settings. */
export async function updateApiKey(
  tx: Tx,
  key: ApiKeyRecord,
  { name, replacedBy, ...opens }: ApiKeyChanges,
): Promise<ApiKeyRecord> {
  await tx.sql
    .update(apiKeys)
    .set({
      ...(name === undefined ? {} : { name }),
      ...(replacedBy === undefined ? {} : { replacedBy }),
      version: key.version + 1,
    })
    .where(and(ofTenant(key), eq(apiKeys.id, key.id)));
  const { scopes, allowedNetworks, ...times } = opens;
  if (Object.keys(opens).length > 0) {
    await tx.sql
      .update(apiKeyRoutes)
      .set({
        ...times,
        ...(scopes === undefined ? {} : { scopes: [...scopes] }),
        ...(allowedNetworks === undefined
          ? {}
          : { allowedNetworks: allowedNetworks === null ? null : [...allowedNetworks] }),
      })
      .where(and(routesOf(key), eq(apiKeyRoutes.apiKeyId, key.id)));
  }
  const updated = await findApiKey(tx, key, key.id);
  if (updated === null) throw new Error("A locked key disappeared.");
  return updated;
}

const routesOf = (tenant: Tenant) =>
  and(eq(apiKeyRoutes.merchantId, tenant.merchantId), eq(apiKeyRoutes.mode, tenant.mode));

function isUsable(tx: Tx) {
  const now = realNow(tx).toISOString();
  return sql`${apiKeyRoutes.revokedAt} is null and coalesce(${apiKeyRoutes.expiresAt} > ${now}::timestamptz, true)`;
}
