// API keys: what bounds them, and when one is of use.

import type { Brand } from "./brand.ts";
import type { ApiKeyId, MerchantId } from "./ids.ts";
import type { Mode, Scope } from "./tenant.ts";

/** Keys of a merchant and mode that can be used at one time. */
export const USABLE_KEYS_MAX = 50;

/** How long a replaced key goes on working. */
export const OVERLAP_HOURS_DEFAULT = 24;
export const OVERLAP_HOURS_MAX = 168;

/** Addresses and networks that one key may be bound to. */
export const NETWORKS_MAX = 50;

/** An IPv4 or IPv6 address, or a network such as `203.0.113.0/24`, in its one spelling. */
export type Network = Brand<string, "Network">;

/** A key as its owner sees it. Instants are UTC. The key itself is shown once and never stored. */
export interface ApiKeyRecord {
  readonly merchantId: MerchantId;
  readonly mode: Mode;
  readonly id: ApiKeyId;
  readonly name: string;
  /** First characters, enough to recognise it by. */
  readonly hint: string;
  readonly scopes: readonly Scope[];
  /** Null: any. */
  readonly allowedNetworks: readonly string[] | null;
  readonly version: number;
  readonly replacedBy: ApiKeyId | null;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  /** To the minute. */
  readonly lastUsedAt: Date | null;
  readonly createdAt: Date;
}

/** True while requests with it are answered. */
export function isUsableKey(key: Pick<ApiKeyRecord, "revokedAt" | "expiresAt">, now: Date): boolean {
  return key.revokedAt === null && (key.expiresAt === null || key.expiresAt > now);
}

export const API_KEY_STATES = ["active", "expired", "revoked"] as const;
export type ApiKeyState = (typeof API_KEY_STATES)[number];

export function apiKeyState(key: Pick<ApiKeyRecord, "revokedAt" | "expiresAt">, now: Date): ApiKeyState {
  if (key.revokedAt !== null) return "revoked";
  return isUsableKey(key, now) ? "active" : "expired";
}
