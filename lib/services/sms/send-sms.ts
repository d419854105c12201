// Sends one message at most once, as far as a provider without idempotency allows: the intent is committed
// before the call, and after an unclear answer the provider is asked for the message before it is sent again.

import { findInvoice, lockInvoice } from "#db/queries/invoices.ts";
import { loadProfile, type RailAccount } from "#db/queries/merchants.ts";
import { findSms, lockSms, otherProviderIds, updateSmsFacts } from "#db/queries/sms-messages.ts";
import { unreachable } from "#lib/domain/errors.ts";
import type { SmsId } from "#lib/domain/ids.ts";
import { isPastExpiry } from "#lib/domain/invoice.ts";
import type { OpenRailAccount } from "#lib/domain/ports/rail.ts";
import type { SmsOutcome } from "#lib/domain/ports/sms.ts";
import type { Invoice, Sms } from "#lib/domain/records.ts";
import {
  SMS_GIVE_UP_SECONDS,
  SMS_LOOK_UP_PAUSE_SECONDS,
  SMS_LOOK_UP_SECONDS,
  smsPauseSeconds,
} from "#lib/domain/schedule.ts";
import { type ServiceContext, type TxContext, transact } from "../context.ts";
import { openPhone, openRailAccount } from "../payments/rail-call.ts";
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
  return await transact(ctx, async ({ tx, tenant }) => {
    const sms = await findSms(tx, tenant, smsId);
    if (sms === null) return null;
    const invoice = await findInvoice(tx, tenant, sms.invoiceId);
    const { accounts } = await loadProfile(tx, tenant);
    const account = accounts.find((candidate) => candidate.kind === "sms");
    if (invoice === null || account === undefined)
      throw new Error(`Message ${smsId} has lost its relations.`);
    return { sms, invoice, account };
  });
}

async function sendQueued(ctx: ServiceContext, loaded: Loaded): Promise<void> {
  const claimed = await claim(ctx, loaded.sms.id);
  if (claimed === null) return;
  const account = openRailAccount(ctx, loaded.account);
  const outcome = await ctx.sms.send(account, {
    to: openPhone(ctx, loaded.invoice),
    sender: claimed.sender,
    body: bodyOf(ctx, claimed),
    statusUrl: statusUrlFor(ctx, account, claimed.id),
  });
  await applySmsOutcome(ctx, claimed.id, outcome);
}

/** Commits the intent, unless the message is no longer wanted or another worker has it. */
async function claim(ctx: ServiceContext, smsId: SmsId): Promise<Sms | null> {
  return await withLockedSms(ctx, smsId, async (inTx, invoice, sms) => {
    if (sms.state !== "queued") return null;
    if (!isStillWanted(invoice, sms, inTx.tx.now)) {
      await advanceSms(inTx, invoice, sms, "skipped", { finalAt: inTx.tx.now });
      return null;
    }
    return await advanceSms(inTx, invoice, sms, "claimed", {
      claimedAt: inTx.tx.now,
      attempts: sms.attempts + 1,
      unknownSince: null,
    });
  });
}

/** Nothing is sent about an invoice that is paid, cancelled or expired, but for the receipt of a paid one. */
function isStillWanted(invoice: Invoice, sms: Sms, now: Date): boolean {
  if (sms.kind === "receipt") return invoice.state === "paid";
  return invoice.state === "open" && !isPastExpiry(invoice.expiresAt, now);
}

/** The provider may have taken it: look first. Not found for a minute: it was not taken, and goes out again. */
async function lookUp(ctx: ServiceContext, { sms, invoice, account }: Loaded): Promise<void> {
  const since = sms.claimedAt ?? sms.createdAt;
  const excludedIds = await transact(ctx, ({ tx }) => otherProviderIds(tx, sms));
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
    const looked = await updateSmsFacts(inTx.tx, current, {
      lookedUpAt: now,
      unknownSince: current.unknownSince ?? now,
    });
    const isLongAgo = now.getTime() - since.getTime() >= SMS_LOOK_UP_SECONDS * 1000;
    if (found.kind === "not_found" && isLongAgo) {
      await advanceSms(inTx, locked, looked, "returned", { unknownSince: null });
      await enqueueIn(inTx, sms.id, 0);
      return;
    }
    await enqueueIn(inTx, sms.id, SMS_LOOK_UP_PAUSE_SECONDS);
  });
}

async function applySmsOutcome(ctx: ServiceContext, smsId: SmsId, outcome: SmsOutcome): Promise<void> {
  await withLockedSms(ctx, smsId, async (inTx, invoice, sms) => {
    // The provider's own report may have been faster than its answer.
    if (sms.state !== "sending") return;
    const { now } = inTx.tx;
    switch (outcome.kind) {
      case "accepted":
        await advanceSms(inTx, invoice, sms, "accepted", { providerId: outcome.providerId, sentAt: now });
        return;
      case "refused":
        await advanceSms(inTx, invoice, sms, "refused", { providerCode: outcome.providerCode, finalAt: now });
        return;
      case "not_taken": {
        const returned = await advanceSms(inTx, invoice, sms, "returned", {});
        if (returned === null) return;
        if (now.getTime() - sms.sendAt.getTime() > SMS_GIVE_UP_SECONDS * 1000) {
          await advanceSms(inTx, invoice, returned, "refused", { providerCode: "not_reached", finalAt: now });
          return;
        }
        await enqueueIn(inTx, smsId, smsPauseSeconds(sms.attempts, outcome.retryAfterSeconds));
        return;
      }
      case "unknown":
        await updateSmsFacts(inTx.tx, sms, { unknownSince: now });
        await enqueueIn(inTx, smsId, SMS_LOOK_UP_PAUSE_SECONDS);
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
  return revealSecrets(sms.template, link, sms.paymentId === null ? null : consentCode(ctx, sms.paymentId));
}

/** A real provider cannot reach an origin on this machine, and refuses to be told of one. */
function statusUrlFor(ctx: ServiceContext, account: OpenRailAccount, smsId: SmsId): string | null {
  const host = new URL(ctx.addresses.origin).hostname;
  const isLocal =
    host === "localhost" || host.endsWith(".localhost") || host === "127.0.0.1" || host === "[::1]";
  const isSandbox = account.baseUrl !== null && account.baseUrl === ctx.addresses.sandboxUrl;
  return isLocal && !isSandbox ? null : smsStatusUrl(ctx, account.id, smsId);
}
