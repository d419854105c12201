// Who works for the merchant, and as what.

import { ActionForm } from "#components/dashboard/action-form.tsx";
import { Card, Empty } from "#components/dashboard/parts.tsx";
import { Alert } from "#components/ui/alert.tsx";
import { Field } from "#components/ui/field.tsx";
import { SelectField } from "#components/ui/select-field.tsx";
import { mayPerson, ROLES } from "#lib/domain/permissions.ts";
import { getTeam } from "#lib/services/people/team.ts";
import { changeRoleAction, inviteAction, withdrawInvitationAction } from "../actions/team.ts";
import { pageFrame } from "../page-frame.tsx";
import { type PlaceParams, requirePlace } from "../viewer.ts";

export async function teamPage({ params }: { readonly params: Promise<PlaceParams> }) {
  const place = await requirePlace(params);
  const { merchantId: merchant, mode } = place.ctx.tenant;
  const where = { merchant, mode };
  const may = mayPerson(place.role, "team.read", mode);
  const team = may ? await getTeam(place.ctx) : null;
  return await pageFrame({
    place,
    current: "team",
    heading: "Team",
    children: (format) =>
      team === null ? (
        <Alert tone="warning">The role {place.role} does not see the team.</Alert>
      ) : (
        <>
          <Card heading="People">
            <ul className="divide-y divide-stone-200 dark:divide-stone-800">
              {team.members.map((member) => (
                <li
                  key={member.userId}
                  className="flex flex-wrap items-end justify-between gap-3 py-3 text-sm"
                >
                  <div>
                    <p className="font-medium break-all">{member.name || member.email}</p>
                    {member.name !== "" && <p className="break-all">{member.email}</p>}
                    <p className="text-stone-600 dark:text-stone-400">
                      Since {format.day(member.since)}; second factor {member.hasTotp ? "on" : "off"}
                    </p>
                  </div>
                  <ActionForm
                    action={changeRoleAction.bind(null, where, member.userId)}
                    label="Change"
                    tone="plain"
                  >
                    <SelectField
                      name="role"
                      id={`role-${member.userId}`}
                      label={`Role of ${member.email}`}
                      isLabelHidden={true}
                      options={[...ROLES, { value: "none", label: "nothing any more" }]}
                      defaultValue={member.role}
                    />
                  </ActionForm>
                </li>
              ))}
            </ul>
          </Card>
          <Card heading="Invite somebody">
            <ActionForm action={inviteAction.bind(null, where)} label="Send the invitation">
              <Field name="email" label="Email" type="email" required={true} autoComplete="off" />
              <SelectField name="role" label="Role" options={ROLES} defaultValue="viewer" />
            </ActionForm>
          </Card>
          <Card heading="Invitations">
            {team.invitations.length === 0 ? (
              <Empty>Nobody is invited at the moment.</Empty>
            ) : (
              <ul className="divide-y divide-stone-200 dark:divide-stone-800">
                {team.invitations.map(({ email, role, expiresAt }) => (
                  <li key={email} className="flex flex-wrap items-center justify-between gap-3 py-3 text-sm">
                    <p className="break-all">
                      {email}, as {role}, until {format.day(expiresAt)}
                    </p>
                    <ActionForm
                      action={withdrawInvitationAction.bind(null, where, email)}
                      label="Withdraw"
                      tone="plain"
                    />
                  </li>
                ))}
              </ul>
            )}
          </Card>
        </>
      ),
  });
}
