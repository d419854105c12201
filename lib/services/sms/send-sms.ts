// Sends one message at most once, as far as a provider without idempotency allows: the intent is committed
// before the call, and after an unclear answer the provider is asked for the message before it is sent again.

import { findConsentCode } from "#db/queries/consent-codes.ts";
import { findInvoice, lockInvoice } from "#db/queries/invoices.ts";
import { findRailAccount, loadProfile, type RailAccount } from "#db/queries/merchants.ts";
import { findPayment } from "#db/queries/payments.ts";
import { findSms, lockSms, otherProviderIds, updateSmsFacts } from "#db/queries/sms-messages.ts";
import { realNow } from "#db/transaction.ts";
import { unreachable } from "#lib/domain/errors.ts";
import type { SmsId } from "#lib/domain/ids.ts";
import { isPastExpiry } from "#lib/domain/invoice.ts";
import type { OpenRailAccount } from "#lib/domain/ports/rail.ts";
import type { SmsOutcome } from "#lib/domain/ports/sms.ts";
import type { Invoice, Sms } from "#lib/domain/records.ts";
import {
  SMS_GIVE_UP_SECONDS,
  SMS_LOOK_UP_SECONDS,
  SMS_UNCLEAR_SENDS_MAX,
  smsLookUpPauseSeconds,
  smsPauseSeconds,
} from "#lib/domain/schedule.ts";
import { type ServiceContext, type TxContext, transact } from "../context.ts";
import { openPhone, openRailAccount } from "../payments/rail-call.ts";
import { railTime } from "../rail-time.ts";
import { payUrl, smsStatusUrl } from "../urls.ts";
import { advanceSms } from "./advance.ts";
import { consentCode } from "./queue-code.ts";
import { revealSecrets } from "./queue-sms.ts";

interface Loaded {
  readonly sms: Sms;
  readonly invoice: Invoice;
  readonly account: RailAccount;
}

/** Takes one step with a message: sends it, looks for it, or finds that there is nothing to do. */
export async function sendSms(ctx: ServiceContext, smsId: SmsId): Promise<void> {
  const loaded = await load(ctx, smsId);
  if (loaded === null) return;
  if (loaded.sms.state === "queued") return await sendQueued(ctx, loaded);
  if (loaded.sms.state === "sending") return await lookUp(ctx, loaded);
}

async function load(ctx: ServiceContext, smsId: SmsId): Promise<Loaded | null> {
  return await transact(ctx, async (inTx) => {
    const { tx, tenant } = inTx;
    const sms = await findSms(tx, tenant, smsId);
    if (sms === null) return null;
    const invoice = await findInvoice(tx, tenant, sms.invoiceId);
    const account = await accountOf(inTx, sms);
    if (invoice === null || account === undefined)
      throw new Error(`Message ${smsId} has lost its relations.`);
    return { sms, invoice, account };
  });
}

/** Where it was given to, once it was; before that the merchant's account of today. */
async function accountOf({ tx, tenant }: TxContext, sms: Sms): Promise<RailAccount | undefined> {
  if (sms.state === "sending" && sms.railAccountId !== null) {
    return (await findRailAccount(tx, tenant, sms.railAccountId)) ?? undefined;
  }
  const { accounts } = await loadProfile(tx, tenant);
  return accounts.find((candidate) => candidate.kind === "sms");
}

async function sendQueued(ctx: ServiceContext, loaded: Loaded): Promise<void> {
  await ctx.failpoints?.reach("K4");
  const claimed = await claim(ctx, loaded);
  if (claimed === null) return;
  const account = openRailAccount(ctx, loaded.account);
  const outcome = await ctx.sms.send(account, {
    to: openPhone(ctx, loaded.invoice),
    sender: claimed.sender,
    body: bodyOf(ctx, claimed),
    statusUrl: statusUrlFor(ctx, account, claimed.id),
  });
  if (outcome.kind === "accepted") await ctx.failpoints?.reach("K5");
  await applySmsOutcome(ctx, claimed, outcome);
  await ctx.failpoints?.reach("K6");
}

/** Commits the intent, unless the message is no longer wanted or another worker has it. */
async function claim(ctx: ServiceContext, { sms: wanted, account }: Loaded): Promise<Sms | null> {
  return await withLockedSms(ctx, wanted.id, async (inTx, invoice, sms) => {
    if (sms.state !== "queued") return null;
    if (!(await isStillWanted(inTx, invoice, sms))) {
      await advanceSms(inTx, invoice, sms, "skipped", { finalAt: inTx.tx.now });
      return null;
    }
    return await advanceSms(inTx, invoice, sms, "claimed", {
      claimedAt: inTx.tx.now,
      railAccountId: account.id,
      attempts: sms.attempts + 1,
      unknownSince: null,
    });
  });
}

/**
 * Nothing is sent about an invoice that is paid, cancelled or expired, but for the receipt of a paid one; and no
 * code whose attempt was given up or whose time is over.
 */
async function isStillWanted({ tx, tenant }: TxContext, invoice: Invoice, sms: Sms): Promise<boolean> {
  if (sms.kind === "receipt") return invoice.state === "paid";
  if (invoice.state !== "open" || isPastExpiry(invoice.expiresAt, tx.now)) return false;
  if (sms.paymentId === null) return true;
  const payment = await findPayment(tx, tenant, sms.paymentId);
  const code = await findConsentCode(tx, tenant, sms.paymentId);
  return payment?.state === "created" && code !== null && code.expiresAt > tx.now;
}

/** The provider may have taken it: look first. Not found for a minute: it was not taken, and goes out again. */
async function lookUp(ctx: ServiceContext, { sms, invoice, account }: Loaded): Promise<void> {
  // Real time: the provider's list is searched from here, and a phone must not get a text twice.
  const { since, excludedIds } = await transact(ctx, async (inTx) => ({
    since: (await railTime(inTx))(sms.claimedAt ?? sms.createdAt),
    excludedIds: await otherProviderIds(inTx.tx, sms),
  }));
  const found = await ctx.sms.find(openRailAccount(ctx, account), {
    to: openPhone(ctx, invoice),
    body: bodyOf(ctx, sms),
    since,
    excludedIds,
  });
  await withLockedSms(ctx, sms.id, async (inTx, locked, current) => {
    if (current.state !== "sending") return;
    const { now } = inTx.tx;
    if (found.kind === "found") {
      const facts = { providerId: found.providerId, sentAt: now, unknownSince: null, lookedUpAt: now };
      await advanceSms(inTx, locked, current, "accepted", facts);
      return;
    }
    // It was sent again meanwhile; what was not found is an earlier send.
    if (current.attempts !== sms.attempts) return;
    const looked = await updateSmsFacts(inTx.tx, current, {
      lookedUpAt: now,
      unknownSince: current.unknownSince ?? now,
    });
    const ageSeconds = (realNow(inTx.tx).getTime() - since.getTime()) / 1000;
    const isNotThere = found.kind === "not_found" && ageSeconds >= SMS_LOOK_UP_SECONDS;
    const unclearSends = looked.unclearSends + (isNotThere ? 1 : 0);
    if (isTooLate(looked, now) || unclearSends >= SMS_UNCLEAR_SENDS_MAX) {
      await advanceSms(inTx, locked, looked, "refused", {
        unclearSends,
        providerCode: "unclear",
        finalAt: now,
      });
      return;
    }
    if (!isNotThere) return await enqueueIn(inTx, sms.id, smsLookUpPauseSeconds(ageSeconds));
    await advanceSms(inTx, locked, looked, "returned", { unclearSends, unknownSince: null });
    await enqueueIn(inTx, sms.id, 0);
  });
}

/** A message that could not be sent for hours says something else than what was meant. */
function isTooLate(sms: Sms, now: Date): boolean {
  return now.getTime() - sms.sendAt.getTime() > SMS_GIVE_UP_SECONDS * 1000;
}

async function applySmsOutcome(ctx: ServiceContext, claimed: Sms, outcome: SmsOutcome): Promise<void> {
  const smsId = claimed.id;
  await withLockedSms(ctx, smsId, async (inTx, invoice, sms) => {
    const { now } = inTx.tx;
    if (outcome.kind === "accepted") {
      // Whatever became of the message meanwhile: it was taken, and goes out no more.
      const facts = { providerId: outcome.providerId, sentAt: now, unknownSince: null };
      await advanceSms(inTx, invoice, sms, "accepted", facts);
      return;
    }
    // The provider's own report may have been faster than its answer, or another worker has taken over.
    if (sms.state !== "sending" || sms.attempts !== claimed.attempts) return;
    switch (outcome.kind) {
      case "refused":
        await advanceSms(inTx, invoice, sms, "refused", { providerCode: outcome.providerCode, finalAt: now });
        return;
      case "not_taken": {
        const returned = await advanceSms(inTx, invoice, sms, "returned", {});
        if (returned === null) return;
        if (isTooLate(sms, now)) {
          await advanceSms(inTx, invoice, returned, "refused", { providerCode: "not_reached", finalAt: now });
          return;
        }
        await enqueueIn(inTx, smsId, smsPauseSeconds(sms.attempts, outcome.retryAfterSeconds));
        return;
      }
      case "unknown":
        await updateSmsFacts(inTx.tx, sms, { unknownSince: now });
        await enqueueIn(inTx, smsId, smsLookUpPauseSeconds(0));
        return;
      default:
        unreachable(outcome);
    }
  });
}

async function withLockedSms<T>(
  ctx: ServiceContext,
  smsId: SmsId,
  work: (ctx: TxContext, invoice: Invoice, sms: Sms) => Promise<T>,
): Promise<T> {
  return await transact(ctx, async (inTx) => {
    const found = await findSms(inTx.tx, inTx.tenant, smsId);
    const invoice = found === null ? null : await lockInvoice(inTx.tx, inTx.tenant, found.invoiceId);
    const sms = await lockSms(inTx.tx, inTx.tenant, smsId);
    if (invoice === null || sms === null) throw new Error(`Message ${smsId} disappeared.`);
    return await work(inTx, invoice, sms);
  });
}

async function enqueueIn(ctx: TxContext, smsId: SmsId, seconds: number): Promise<void> {
  const startAfter = new Date(ctx.tx.now.getTime() + seconds * 1000);
  await ctx.queue.enqueue(ctx.tx, "invoice.send_sms", { ...ctx.tenant, smsId }, { startAfter });
}

function bodyOf(ctx: ServiceContext, sms: Sms): string {
  const link = payUrl(ctx, { id: sms.invoiceId, linkCounter: sms.linkCounter, linkKeyId: sms.linkKeyId });
  const code = sms.paymentId === null ? null : consentCode(ctx, sms.paymentId, sms);
  return revealSecrets(sms.template, link, code);
}

/** A real provider cannot reach an origin on this machine, and refuses to be told of one. */
function statusUrlFor(ctx: ServiceContext, account: OpenRailAccount, smsId: SmsId): string | null {
  const host = new URL(ctx.addresses.origin).hostname;
  const isLocal =
    host === "localhost" || host.endsWith(".localhost") || host === "127.0.0.1" || host === "[::1]";
  const isSandbox = account.baseUrl !== null && account.baseUrl === ctx.addresses.sandboxUrl;
  return isLocal && !isSandbox ? null : smsStatusUrl(ctx, account.id, smsId);
}
