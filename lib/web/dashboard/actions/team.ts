"use server";

// Forms about a merchant's people.

import { refresh } from "next/cache";
import { getWebRuntime } from "#lib/context.ts";
import { parseId } from "#lib/domain/ids.ts";
import { ROLES } from "#lib/domain/permissions.ts";
import { PersonError, parseEmail } from "#lib/domain/person.ts";
import { changeRole, inviteMember, withdrawInvitation } from "#lib/services/people/team.ts";
import { type PlaceParams, requirePlace } from "../viewer.ts";
import { attempt, type FormState, textOf } from "./outcome.ts";

const roleOf = (text: string) => ROLES.find((role) => role === text) ?? null;

export async function inviteAction(where: PlaceParams, _: FormState, form: FormData): Promise<FormState> {
  const { ctx } = await requirePlace(Promise.resolve(where));
  const { origin } = getWebRuntime().config;
  const told = await attempt(
    () =>
      inviteMember(ctx, {
        email: textOf(form, "email"),
        role: roleOf(textOf(form, "role")) ?? "viewer",
        linkTo: (token) => `${origin}/dashboard/invitations/${token}`,
      }),
    "The invitation is on its way.",
  );
  refresh();
  return told;
}

export async function withdrawInvitationAction(where: PlaceParams, email: string): Promise<FormState> {
  const { ctx } = await requirePlace(Promise.resolve(where));
  const told = await attempt(async () => {
    const parsed = parseEmail(email);
    if (parsed !== null) await withdrawInvitation(ctx, parsed);
  }, "The invitation is withdrawn.");
  refresh();
  return told;
}

export async function changeRoleAction(
  where: PlaceParams,
  userId: string,
  _: FormState,
  form: FormData,
): Promise<FormState> {
  const { ctx } = await requirePlace(Promise.resolve(where));
  const told = await attempt(async () => {
    const id = parseId("user", userId);
    const wanted = textOf(form, "role");
    const role = roleOf(wanted);
    if (id === null || (role === null && wanted !== "none")) throw new PersonError("not_member");
    await changeRole(ctx, id, role);
  }, "That is changed.");
  refresh();
  return told;
}
