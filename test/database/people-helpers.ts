// People for tests, and what was mailed to them.

import { addOwner } from "#db/queries/users.ts";
import { withoutTenant } from "#db/transaction.ts";
import { hashPassword } from "#lib/crypto/password.ts";
import type { UserId } from "#lib/domain/ids.ts";
import { newId } from "#lib/services/context.ts";
import { sendDueMail } from "#lib/services/people/mail.ts";
import { readViewer, type Viewer } from "#lib/services/people/person.ts";
import { type OpenedSession, signIn } from "#lib/services/people/sign-in.ts";
import { until } from "../until.ts";
import type { TestMerchant, TestSystem } from "./system.ts";

export const PASSWORD = "harbour lantern seven";

let lastAddress = 0;

/** A place that nobody else signs in from. */
export const somewhere = () => {
  lastAddress += 1;
  return { address: `198.51.${Math.floor(lastAddress / 250)}.${lastAddress % 250}`, userAgent: "Test" };
};

export const freshEmail = (system: TestSystem) =>
  `p${system.deps.vault.random(10).toLowerCase()}@example.com`;

/** An owner of a merchant with a password. */
export async function makeOwner(system: TestSystem, merchant: TestMerchant) {
  const email = freshEmail(system);
  const passwordHash = await hashPassword(PASSWORD);
  const userId: UserId = newId(system.deps, "user");
  await withoutTenant(system.deps.db, (tx) =>
    addOwner(tx, { merchantId: merchant.merchantId, userId, email, passwordHash }),
  );
  return { email, userId };
}

export async function enter(system: TestSystem, email: string, password = PASSWORD): Promise<OpenedSession> {
  return await signIn(system.deps, { email, password, source: somewhere(), deviceProof: null });
}

/** The person behind a session; fails where there is none. */
export async function viewerOf(system: TestSystem, { sessionId }: OpenedSession): Promise<Viewer> {
  const viewer = await readViewer(system.deps, sessionId);
  if (viewer === null) throw new Error("Nobody is signed in.");
  return viewer;
}

interface Mail {
  readonly subject: string;
  readonly text: string;
}

/** The web process may not send. */
const workers = new WeakMap<TestSystem, ReturnType<TestSystem["openWorker"]>>();

export async function mailsTo(system: TestSystem, email: string): Promise<Mail[]> {
  const opening = workers.get(system) ?? system.openWorker();
  workers.set(system, opening);
  const worker = await opening;
  while ((await sendDueMail(worker.deps)) > 0);
  const response = await fetch(`${system.sandboxUrl}/mailbox/mails?to=${encodeURIComponent(email)}`);
  return ((await response.json()) as { mails: Mail[] }).mails;
}

/** What follows the last slash of the link in the newest mail to an address. */
export async function mailedToken(system: TestSystem, email: string): Promise<string> {
  return await until("a mail with a link", async () => {
    const [newest] = await mailsTo(system, email);
    return /https?:\/\/\S+\/([0-9A-Za-z]{43})/.exec(newest?.text ?? "")?.[1] ?? null;
  });
}

/** The code of a refusal, or "done". */
export const refusal = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: { code?: string; message: string }) => error.code ?? error.message,
  );
