"use server";

// Forms about a merchant's people.

import { getWebRuntime } from "#lib/context.ts";
import { parseId } from "#lib/domain/ids.ts";
import { ROLES } from "#lib/domain/permissions.ts";
import { PersonError, parseEmail } from "#lib/domain/person.ts";
import type { ServiceContext } from "#lib/services/context.ts";
import { changeRole, inviteMember, withdrawInvitation } from "#lib/services/people/team.ts";
import type { PlaceParams } from "../viewer.ts";
import { atPlace } from "../where.ts";
import { type FormState, textOf } from "./outcome.ts";

const roleOf = (text: string) => ROLES.find((role) => role === text) ?? null;

export async function inviteAction(where: PlaceParams, _: FormState, form: FormData): Promise<FormState> {
  const { origin } = getWebRuntime().config;
  const invitation = {
    email: textOf(form, "email"),
    role: roleOf(textOf(form, "role")) ?? "viewer",
    linkTo: (token: string) => `${origin}/dashboard/invitations/${token}`,
  };
  return await atPlace(where, (ctx) => inviteMember(ctx, invitation), "The invitation is on its way.");
}

export async function withdrawInvitationAction(where: PlaceParams, email: string): Promise<FormState> {
  const withdraw = async (ctx: ServiceContext) => {
    const parsed = parseEmail(email);
    if (parsed !== null) await withdrawInvitation(ctx, parsed);
  };
  return await atPlace(where, withdraw, "The invitation is withdrawn.");
}

export async function changeRoleAction(
  where: PlaceParams,
  userId: string,
  _: FormState,
  form: FormData,
): Promise<FormState> {
  const change = async (ctx: ServiceContext) => {
    const id = parseId("user", userId);
    const wanted = textOf(form, "role");
    const role = roleOf(wanted);
    if (id === null || (role === null && wanted !== "none")) throw new PersonError("not_member");
    await changeRole(ctx, id, role);
  };
  return await atPlace(where, change, "That is changed.");
}
