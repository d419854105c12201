// Whose data, in which mode, and who acts.

import type { ApiKeyId, InvoiceId, MerchantId, UserId } from "./ids.ts";
import type { Role } from "./permissions.ts";

/** Test objects reach only the sandbox or a provider's test credentials; live objects only live ones. */
export const MODES = ["test", "live"] as const;
export type Mode = (typeof MODES)[number];

export interface Tenant {
  readonly merchantId: MerchantId;
  readonly mode: Mode;
}

export const SCOPES = [
  "invoices:read",
  "invoices:write",
  "payments:read",
  "payments:write",
  "refunds:write",
  "events:read",
  "callbacks:read",
  "callbacks:write",
  "keys:read",
  "keys:write",
  "merchant:read",
  "merchant:write",
] as const;
export type Scope = (typeof SCOPES)[number];

/** Who causes a change; kept on every event. A payer acts on one invoice only, the one the link names. */
export type Actor =
  | { readonly kind: "api_key"; readonly id: ApiKeyId; readonly scopes: readonly Scope[] }
  | { readonly kind: "user"; readonly id: UserId; readonly role: Role }
  | { readonly kind: "payer"; readonly id: InvoiceId }
  | { readonly kind: "rail"; readonly id: string }
  | { readonly kind: "system"; readonly id: string };
