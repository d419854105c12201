// What each role may do: the table that is checked, as a page.

import { Card } from "#components/dashboard/parts.tsx";
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
        <div className="overflow-x-auto">
          <table className="w-full text-sm">
            <caption className="sr-only">Rights by role</caption>
            <thead>
              <tr className="border-b border-stone-300 dark:border-stone-700">
                <th scope="col" className="py-2 pr-3 text-left">
                  Right
                </th>
                {ROLES.map((role) => (
                  <th key={role} scope="col" className="px-2 py-2 text-center font-semibold">
                    {role}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody className="divide-y divide-stone-200 dark:divide-stone-800">
              {PERMISSION_NAMES.map((permission) => (
                <tr key={permission}>
                  <th scope="row" className="py-2 pr-3 text-left font-normal">
                    {PERMISSIONS[permission].what}
                  </th>
                  {ROLES.map((role) => (
                    <td key={role} className="px-2 py-2 text-center">
                      {mayPerson(role, permission, mode) ? "yes" : <span className="sr-only">no</span>}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Card>
    ),
  });
}
