// Who may do what: the one table. API keys are granted permissions by scopes, people by their role with a merchant.
// The page that explains roles is made of it, and every cell is tested.

import type { Mode, Scope } from "./tenant.ts";

export const ROLES = ["owner", "admin", "finance", "support", "developer", "viewer"] as const;
export type Role = (typeof ROLES)[number];

interface PermissionRow {
  readonly what: string;
  /** The scope that grants it to an API key; null: people only. */
  readonly scope: Scope | null;
  readonly roles: readonly Role[];
  /** True where a developer may do it in test mode, in which no money moves. */
  readonly isForTesting: boolean;
}

const EVERYONE = ROLES;
const MANAGERS = ["owner", "admin"] as const;
const MONEY = ["owner", "admin", "finance"] as const;
const DESK = ["owner", "admin", "finance", "support"] as const;
const BUILDERS = ["owner", "admin", "developer"] as const;

function row(what: string, scope: Scope | null, roles: readonly Role[], isForTesting = true): PermissionRow {
  return { what, scope, roles, isForTesting };
}

const TABLE = {
  "invoices.read": row("See invoices, their messages and history", "invoices:read", EVERYONE),
  "invoices.create": row("Make and send invoices", "invoices:write", MONEY),
  "invoices.edit": row("Change invoices that are not paid", "invoices:write", MONEY),
  "invoices.send": row("Send the text message again", "invoices:write", DESK),
  "invoices.cancel": row("Withdraw invoices", "invoices:write", DESK),
  "invoices.reopen": row("Open expired invoices again", "invoices:write", DESK),
  "invoices.mark_paid": row("Mark invoices as paid in another way", "invoices:write", MONEY),
  "payments.read": row("See payments, refunds and disputes", "payments:read", EVERYONE),
  "payments.start": row("Start payments for a payer", "payments:write", MANAGERS),
  "payments.capture": row("Take reserved amounts", "payments:write", MONEY),
  "payments.cancel": row("Give reserved amounts back", "payments:write", MONEY),
  "payments.review": row("Decide what a doubtful record means", "payments:write", MONEY),
  "payments.accept_surplus": row("Let surplus pay its invoice", "payments:write", MONEY),
  "refunds.create": row("Send money back", "refunds:write", MONEY),
  "refunds.review": row("Decide what a doubtful refund means", "refunds:write", MONEY),
  "events.read": row("See everything that happens", "events:read", EVERYONE),
  "callbacks.read": row("See callback endpoints and deliveries", "callbacks:read", EVERYONE),
  "callbacks.write": row("Set up callback endpoints", "callbacks:write", BUILDERS),
  "callbacks.resend": row("Send callbacks again", "callbacks:write", [...BUILDERS, "support"]),
  "keys.read": row("See API keys", "keys:read", BUILDERS),
  "keys.write": row("Make, change and revoke API keys", "keys:write", BUILDERS),
  "merchant.read": row("See the merchant's settings", "merchant:read", EVERYONE),
  "merchant.write": row("Change the merchant's settings", "merchant:write", MANAGERS, false),
  "rails.connect": row("Connect ways to pay", "merchant:write", MANAGERS, false),
  "simulation.use": row("Play payers, carriers and banks in test mode", "payments:write", BUILDERS),
  "clock.read": row("See the clock of test mode", "merchant:read", EVERYONE),
  "clock.move": row("Move the clock of test mode", "merchant:write", BUILDERS),
  "team.read": row("See the team", null, MANAGERS, false),
  "team.write": row("Invite people, change roles, remove people", null, MANAGERS, false),
  "audit.read": row("See and export the audit log", null, MANAGERS, false),
  "exports.make": row("Export lists", null, MONEY),
  "balances.read": row("See balances and statements", null, [...MONEY, "viewer"]),
  "settlements.write": row("Match settlement files", null, MONEY),
} as const satisfies Record<string, PermissionRow>;

export type Permission = keyof typeof TABLE;
export const PERMISSIONS: { readonly [P in Permission]: PermissionRow } = TABLE;
export const PERMISSION_NAMES = Object.keys(TABLE) as Permission[];

/** True where a person in this role may do it to this mode's data. */
export function mayPerson(role: Role, permission: Permission, mode: Mode): boolean {
  const { roles, isForTesting } = PERMISSIONS[permission];
  return roles.includes(role) || (role === "developer" && mode === "test" && isForTesting);
}

/** The scopes that a person may hand on to a key: those that grant nothing which the role lacks. */
export function grantableScopes(role: Role, mode: Mode, scopes: readonly Scope[]): Scope[] {
  return scopes.filter((scope) =>
    PERMISSION_NAMES.every(
      (permission) => PERMISSIONS[permission].scope !== scope || mayPerson(role, permission, mode),
    ),
  );
}
