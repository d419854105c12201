// Merchants, their settings, keys and accounts at rails.

import { and, eq, isNull, sql } from "drizzle-orm";
import type { MerchantId, RailAccountId } from "#lib/domain/ids.ts";
import type { RailAccountKind } from "#lib/domain/merchant.ts";
import type { Tenant } from "#lib/domain/tenant.ts";
import { merchantSettings, merchants, railAccounts } from "../schema/merchants.ts";
import { railAccountRoutes } from "../schema/routing.ts";
import type { Tx } from "../transaction.ts";

export type Merchant = typeof merchants.$inferSelect;
export type MerchantSettings = typeof merchantSettings.$inferSelect;
export type RailAccount = typeof railAccounts.$inferSelect;

export interface MerchantProfile {
  readonly merchant: Merchant;
  readonly settings: MerchantSettings;
  readonly accounts: readonly RailAccount[];
}

/** Everything about the transaction's merchant in its mode. */
export async function loadProfile(tx: Tx, tenant: Tenant): Promise<MerchantProfile> {
  const rows = await tx.sql
    .select()
    .from(merchants)
    .innerJoin(
      merchantSettings,
      and(eq(merchantSettings.merchantId, merchants.id), eq(merchantSettings.mode, tenant.mode)),
    )
    .leftJoin(
      railAccounts,
      and(
        eq(railAccounts.merchantId, merchants.id),
        eq(railAccounts.mode, tenant.mode),
        isNull(railAccounts.replacedAt),
      ),
    )
    .where(eq(merchants.id, tenant.merchantId));
  const [first] = rows;
  if (first === undefined) throw new Error(`Merchant ${tenant.merchantId} has no ${tenant.mode} settings.`);
  return {
    merchant: first.merchants,
    settings: first.merchant_settings,
    accounts: rows.flatMap((row) => (row.rail_accounts === null ? [] : [row.rail_accounts])),
  };
}

export async function findRailAccount(
  tx: Tx,
  tenant: Tenant,
  id: RailAccountId,
): Promise<RailAccount | null> {
  const [row] = await tx.sql
    .select()
    .from(railAccounts)
    .where(and(eq(railAccounts.merchantId, tenant.merchantId), eq(railAccounts.id, id)));
  return row ?? null;
}

export async function insertMerchant(tx: Tx, input: typeof merchants.$inferInsert): Promise<void> {
  await tx.sql.insert(merchants).values(input);
}

export async function insertSettings(tx: Tx, input: typeof merchantSettings.$inferInsert): Promise<void> {
  await tx.sql.insert(merchantSettings).values(input);
}

/** Holds this mode's settings until the transaction ends, so that what is checked against them stays true. */
export async function lockSettings(tx: Tx, tenant: Tenant): Promise<void> {
  await tx.sql
    .select({ version: merchantSettings.version })
    .from(merchantSettings)
    .where(and(eq(merchantSettings.merchantId, tenant.merchantId), eq(merchantSettings.mode, tenant.mode)))
    .for("update");
}

/** Changes a merchant's profile, field by field: of two changes of one field the later stays. */
export async function updateMerchantRow(
  tx: Tx,
  id: MerchantId,
  changes: Partial<typeof merchants.$inferInsert>,
): Promise<void> {
  await tx.sql
    .update(merchants)
    .set({ ...changes, version: sql`${merchants.version} + 1`, updatedAt: tx.now })
    .where(eq(merchants.id, id));
}

export async function updateSettingsRow(
  tx: Tx,
  tenant: Tenant,
  changes: Partial<typeof merchantSettings.$inferInsert>,
): Promise<void> {
  await tx.sql
    .update(merchantSettings)
    .set({ ...changes, version: sql`${merchantSettings.version} + 1`, updatedAt: tx.now })
    .where(and(eq(merchantSettings.merchantId, tenant.merchantId), eq(merchantSettings.mode, tenant.mode)));
}

/**
 * Stores an account at a rail and returns its id. The one that is there is changed where it is at the same place;
 * where it is elsewhere it makes room and is kept for the attempts that it began.
 */
export async function upsertRailAccount(
  tx: Tx,
  tenant: Tenant,
  kind: RailAccountKind,
  input: Omit<typeof railAccounts.$inferInsert, "merchantId" | "mode" | "kind">,
): Promise<RailAccountId> {
  const { id, ...changes } = input;
  const [current] = await tx.sql
    .select()
    .from(railAccounts)
    .where(
      and(
        eq(railAccounts.merchantId, tenant.merchantId),
        eq(railAccounts.mode, tenant.mode),
        eq(railAccounts.kind, kind),
        isNull(railAccounts.replacedAt),
      ),
    )
    .for("update");
  if (current !== undefined) {
    const isSamePlace = current.target === input.target && current.baseUrl === (input.baseUrl ?? null);
    await tx.sql
      .update(railAccounts)
      .set({ ...(isSamePlace ? changes : { isEnabled: false, replacedAt: tx.now }), updatedAt: tx.now })
      .where(and(eq(railAccounts.merchantId, tenant.merchantId), eq(railAccounts.id, current.id)));
    if (isSamePlace) return current.id;
  }
  // What the platform and the merchant agreed for this kind stays, wherever its account is.
  const { isEnabled, feeBasisPoints, feeFixedMinor } = current ?? {};
  await tx.sql
    .insert(railAccounts)
    .values({ ...tenant, kind, isEnabled, feeBasisPoints, feeFixedMinor, ...input });
  await tx.sql.insert(railAccountRoutes).values({ ...tenant, railAccountId: id });
  return id;
}
