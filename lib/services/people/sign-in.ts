// Signing in by address and password, and out again.

import {
  findUserByEmail,
  insertSession,
  listSessions,
  revokeSessions,
  type Session,
  type User,
  updateSession,
} from "#db/queries/people.ts";
import { type Tx, withoutTenant } from "#db/transaction.ts";
import { isPassword } from "#lib/crypto/password.ts";
import { PASSWORD_LENGTH_MAX, PersonError, parseEmail } from "#lib/domain/person.ts";
import type { AttemptBound } from "#lib/domain/ports/attempts.ts";
import type { ServiceDeps } from "../context.ts";
import { SESSION_LIFE_MS, type Viewer } from "./person.ts";

/** Where somebody comes from, as far as that is known. */
export interface SignInSource {
  readonly address: string | null;
  readonly userAgent: string;
}

export interface SignInInput {
  readonly email: string;
  readonly password: string;
  readonly source: SignInSource;
  /** What an earlier sign-in left in this browser, or null. */
  readonly deviceProof: string | null;
}

export interface OpenedSession {
  /** For the browser alone; we keep its hash. */
  readonly sessionId: string;
  /** False: the second factor comes next. */
  readonly isComplete: boolean;
  /** To be left in the browser: strangers who use up the tries of a name do not lock it out there. */
  readonly deviceProof: string;
}

const DEVICE = "device";
const USER_AGENT_MAX = 300;

/**
 * Opens a session. Whatever is wrong, the answer is the same and takes as long.
 *
 * @throws credentials_wrong  unknown address, wrong password, or a person who may not enter
 * @throws too_many_tries     from this place, or for this name
 */
export async function signIn(deps: ServiceDeps, input: SignInInput): Promise<OpenedSession> {
  const { source, deviceProof } = input;
  const email = parseEmail(input.email);
  const bounds = boundsOf(deps, email ?? "", source, deviceProof);
  for (const [bound, key] of bounds) await takeAttempt(deps, bound, key);
  const user = email === null ? null : await withoutTenant(deps.db, (tx) => findUserByEmail(tx, email));
  const password = input.password.slice(0, PASSWORD_LENGTH_MAX + 1);
  const isRight = await isPassword(password, user?.passwordHash ?? null);
  if (user === null || !isRight || user.disabledAt !== null) throw new PersonError("credentials_wrong");
  for (const [bound, key] of bounds) await deps.attempts.giveBack(bound, key);
  return await withoutTenant(deps.db, (tx) => openSession(deps, tx, user, source));
}

/** A session for a person whose identity is proved. */
export async function openSession(
  deps: ServiceDeps,
  tx: Tx,
  user: User,
  source: SignInSource,
): Promise<OpenedSession> {
  const sessionId = deps.vault.random(43);
  const isComplete = user.totpConfirmedAt === null;
  await insertSession(tx, {
    idHash: deps.vault.hash(sessionId),
    publicId: deps.vault.random(22),
    userId: user.id,
    expiresAt: new Date(tx.now.getTime() + SESSION_LIFE_MS),
    completedAt: isComplete ? tx.now : null,
    address: source.address,
    userAgent: source.userAgent.slice(0, USER_AGENT_MAX),
  });
  return { sessionId, isComplete, deviceProof: deps.vault.sign(DEVICE, user.email) };
}

/** Ends the session that the viewer is in. */
export async function signOut(deps: ServiceDeps, viewer: Viewer): Promise<void> {
  await withoutTenant(deps.db, (tx) => updateSession(tx, viewer.sessionHash, { revokedAt: tx.now }));
}

/** Where the viewer is signed in, the last used first. */
export async function listOwnSessions(deps: ServiceDeps, viewer: Viewer): Promise<readonly Session[]> {
  return await withoutTenant(deps.db, (tx) => listSessions(tx, viewer.id, tx.now));
}

/** Ends one of the viewer's sessions, or all others. Returns how many. */
export async function endSessions(
  deps: ServiceDeps,
  viewer: Viewer,
  which: { readonly publicId: string } | "others",
): Promise<number> {
  return await withoutTenant(deps.db, (tx) =>
    revokeSessions(tx, viewer.id, which === "others" ? { except: viewer.sessionHash } : which),
  );
}

/**
 * Wrong tries of a name are counted by place; over all places they are bounded too, but for browsers that it has signed in
 * with before, so that no stranger can lock it out.
 */
function boundsOf(
  deps: ServiceDeps,
  email: string,
  { address }: SignInSource,
  deviceProof: string | null,
): readonly (readonly [AttemptBound, string])[] {
  const place = address ?? "unknown";
  if (deviceProof !== null && deps.vault.verify(DEVICE, email, deviceProof)) {
    return [
      ["sign_in_place", place],
      ["sign_in_known", deviceProof],
    ];
  }
  return [
    ["sign_in_place", place],
    ["sign_in_here", `${email} ${place}`],
    ["sign_in_name", email],
  ];
}

/** @throws too_many_tries */
export async function takeAttempt(deps: ServiceDeps, bound: AttemptBound, key: string): Promise<void> {
  const waitMs = await deps.attempts.take(bound, key);
  if (waitMs > 0) throw new PersonError("too_many_tries", Math.ceil(waitMs / 1000));
}
