// A page that this person's role does not open.

import { Alert } from "#components/ui/alert.tsx";
import { PERMISSIONS, type Permission } from "#lib/domain/permissions.ts";

export function NoRight({ role, permission }: { readonly role: string; readonly permission: Permission }) {
  return (
    <Alert tone="warning">
      The role {role} may not do this here: {PERMISSIONS[permission].what.toLowerCase()}.
    </Alert>
  );
}
