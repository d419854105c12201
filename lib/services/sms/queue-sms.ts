// Writes the intent of a message and the job that sends it, in the caller's transaction.

import { loadProfile, type Merchant, type MerchantProfile } from "#db/queries/merchants.ts";
import { countSms } from "#db/queries/routing/routes.ts";
import { insertSms } from "#db/queries/sms-messages.ts";
import { realNow } from "#db/transaction.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { PaymentId } from "#lib/domain/ids.ts";
import { regional } from "#lib/domain/merchant.ts";
import { formatMoney } from "#lib/domain/money.ts";
import type { Invoice, Sms } from "#lib/domain/records.ts";
import { SMS_SEGMENTS_MAX, type SmsKind, type SmsValues } from "#lib/domain/sms.ts";
import { newId, type TxContext } from "../context.ts";
import { recordEvent } from "../events/record.ts";
import { payUrl } from "../urls.ts";

export interface QueueSmsInput {
  readonly invoice: Invoice;
  readonly kind: SmsKind;
  /** The merchant's text with placeholders; null: ours in the invoice's language. */
  readonly template: string | null;
  /** Not before this instant (UTC); null, or one that is past: at once. */
  readonly sendAt: Date | null;
  /** The number's look-up hash. */
  readonly phoneHash: Uint8Array;
  /** Our own code and the attempt it approves, for a message that carries one. */
  readonly consent?: { readonly code: string; readonly paymentId: PaymentId };
}

/** Messages to one number a day across all merchants, in each mode. */
const CAP_ACROSS_MERCHANTS = 10;

/** What stands for the link and the code in the stored text: both are secrets, put in only when it is sent.
 * Controls, since no text that anyone gives us may hold one. */
const LINK_MARK = "\u0001";
const CODE_MARK = "\u0002";

/**
 * Queues one message within the caps per number and day (UTC), exact under concurrency.
 *
 * @throws sms_not_configured  the merchant has no SMS account in this mode
 * @throws sms_text_too_long   more than two parts
 * @throws sms_cap_reached     the number has had its messages of the day
 */
export async function queueSms(ctx: TxContext, input: QueueSmsInput): Promise<Sms> {
  const { tx, tenant } = ctx;
  const { invoice, kind } = input;
  const profile = await loadProfile(tx, tenant);
  requireSmsAccount(profile);
  const text = composeText(ctx, profile, input);
  // A time that is past means at once, and counts today.
  const sendAt = input.sendAt === null || input.sendAt < tx.now ? tx.now : input.sendAt;
  await requireWithinCaps(ctx, profile, input.phoneHash, sendAt);
  const sms = await insertSms(tx, tenant, {
    id: newId(ctx, "sms"),
    invoiceId: invoice.id,
    kind,
    paymentId: input.consent?.paymentId ?? null,
    sender: invoice.smsSender ?? profile.settings.smsSender,
    ...text,
    linkCounter: invoice.linkCounter,
    linkKeyId: invoice.linkKeyId,
    sendAt,
  });
  await recordEvent(ctx, { type: "sms.queued", invoice, sms });
  await ctx.queue.enqueue(
    tx,
    "invoice.send_sms",
    { ...tenant, smsId: sms.id },
    sendAt > tx.now ? { startAfter: sendAt } : {},
  );
  return sms;
}

/**
 * @throws sms_not_configured
 */
export function requireSmsAccount({ accounts }: Pick<MerchantProfile, "accounts">): void {
  if (accounts.some((account) => account.kind === "sms" && account.isEnabled)) return;
  throw new ServiceError("sms_not_configured", "No SMS account is set up in this mode.");
}

/** What of an invoice its text tells. */
export interface ComposeTextInput extends Pick<QueueSmsInput, "kind" | "template" | "consent"> {
  readonly invoice: Pick<
    Invoice,
    | "id"
    | "merchantReference"
    | "description"
    | "amountDue"
    | "locale"
    | "dueAt"
    | "linkCounter"
    | "linkKeyId"
  >;
}

/**
 * The text as it is stored, with its size.
 *
 * @throws sms_text_too_long
 */
export function composeText(
  ctx: TxContext,
  profile: MerchantProfile,
  input: ComposeTextInput,
): Pick<Sms, "template" | "encoding" | "segments"> {
  const link = payUrl(ctx, input.invoice);
  const body = composeBody(ctx, profile, input, link);
  const { encoding, segments } = ctx.sms.measure(body);
  if (segments > SMS_SEGMENTS_MAX) {
    throw new ServiceError(
      "sms_text_too_long",
      `The text takes ${segments} parts (${encoding}); at most ${SMS_SEGMENTS_MAX} are sent.`,
      { pointer: "/sms/text" },
    );
  }
  return { template: hideSecrets(body, link, input.consent?.code), encoding, segments };
}

/** The text as it will be sent. */
function composeBody(
  ctx: TxContext,
  profile: MerchantProfile,
  input: ComposeTextInput,
  link: string,
): string {
  const { invoice, kind, template } = input;
  const code = input.consent?.code;
  const values: SmsValues = {
    merchant: profile.merchant.name,
    reference: invoice.merchantReference ?? "",
    description: invoice.description,
    amount: formatMoney(invoice.amountDue, invoice.locale),
    due: invoice.dueAt === null ? "" : formatDay(invoice.dueAt, invoice.locale, profile.merchant),
    link,
    ...(code === undefined ? {} : { code }),
  };
  return ctx.sms.compose({ kind, locale: invoice.locale, template, values });
}

function formatDay(instant: Date, locale: string, { country, timeZone }: Merchant): string {
  return new Intl.DateTimeFormat(regional(locale, country), {
    day: "numeric",
    month: "short",
    year: "numeric",
    timeZone,
  }).format(instant);
}

function hideSecrets(body: string, link: string, code: string | undefined): string {
  const withoutLink = body.replaceAll(link, LINK_MARK);
  return code === undefined ? withoutLink : withoutLink.replaceAll(code, CODE_MARK);
}

/** The text to hand to the provider: the same for every try of one message. */
export function revealSecrets(template: string, link: string, code: string | null): string {
  const withLink = template.replaceAll(LINK_MARK, link);
  return code === null ? withLink : withLink.replaceAll(CODE_MARK, code);
}

async function requireWithinCaps(
  ctx: TxContext,
  { settings }: MerchantProfile,
  phoneHash: Uint8Array,
  sendAt: Date,
): Promise<void> {
  const cap = settings.smsCapPerDay;
  if (cap === null) return;
  // Real days: whoever gets the messages lives in real time.
  const realSendAt = new Date(sendAt.getTime() - ctx.tx.clockOffsetMs);
  const day = realSendAt.toISOString().slice(0, 10);
  const scope = `${ctx.tenant.merchantId}:${ctx.tenant.mode}`;
  const isWithin =
    (await countSms(ctx.tx, { phoneHash, day, scope, cap })) &&
    (await countSms(ctx.tx, { phoneHash, day, scope: `all:${ctx.tenant.mode}`, cap: CAP_ACROSS_MERCHANTS }));
  if (isWithin) return;
  const midnight = new Date(`${day}T00:00:00Z`).getTime() + 86_400_000;
  throw new ServiceError("sms_cap_reached", "This number has had its messages for the day.", {
    retryAfterSeconds: Math.max(1, Math.ceil((midnight - realNow(ctx.tx).getTime()) / 1000)),
  });
}
