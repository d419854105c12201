// Choosing a password: when invited, when forgotten, when wished.

import {
  endMailedTokens,
  findUser,
  findUserByEmail,
  insertMailedToken,
  lockUser,
  revokeSessions,
  takeMailedToken,
  updateUser,
} from "#db/queries/people.ts";
import { withoutTenant } from "#db/transaction.ts";
import { hashPassword, isPassword } from "#lib/crypto/password.ts";
import { PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN, PersonError, parseEmail } from "#lib/domain/person.ts";
import type { ServiceDeps } from "../context.ts";
import { queueMail } from "./mail.ts";
import type { Viewer } from "./person.ts";
import { type SignInSource, takeAttempt } from "./sign-in.ts";

const RESET_LIFE_MS = 30 * 60_000;

/**
 * @throws password_too_short, password_too_long, password_common
 */
export function checkPassword(password: string, email: string): void {
  const length = [...password].length;
  if (length < PASSWORD_LENGTH_MIN) throw new PersonError("password_too_short");
  if (length > PASSWORD_LENGTH_MAX) throw new PersonError("password_too_long");
  const folded = password.toLowerCase();
  const isOneThing = new Set(folded).size < 5;
  if (
    isOneThing ||
    folded.includes(email.split("@")[0] ?? email) ||
    COMMON.some((word) => isMadeOf(folded, word))
  ) {
    throw new PersonError("password_common");
  }
}

/** What long passwords are made of that everybody tries. */
const COMMON = [
  "password",
  "passord",
  "qwerty",
  "123456",
  "abc123",
  "letmein",
  "billtext",
  "welcome",
  "iloveyou",
];

/** True where little is left of it beside the word, digits and signs. */
function isMadeOf(password: string, word: string): boolean {
  const rest = password.split(word).join("");
  return rest.length < password.length && rest.replace(/[^a-z]/g, "").length < 4;
}

/**
 * Mails a link to choose a new password, where the address is a person's. The caller learns nothing of that.
 *
 * @throws too_many_tries
 */
export async function requestPasswordReset(
  deps: ServiceDeps,
  input: {
    readonly email: string;
    readonly source: SignInSource;
    readonly linkTo: (token: string) => string;
  },
): Promise<void> {
  await takeAttempt(deps, "reset_place", input.source.address ?? "unknown");
  const email = parseEmail(input.email);
  if (email === null) return;
  // A name whose mails are used up is answered like one that there is not.
  if ((await deps.attempts.take("reset_name", email)) > 0) return;
  await withoutTenant(deps.db, async (tx) => {
    const user = await findUserByEmail(tx, email);
    if (user === null || user.disabledAt !== null) return;
    const token = deps.vault.random(43);
    await insertMailedToken(tx, {
      tokenHash: deps.vault.hash(token),
      kind: "password_reset",
      email,
      expiresAt: new Date(tx.now.getTime() + RESET_LIFE_MS),
    });
    await queueMail(deps, tx, email, {
      subject: "Choose a new password",
      text: [
        "Somebody, hopefully you, asked for a new password for this address.",
        `Choose it here within half an hour:\n\n${input.linkTo(token)}`,
        "If it was not you, do nothing: your password stays as it is.",
      ].join("\n\n"),
    });
  });
}

/**
 * Sets the password of whoever holds the mailed link. Every session of the person ends.
 *
 * @throws too_many_tries
 * @throws link_dead  unknown, used, or older than half an hour
 * @throws password_too_short, password_too_long, password_common
 */
export async function resetPassword(
  deps: ServiceDeps,
  input: { readonly token: string; readonly password: string; readonly source: SignInSource },
): Promise<void> {
  await takeAttempt(deps, "link_place", input.source.address ?? "unknown");
  const passwordHash = await hashPassword(input.password);
  await withoutTenant(deps.db, async (tx) => {
    const token = await takeMailedToken(tx, deps.vault.hash(input.token), "password_reset");
    const user = token === null ? null : await findUserByEmail(tx, token.email);
    if (user === null || user.disabledAt !== null) throw new PersonError("link_dead");
    // Thrown inside the transaction: a password that will not do uses no link up.
    checkPassword(input.password, user.email);
    await updateUser(tx, user.id, { passwordHash });
    await endMailedTokens(tx, "password_reset", user.email, null);
    await revokeSessions(tx, user.id, { except: null });
  });
}

/**
 * Changes the viewer's password; every other session ends.
 *
 * @throws credentials_wrong  the present password is another
 * @throws too_many_tries
 * @throws password_too_short, password_too_long, password_common
 */
export async function changePassword(
  deps: ServiceDeps,
  viewer: Viewer,
  input: { readonly current: string; readonly password: string },
): Promise<void> {
  await takeAttempt(deps, "sign_in_known", viewer.id);
  const before = await withoutTenant(deps.db, (tx) => findUser(tx, viewer.id));
  if (!(await isPassword(input.current, before?.passwordHash ?? null))) {
    throw new PersonError("credentials_wrong");
  }
  checkPassword(input.password, viewer.email);
  const passwordHash = await hashPassword(input.password);
  await withoutTenant(deps.db, async (tx) => {
    const user = await lockUser(tx, viewer.id);
    // Changed meanwhile, in another window.
    if (user === null || user.passwordHash !== before?.passwordHash)
      throw new PersonError("credentials_wrong");
    await updateUser(tx, viewer.id, { passwordHash });
    await revokeSessions(tx, viewer.id, { except: viewer.sessionHash });
  });
}
