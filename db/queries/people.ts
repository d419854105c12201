// People, where they are signed in, and what was mailed to them.

import { and, asc, desc, eq, gt, isNull, lt, or, sql } from "drizzle-orm";
import type { MailId, MerchantId, UserId } from "#lib/domain/ids.ts";
import type { Role } from "#lib/domain/permissions.ts";
import {
  mailedTokens,
  mails,
  memberships,
  recoveryCodes,
  userIdentities,
  userSessions,
  users,
} from "../schema/people.ts";
import type { Tx } from "../transaction.ts";

export type User = typeof users.$inferSelect;
export type Session = typeof userSessions.$inferSelect;
export type MailedToken = typeof mailedTokens.$inferSelect;

export interface Membership {
  readonly merchantId: MerchantId;
  readonly userId: UserId;
  readonly role: Role;
  readonly createdAt: Date;
}

export async function findUser(tx: Tx, id: UserId): Promise<User | null> {
  const [row] = await tx.sql.select().from(users).where(eq(users.id, id));
  return row ?? null;
}

export async function findUserByEmail(tx: Tx, email: string): Promise<User | null> {
  const [row] = await tx.sql.select().from(users).where(eq(users.email, email));
  return row ?? null;
}

/** Makes a person, or finds the one who has the address. */
export async function ensureUser(tx: Tx, id: UserId, email: string): Promise<User> {
  await tx.sql.insert(users).values({ id, email }).onConflictDoNothing({ target: users.email });
  const found = await findUserByEmail(tx, email);
  if (found === null) throw new Error("The person was not stored.");
  return found;
}

/** Locks the person's row, so that what is decided about it is decided once. */
export async function lockUser(tx: Tx, id: UserId): Promise<User | null> {
  const [row] = await tx.sql.select().from(users).where(eq(users.id, id)).for("update");
  return row ?? null;
}

export async function updateUser(
  tx: Tx,
  id: UserId,
  facts: Partial<Omit<User, "id" | "createdAt">>,
): Promise<void> {
  await tx.sql.update(users).set(facts).where(eq(users.id, id));
}

export async function findUserByIdentity(tx: Tx, issuer: string, subject: string): Promise<User | null> {
  const [row] = await tx.sql
    .select({ user: users })
    .from(userIdentities)
    .innerJoin(users, eq(users.id, userIdentities.userId))
    .where(and(eq(userIdentities.issuer, issuer), eq(userIdentities.subject, subject)));
  return row?.user ?? null;
}

export async function insertIdentity(
  tx: Tx,
  input: { readonly issuer: string; readonly subject: string; readonly userId: UserId },
): Promise<void> {
  await tx.sql.insert(userIdentities).values(input).onConflictDoNothing();
}

/** What a person is to whom, oldest first. */
export async function listMemberships(tx: Tx, userId: UserId): Promise<Membership[]> {
  return await tx.sql
    .select()
    .from(memberships)
    .where(eq(memberships.userId, userId))
    .orderBy(asc(memberships.createdAt), asc(memberships.merchantId));
}

/** A merchant's people, oldest first. */
export async function listTeam(
  tx: Tx,
  merchantId: MerchantId,
): Promise<readonly { readonly membership: Membership; readonly user: User }[]> {
  const rows = await tx.sql
    .select({ membership: memberships, user: users })
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(eq(memberships.merchantId, merchantId))
    .orderBy(asc(memberships.createdAt), asc(users.email));
  return rows;
}

/** Locks a merchant's memberships, so that the last owner cannot be taken away twice at once. */
export async function lockTeam(tx: Tx, merchantId: MerchantId): Promise<Membership[]> {
  return await tx.sql.select().from(memberships).where(eq(memberships.merchantId, merchantId)).for("update");
}

export async function upsertMembership(
  tx: Tx,
  { merchantId, userId, role }: Omit<Membership, "createdAt">,
): Promise<void> {
  await tx.sql
    .insert(memberships)
    .values({ merchantId, userId, role })
    .onConflictDoUpdate({ target: [memberships.merchantId, memberships.userId], set: { role } });
}

export async function deleteMembership(tx: Tx, merchantId: MerchantId, userId: UserId): Promise<void> {
  await tx.sql
    .delete(memberships)
    .where(and(eq(memberships.merchantId, merchantId), eq(memberships.userId, userId)));
}

export async function insertSession(tx: Tx, input: typeof userSessions.$inferInsert): Promise<void> {
  await tx.sql.insert(userSessions).values(input);
}

/** A session with its person, however it stands. */
export async function findSession(
  tx: Tx,
  idHash: Uint8Array,
): Promise<{ readonly session: Session; readonly user: User } | null> {
  const [row] = await tx.sql
    .select({ session: userSessions, user: users })
    .from(userSessions)
    .innerJoin(users, eq(users.id, userSessions.userId))
    .where(eq(userSessions.idHash, idHash));
  return row ?? null;
}

export async function updateSession(
  tx: Tx,
  idHash: Uint8Array,
  facts: Partial<Pick<Session, "lastSeenAt" | "completedAt" | "revokedAt">>,
): Promise<void> {
  await tx.sql.update(userSessions).set(facts).where(eq(userSessions.idHash, idHash));
}

/** Counts one guess of the second factor, before it is looked at. Returns how many there were. */
export async function countFactorTry(tx: Tx, idHash: Uint8Array): Promise<number> {
  const [row] = await tx.sql
    .update(userSessions)
    .set({ factorTries: sql`${userSessions.factorTries} + 1` })
    .where(eq(userSessions.idHash, idHash))
    .returning({ tries: userSessions.factorTries });
  return row?.tries ?? 0;
}

/** Where a person is signed in at an instant (UTC), newest first. */
export async function listSessions(tx: Tx, userId: UserId, now: Date): Promise<Session[]> {
  return await tx.sql
    .select()
    .from(userSessions)
    .where(
      and(eq(userSessions.userId, userId), isNull(userSessions.revokedAt), gt(userSessions.expiresAt, now)),
    )
    .orderBy(desc(userSessions.lastSeenAt));
}

/** Ends one of a person's sessions by its public name, or all but `except`. Returns how many. */
export async function revokeSessions(
  tx: Tx,
  userId: UserId,
  which: { readonly publicId: string } | { readonly except: Uint8Array | null },
): Promise<number> {
  const one =
    "publicId" in which
      ? eq(userSessions.publicId, which.publicId)
      : which.except === null
        ? undefined
        : sql`${userSessions.idHash} <> ${Buffer.from(which.except)}`;
  const ended = await tx.sql
    .update(userSessions)
    .set({ revokedAt: tx.now })
    .where(and(eq(userSessions.userId, userId), isNull(userSessions.revokedAt), one))
    .returning({ publicId: userSessions.publicId });
  return ended.length;
}

export async function replaceRecoveryCodes(
  tx: Tx,
  userId: UserId,
  hashes: readonly Uint8Array[],
): Promise<void> {
  await tx.sql.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId));
  if (hashes.length === 0) return;
  await tx.sql.insert(recoveryCodes).values(hashes.map((codeHash) => ({ userId, codeHash })));
}

/** Uses a recovery code up; false where there is none, or it was used. */
export async function takeRecoveryCode(tx: Tx, userId: UserId, codeHash: Uint8Array): Promise<boolean> {
  const used = await tx.sql
    .update(recoveryCodes)
    .set({ usedAt: tx.now })
    .where(
      and(
        eq(recoveryCodes.userId, userId),
        eq(recoveryCodes.codeHash, codeHash),
        isNull(recoveryCodes.usedAt),
      ),
    )
    .returning({ userId: recoveryCodes.userId });
  return used.length > 0;
}

export async function countRecoveryCodes(tx: Tx, userId: UserId): Promise<number> {
  return await tx.sql.$count(
    recoveryCodes,
    and(eq(recoveryCodes.userId, userId), isNull(recoveryCodes.usedAt)),
  );
}

export async function insertMailedToken(tx: Tx, input: typeof mailedTokens.$inferInsert): Promise<void> {
  await tx.sql.insert(mailedTokens).values(input);
}

const isUsable = (tx: Tx) => and(isNull(mailedTokens.usedAt), gt(mailedTokens.expiresAt, tx.now));

/** A token that can be used now. */
export async function findMailedToken(
  tx: Tx,
  tokenHash: Uint8Array,
  kind: MailedToken["kind"],
): Promise<MailedToken | null> {
  const [row] = await tx.sql
    .select()
    .from(mailedTokens)
    .where(and(eq(mailedTokens.tokenHash, tokenHash), eq(mailedTokens.kind, kind), isUsable(tx)));
  return row ?? null;
}

/** The same, and it is used up with this. */
export async function takeMailedToken(
  tx: Tx,
  tokenHash: Uint8Array,
  kind: MailedToken["kind"],
): Promise<MailedToken | null> {
  const [row] = await tx.sql
    .update(mailedTokens)
    .set({ usedAt: tx.now })
    .where(and(eq(mailedTokens.tokenHash, tokenHash), eq(mailedTokens.kind, kind), isUsable(tx)))
    .returning();
  return row ?? null;
}

/** Ends every unused link of this kind to an address, for one merchant where one is named. */
export async function endMailedTokens(
  tx: Tx,
  kind: MailedToken["kind"],
  email: string,
  merchantId: MerchantId | null,
): Promise<void> {
  await tx.sql
    .update(mailedTokens)
    .set({ usedAt: tx.now })
    .where(
      and(
        eq(mailedTokens.kind, kind),
        eq(mailedTokens.email, email),
        isNull(mailedTokens.usedAt),
        merchantId === null ? undefined : eq(mailedTokens.merchantId, merchantId),
      ),
    );
}

/** A merchant's invitations that nobody has taken up yet, oldest first. */
export async function listInvitations(tx: Tx, merchantId: MerchantId): Promise<MailedToken[]> {
  return await tx.sql
    .select()
    .from(mailedTokens)
    .where(and(eq(mailedTokens.kind, "invitation"), eq(mailedTokens.merchantId, merchantId), isUsable(tx)))
    .orderBy(asc(mailedTokens.createdAt));
}

export async function insertMail(
  tx: Tx,
  input: { readonly id: MailId; readonly recipient: string; readonly content: Uint8Array },
): Promise<void> {
  await tx.sql.insert(mails).values(input);
}

export interface DueMail {
  readonly id: MailId;
  readonly recipient: string;
  readonly content: Uint8Array;
  readonly attempts: number;
}

/** Takes mail that is due for as long as the lease lasts: who dies with it leaves it to the next. */
export async function takeDueMail(tx: Tx, limit: number, leaseSeconds: number): Promise<DueMail[]> {
  const due = tx.sql
    .select({ id: mails.id })
    .from(mails)
    .where(and(eq(mails.state, "queued"), lt(mails.nextAttemptAt, sql`now()`)))
    .orderBy(asc(mails.nextAttemptAt))
    .limit(limit)
    .for("update", { skipLocked: true });
  const rows = await tx.sql
    .update(mails)
    .set({
      attempts: sql`${mails.attempts} + 1`,
      nextAttemptAt: sql`now() + make_interval(secs => ${leaseSeconds})`,
    })
    .where(sql`${mails.id} in ${due}`)
    .returning({
      id: mails.id,
      recipient: mails.recipient,
      content: mails.content,
      attempts: mails.attempts,
    });
  return rows.flatMap(({ content, ...row }) => (content === null ? [] : [{ ...row, content }]));
}

export async function completeMail(
  tx: Tx,
  id: MailId,
  ended: { readonly state: "sent" | "failed"; readonly lastError: string | null },
): Promise<void> {
  await tx.sql
    .update(mails)
    .set({ ...ended, content: null, completedAt: tx.now })
    .where(and(eq(mails.id, id), eq(mails.state, "queued")));
}

export async function postponeMail(
  tx: Tx,
  id: MailId,
  pauseSeconds: number,
  lastError: string,
): Promise<void> {
  await tx.sql
    .update(mails)
    .set({ nextAttemptAt: sql`now() + make_interval(secs => ${pauseSeconds})`, lastError })
    .where(and(eq(mails.id, id), eq(mails.state, "queued")));
}

/** Forgets sessions and links that were over, and mail that was sent, before an instant (UTC). */
export async function purgePeople(tx: Tx, before: Date): Promise<void> {
  await tx.sql.delete(userSessions).where(lt(userSessions.expiresAt, before));
  await tx.sql
    .delete(mailedTokens)
    .where(or(lt(mailedTokens.expiresAt, before), lt(mailedTokens.usedAt, before)));
  await tx.sql.delete(mails).where(lt(mails.completedAt, before));
}
