// The other end of an invitation.

import { loadProfile } from "#db/queries/merchants.ts";
import {
  ensureUser,
  findMailedToken,
  findUserByEmail,
  takeMailedToken,
  type User,
  updateUser,
  upsertMembership,
} from "#db/queries/people.ts";
import { inTenant, withoutTenant } from "#db/transaction.ts";
import { hashPassword } from "#lib/crypto/password.ts";
import type { MerchantId } from "#lib/domain/ids.ts";
import type { Role } from "#lib/domain/permissions.ts";
import { PersonError } from "#lib/domain/person.ts";
import { contextFor, newId, type ServiceDeps } from "../context.ts";
import { recordAudit } from "../record-audit.ts";
import { checkPassword } from "./passwords.ts";
import { type OpenedSession, openSession, type SignInSource, takeAttempt } from "./sign-in.ts";

export interface InvitationView {
  readonly email: string;
  readonly role: Role;
  readonly merchantId: MerchantId;
  readonly merchantName: string;
  /** True where the person signs in with a password of their own already: none is to be chosen. */
  readonly hasPassword: boolean;
}

/**
 * What an invitation is to; changes nothing.
 *
 * @throws too_many_tries
 * @throws link_dead  unknown, used, withdrawn, or older than a week
 */
export async function viewInvitation(
  deps: ServiceDeps,
  token: string,
  source: SignInSource,
): Promise<InvitationView> {
  await takeAttempt(deps, "link_place", source.address ?? "unknown");
  const found = await withoutTenant(deps.db, async (tx) => {
    const invitation = await findMailedToken(tx, deps.vault.hash(token), "invitation");
    const user = invitation === null ? null : await findUserByEmail(tx, invitation.email);
    return { invitation, user };
  });
  const { invitation, user } = found;
  if (invitation?.merchantId == null || invitation.role === null) throw new PersonError("link_dead");
  const { merchantId, email, role } = invitation;
  const { merchant } = await inTenant(deps.db, { merchantId, mode: "live" }, (tx) =>
    loadProfile(tx, { merchantId, mode: "live" }),
  );
  const hasPassword = user !== null && user.passwordHash !== null;
  return { email, role, merchantId, merchantName: merchant.name, hasPassword };
}

export interface AcceptInvitationInput {
  readonly token: string;
  readonly name: string;
  /** Of somebody who has none yet. */
  readonly password: string;
  readonly source: SignInSource;
  readonly correlationId: string;
}

/**
 * Takes an invitation up. Whoever is new is signed in; whoever has a password signs in with it, since a link alone
 * must not open what else they work on.
 *
 * @throws too_many_tries
 * @throws link_dead  unknown, used, withdrawn, or older than a week
 * @throws password_too_short, password_too_long, password_common
 */
export async function acceptInvitation(
  deps: ServiceDeps,
  input: AcceptInvitationInput,
): Promise<{ readonly merchantId: MerchantId; readonly session: OpenedSession | null }> {
  await takeAttempt(deps, "link_place", input.source.address ?? "unknown");
  const tokenHash = deps.vault.hash(input.token);
  const [found, passwordHash] = await Promise.all([
    withoutTenant(deps.db, (tx) => findMailedToken(tx, tokenHash, "invitation")),
    hashPassword(input.password),
  ]);
  if (found?.merchantId == null || found.role === null) throw new PersonError("link_dead");
  const { email, merchantId, role } = found;
  return await inTenant(deps.db, { merchantId, mode: "live" }, async (tx) => {
    const user = await ensureUser(tx, newId(deps, "user"), email);
    const isTaken = (await takeMailedToken(tx, tokenHash, "invitation")) !== null;
    if (!isTaken || user.disabledAt !== null) throw new PersonError("link_dead");
    await upsertMembership(tx, { merchantId, userId: user.id, role });
    const actor = { kind: "user", id: user.id, role } as const;
    const ctx = contextFor(deps, { merchantId, mode: "live" }, actor, input.correlationId);
    await recordAudit({ ...ctx, tx }, "team.joined", user.id, { role });
    if (user.passwordHash !== null) return { merchantId, session: null };
    checkPassword(input.password, email);
    const facts = { passwordHash, name: input.name.trim().slice(0, 100) };
    await updateUser(tx, user.id, facts);
    const made: User = { ...user, ...facts };
    return { merchantId, session: await openSession(deps, tx, made, input.source) };
  });
}
