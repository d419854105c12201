// The pages of a merchant, and who sees a way to them. What a page shows is checked again by its verbs.

import { mayPerson, type Permission } from "#lib/domain/permissions.ts";
import type { Place } from "./viewer.ts";

interface NavPage {
  readonly path: string;
  readonly label: string;
  readonly permission: Permission;
}

const PAGES: readonly NavPage[] = [
  { path: "overview", label: "Overview", permission: "invoices.read" },
  { path: "invoices", label: "Invoices", permission: "invoices.read" },
  { path: "keys", label: "API keys", permission: "keys.read" },
  { path: "callbacks", label: "Callbacks", permission: "callbacks.read" },
  { path: "team", label: "Team", permission: "team.read" },
  { path: "log", label: "Audit log", permission: "audit.read" },
  { path: "roles", label: "Roles", permission: "merchant.read" },
];

export function navLinks({ base, role, ctx }: Place, current: string) {
  return PAGES.filter(({ permission }) => mayPerson(role, permission, ctx.tenant.mode)).map(
    ({ path, label }) => ({ href: `${base}/${path}`, label, isCurrent: path === current }),
  );
}
