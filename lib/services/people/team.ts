// A merchant's people: who is invited, who is what, who is no more.

import { loadProfile } from "#db/queries/merchants.ts";
import {
  deleteMembership,
  endMailedTokens,
  insertMailedToken,
  listInvitations,
  listTeam,
  lockTeam,
  upsertMembership,
} from "#db/queries/people.ts";
import { actInMode } from "#db/transaction.ts";
import type { AuditAct } from "#lib/domain/audit.ts";
import type { UserId } from "#lib/domain/ids.ts";
import { ROLES, type Role } from "#lib/domain/permissions.ts";
import { type Email, PersonError, parseEmail } from "#lib/domain/person.ts";
import type { JsonValue } from "#lib/domain/ports/json.ts";
import { look, requirePermission, type ServiceContext, type TxContext, transact } from "../context.ts";
import { recordAudit } from "../record-audit.ts";
import { queueMail } from "./mail.ts";
import { takeAttempt } from "./sign-in.ts";

const INVITATION_LIFE_MS = 7 * 86_400_000;

export interface TeamMember {
  readonly userId: UserId;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly hasTotp: boolean;
  readonly since: Date;
}

export interface Invitation {
  readonly email: string;
  readonly role: Role;
  readonly invitedAt: Date;
  readonly expiresAt: Date;
}

/**
 * @throws permission_denied  the caller's role lacks team.read
 */
export async function getTeam(
  ctx: ServiceContext,
): Promise<{ readonly members: readonly TeamMember[]; readonly invitations: readonly Invitation[] }> {
  requirePermission(ctx, "team.read");
  return await look(ctx, async ({ tx, tenant }) => ({
    members: (await listTeam(tx, tenant.merchantId)).map(({ membership, user }) => ({
      userId: user.id,
      email: user.email,
      name: user.name,
      role: membership.role,
      hasTotp: user.totpConfirmedAt !== null,
      since: membership.createdAt,
    })),
    invitations: (await listInvitations(tx, tenant.merchantId)).flatMap(
      ({ email, role, createdAt, expiresAt }) =>
        role === null ? [] : [{ email, role, invitedAt: createdAt, expiresAt }],
    ),
  }));
}

export interface InviteInput {
  readonly email: string;
  readonly role: Role;
  readonly linkTo: (token: string) => string;
}

/**
 * Mails an invitation that is good for a week; an earlier one to the same address ends.
 *
 * @throws permission_denied  the caller's role lacks team.write
 * @throws role_above_yours   only owners make owners
 * @throws email_invalid, already_member, too_many_tries
 */
export async function inviteMember(
  ctx: ServiceContext,
  { email: given, role, linkTo }: InviteInput,
): Promise<void> {
  requirePermission(ctx, "team.write");
  requireAtMost(ctx, role);
  const email = parseEmail(given);
  if (email === null) throw new PersonError("email_invalid");
  await takeAttempt(ctx, "invite", ctx.tenant.merchantId);
  await transact(ctx, async (inTx) => {
    const { tx, tenant } = inTx;
    const team = await listTeam(tx, tenant.merchantId);
    if (team.some(({ user }) => user.email === email)) throw new PersonError("already_member");
    const { merchant } = await loadProfile(tx, tenant);
    await endMailedTokens(tx, "invitation", email, tenant.merchantId);
    const token = inTx.vault.random(43);
    await insertMailedToken(tx, {
      tokenHash: inTx.vault.hash(token),
      kind: "invitation",
      email,
      merchantId: tenant.merchantId,
      role,
      invitedBy: inTx.actor.kind === "user" ? inTx.actor.id : null,
      expiresAt: new Date(tx.now.getTime() - tx.clockOffsetMs + INVITATION_LIFE_MS),
    });
    await queueMail(inTx, tx, email, {
      subject: `You are invited to ${merchant.name}`,
      text: [
        `${merchant.name} would like you to work with them in Billtext, as ${role}.`,
        `Take it up within a week:\n\n${linkTo(token)}`,
        "If you do not know them, do nothing.",
      ].join("\n\n"),
    });
    await record(inTx, "team.invited", email, { role });
  });
}

/**
 * Ends an invitation that nobody has taken up.
 *
 * @throws permission_denied  the caller's role lacks team.write
 */
export async function withdrawInvitation(ctx: ServiceContext, email: Email): Promise<void> {
  requirePermission(ctx, "team.write");
  await transact(ctx, async (inTx) => {
    await endMailedTokens(inTx.tx, "invitation", email, inTx.tenant.merchantId);
    await record(inTx, "team.invitation_withdrawn", email, {});
  });
}

/**
 * Changes what a person is to the merchant; null: nothing any more. It counts from the person's next request.
 *
 * @throws permission_denied  the caller's role lacks team.write
 * @throws role_above_yours   only owners make owners, or change what they are
 * @throws not_member, last_owner
 */
export async function changeRole(ctx: ServiceContext, userId: UserId, role: Role | null): Promise<void> {
  requirePermission(ctx, "team.write");
  await transact(ctx, async (inTx) => {
    const { tx, tenant } = inTx;
    const team = await lockTeam(tx, tenant.merchantId);
    const current = team.find((one) => one.userId === userId);
    if (current === undefined) throw new PersonError("not_member");
    if (current.role === role) return;
    requireAtMost(inTx, current.role);
    if (role !== null) requireAtMost(inTx, role);
    const isLastOwner = current.role === "owner" && team.filter((one) => one.role === "owner").length === 1;
    if (isLastOwner) throw new PersonError("last_owner");
    if (role === null) await deleteMembership(tx, tenant.merchantId, userId);
    else await upsertMembership(tx, { merchantId: tenant.merchantId, userId, role });
    const act = role === null ? "team.removed" : "team.role_changed";
    await record(inTx, act, userId, { from: current.role, ...(role === null ? {} : { to: role }) });
  });
}

/** Owners may do anything to the team; others nothing to owners. */
function requireAtMost({ actor }: ServiceContext, role: Role): void {
  if (role !== ROLES[0] || actor.kind === "system") return;
  if (actor.kind !== "user" || actor.role !== "owner") throw new PersonError("role_above_yours");
}

/** The team is the same in both modes: its acts stand in the log of live mode, wherever they were done from. */
async function record(ctx: TxContext, act: AuditAct, subjectId: string, detail: JsonValue): Promise<void> {
  const { mode } = ctx.tenant;
  await actInMode(ctx.tx, "live");
  await recordAudit({ ...ctx, tenant: { ...ctx.tenant, mode: "live" } }, act, subjectId, detail);
  await actInMode(ctx.tx, mode);
}
