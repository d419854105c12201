// What each role may do: the table that is checked, as a page.

import { Card, Facts } from "#components/dashboard/parts.tsx";
import { mayPerson, PERMISSION_NAMES, PERMISSIONS, ROLES } from "#lib/domain/permissions.ts";
import { pageFrame } from "../page-frame.tsx";
import { type PlaceParams, requirePlace } from "../viewer.ts";

export async function rolesPage({ params }: { readonly params: Promise<PlaceParams> }) {
  const place = await requirePlace(params);
  const { mode } = place.ctx.tenant;
  return await pageFrame({
    place,
    current: "roles",
    heading: "Roles",
    children: () => (
      <Card heading={`Who may do what in ${mode} mode`}>
        <p className="mb-3 text-sm">You are {place.role} here.</p>
        <Facts
          facts={PERMISSION_NAMES.map((permission) => [
            PERMISSIONS[permission].what,
            ROLES.filter((role) => mayPerson(role, permission, mode)).join(", "),
          ])}
        />
      </Card>
    ),
  });
}
