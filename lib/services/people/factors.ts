// The second factor: codes of an authenticator app, and recovery codes for when it is lost.

import {
  countFactorTry,
  countRecoveryCodes,
  findSession,
  findUser,
  lockUser,
  replaceRecoveryCodes,
  revokeSessions,
  takeRecoveryCode,
  type User,
  updateSession,
  updateUser,
} from "#db/queries/people.ts";
import { realNow, type Tx, withoutTenant } from "#db/transaction.ts";
import { isPassword } from "#lib/crypto/password.ts";
import { newTotpSecret, totpStep, totpUri } from "#lib/crypto/totp.ts";
import type { UserId } from "#lib/domain/ids.ts";
import { PersonError } from "#lib/domain/person.ts";
import type { ServiceDeps } from "../context.ts";
import type { Viewer } from "./person.ts";
import { takeAttempt } from "./sign-in.ts";

/** Of one session; then it ends, and the password is asked for again. */
const FACTOR_TRIES_MAX = 5;
const RECOVERY_CODES = 10;
const RECOVERY_CODE_LENGTH = 10;

const contextOf = (id: UserId) => `totp:${id}`;

export interface TotpSetup {
  /** Base32, for apps that cannot see the picture. */
  readonly secret: string;
  readonly uri: string;
}

/**
 * Makes a secret that is in use once a code of it was given; one that waits already stays.
 *
 * @throws signed_out  the person is gone
 */
export async function beginTotp(deps: ServiceDeps, viewer: Viewer): Promise<void> {
  await withoutTenant(deps.db, async (tx) => {
    const user = await lockUser(tx, viewer.id);
    if (user === null) throw new PersonError("signed_out");
    if (user.totpSecret !== null) return;
    await updateUser(tx, viewer.id, { totpSecret: deps.vault.seal(newTotpSecret(), contextOf(viewer.id)) });
  });
}

/** The secret that waits to be confirmed, or null. */
export async function readTotpSetup(deps: ServiceDeps, viewer: Viewer): Promise<TotpSetup | null> {
  const user = await withoutTenant(deps.db, (tx) => findUser(tx, viewer.id));
  if (user === null || user.totpSecret === null || user.totpConfirmedAt !== null) return null;
  const secret = deps.vault.open(user.totpSecret, contextOf(viewer.id));
  return { secret, uri: totpUri(secret, viewer.email) };
}

/**
 * Takes the second factor into use; other sessions end. Returns the recovery codes, which are never shown again.
 *
 * @throws factor_not_begun  there is no secret that waits
 * @throws factor_wrong
 * @throws too_many_tries
 */
export async function confirmTotp(
  deps: ServiceDeps,
  viewer: Viewer,
  code: string,
): Promise<readonly string[]> {
  await takeAttempt(deps, "sign_in_known", viewer.id);
  return await withoutTenant(deps.db, async (tx) => {
    const user = await lockUser(tx, viewer.id);
    if (user === null || user.totpSecret === null || user.totpConfirmedAt !== null) {
      throw new PersonError("factor_not_begun");
    }
    const step = stepOf(deps, tx, user, code);
    if (step === null) throw new PersonError("factor_wrong");
    await updateUser(tx, user.id, { totpConfirmedAt: tx.now, totpLastStep: step });
    await revokeSessions(tx, user.id, { except: viewer.sessionHash });
    return await giveRecoveryCodes(deps, tx, user.id);
  });
}

/**
 * Completes a session whose password was right. Guesses are counted before they are looked at.
 *
 * @throws signed_out        there is no session that waits for it
 * @throws factor_wrong
 * @throws factor_exhausted  five guesses: the session has ended
 */
export async function passFactor(deps: ServiceDeps, sessionId: string, given: string): Promise<void> {
  const idHash = deps.vault.hash(sessionId);
  const code = given.replace(/[\s-]/g, "").toUpperCase();
  const ended = await withoutTenant(deps.db, async (tx) => {
    const found = await findSession(tx, idHash);
    if (found === null || found.session.revokedAt !== null || found.session.completedAt !== null) {
      throw new PersonError("signed_out");
    }
    const tries = await countFactorTry(tx, idHash);
    const user = await lockUser(tx, found.user.id);
    if (user === null || tries > FACTOR_TRIES_MAX) return "factor_exhausted";
    if (await isFactor(deps, tx, user, code)) {
      await updateSession(tx, idHash, { completedAt: tx.now, lastSeenAt: tx.now });
      return null;
    }
    if (tries < FACTOR_TRIES_MAX) return "factor_wrong";
    await updateSession(tx, idHash, { revokedAt: tx.now });
    return "factor_exhausted";
  });
  // Outside of the transaction, so that the count stays.
  if (ended !== null) throw new PersonError(ended);
}

/**
 * Gives the second factor up, or makes new recovery codes; both ask for the password.
 *
 * @throws credentials_wrong
 * @throws too_many_tries
 */
export async function removeTotp(deps: ServiceDeps, viewer: Viewer, password: string): Promise<void> {
  await provePassword(deps, viewer, password, async (tx) => {
    const none = { totpSecret: null, totpConfirmedAt: null, totpLastStep: null };
    await updateUser(tx, viewer.id, none);
    await replaceRecoveryCodes(tx, viewer.id, []);
  });
}

/** The same errors as `removeTotp`. */
export async function renewRecoveryCodes(
  deps: ServiceDeps,
  viewer: Viewer,
  password: string,
): Promise<readonly string[]> {
  return await provePassword(deps, viewer, password, (tx) => giveRecoveryCodes(deps, tx, viewer.id));
}

export async function countRecoveryCodesLeft(deps: ServiceDeps, viewer: Viewer): Promise<number> {
  return await withoutTenant(deps.db, (tx) => countRecoveryCodes(tx, viewer.id));
}

async function provePassword<T>(
  deps: ServiceDeps,
  viewer: Viewer,
  password: string,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  await takeAttempt(deps, "sign_in_known", viewer.id);
  return await withoutTenant(deps.db, async (tx) => {
    const user = await lockUser(tx, viewer.id);
    if (!(await isPassword(password, user?.passwordHash ?? null))) throw new PersonError("credentials_wrong");
    return await work(tx);
  });
}

async function isFactor(deps: ServiceDeps, tx: Tx, user: User, code: string): Promise<boolean> {
  if (/^\d{6}$/.test(code)) {
    const step = stepOf(deps, tx, user, code);
    if (step === null || step <= (user.totpLastStep ?? 0)) return false;
    await updateUser(tx, user.id, { totpLastStep: step });
    return true;
  }
  return await takeRecoveryCode(tx, user.id, deps.vault.hash(`${user.id}:${code}`));
}

function stepOf(deps: ServiceDeps, tx: Tx, user: User, code: string): number | null {
  if (user.totpSecret === null) return null;
  return totpStep(deps.vault.open(user.totpSecret, contextOf(user.id)), code, realNow(tx));
}

/** Capitals and digits, as they are compared. */
async function giveRecoveryCodes(deps: ServiceDeps, tx: Tx, userId: UserId): Promise<readonly string[]> {
  const codes = Array.from({ length: RECOVERY_CODES }, () =>
    // Base62 folded to one case: 51 bits at least.
    deps.vault.random(RECOVERY_CODE_LENGTH).toUpperCase(),
  );
  await replaceRecoveryCodes(
    tx,
    userId,
    codes.map((code) => deps.vault.hash(`${userId}:${code}`)),
  );
  return codes.map((code) => `${code.slice(0, 5)}-${code.slice(5)}`);
}
