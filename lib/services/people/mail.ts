// Mail that waits in the database until a server has taken it.

import { completeMail, insertMail, postponeMail, takeDueMail } from "#db/queries/people.ts";
import { type Tx, withoutTenant } from "#db/transaction.ts";
import type { MailId } from "#lib/domain/ids.ts";
import type { MailContent } from "#lib/domain/mail.ts";
import { newId, type ServiceDeps } from "../context.ts";

const contextOf = (id: MailId) => `mail:${id}`;

/** Queues a mail in the transaction that causes it. */
export async function queueMail(
  deps: ServiceDeps,
  tx: Tx,
  recipient: string,
  content: MailContent,
): Promise<void> {
  const id = newId(deps, "mail");
  await insertMail(tx, { id, recipient, content: deps.vault.seal(JSON.stringify(content), contextOf(id)) });
}

const BATCH = 20;
/** Longer than a server may take to answer. */
const LEASE_SECONDS = 60;
const PAUSES_SECONDS = [10, 60, 300, 1800, 7200, 21_600] as const;

/** Sends what is due; returns how much there was. What could not be sent is tried again for about eight hours. */
export async function sendDueMail(deps: ServiceDeps): Promise<number> {
  const { mail } = deps;
  if (mail === null) return 0;
  const due = await withoutTenant(deps.db, (tx) => takeDueMail(tx, BATCH, LEASE_SECONDS));
  for (const { id, recipient, content, attempts } of due) {
    const outcome = await mail.send(
      recipient,
      JSON.parse(deps.vault.open(content, contextOf(id))) as MailContent,
    );
    const pause = outcome.kind === "unsent" ? PAUSES_SECONDS[attempts - 1] : undefined;
    if (outcome.kind !== "sent") deps.log.warn("mail.not_sent", { mailId: id, reason: outcome.reason });
    await withoutTenant(deps.db, async (tx) => {
      if (outcome.kind === "sent") await completeMail(tx, id, { state: "sent", lastError: null });
      else if (pause === undefined)
        await completeMail(tx, id, { state: "failed", lastError: outcome.reason });
      else await postponeMail(tx, id, pause, outcome.reason);
    });
  }
  return due.length;
}
