// Writes the intent of a message and the job that sends it, in the caller's transaction.

import { loadProfile, type Merchant, type MerchantProfile } from "#db/queries/merchants.ts";
import { countSms } from "#db/queries/routing/routes.ts";
import { insertSms } from "#db/queries/sms-messages.ts";
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
  /** Not before this instant (UTC); null: at once. */
  readonly sendAt: Date | null;
  /** The number's look-up hash. */
  readonly phoneHash: Uint8Array;
  /** Our own code and the attempt it approves, for a message that carries one. */
  readonly consent?: { readonly code: string; readonly paymentId: PaymentId };
}

/** Messages to one number a day across all merchants. */
const CAP_ACROSS_MERCHANTS = 10;

/** What stands for the link and the code in the stored text: both are secrets, put in only when it is sent. */
const LINK_PLACEHOLDER = "{link}";
const CODE_PLACEHOLDER = "{code}";

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
  const code = input.consent?.code;
  const profile = await loadProfile(tx, tenant);
  if (!profile.accounts.some((account) => account.kind === "sms" && account.isEnabled)) {
    throw new ServiceError("sms_not_configured", "No SMS account is set up in this mode.");
  }
  const link = payUrl(ctx, invoice);
  const body = composeBody(ctx, profile, input, link);
  const size = ctx.sms.measure(body);
  if (size.segments > SMS_SEGMENTS_MAX) {
    throw new ServiceError(
      "sms_text_too_long",
      `The text takes ${size.segments} parts (${size.encoding}); at most ${SMS_SEGMENTS_MAX} are sent.`,
      { pointer: "/sms/text" },
    );
  }
  const sendAt = input.sendAt ?? tx.now;
  await requireWithinCaps(ctx, profile, input.phoneHash, sendAt);
  const sms = await insertSms(tx, tenant, {
    id: newId(ctx, "sms"),
    invoiceId: invoice.id,
    kind,
    paymentId: input.consent?.paymentId ?? null,
    sender: invoice.smsSender ?? profile.settings.smsSender,
    template: hideSecrets(body, link, code),
    linkCounter: invoice.linkCounter,
    linkKeyId: invoice.linkKeyId,
    encoding: size.encoding,
    segments: size.segments,
    sendAt,
  });
  await recordEvent(ctx, { type: "sms.queued", invoice, sms });
  await ctx.queue.enqueue(
    tx,
    "invoice.send_sms",
    { ...tenant, smsId: sms.id },
    input.sendAt === null ? {} : { startAfter: sendAt },
  );
  return sms;
}

/** The text as it will be sent. */
function composeBody(ctx: TxContext, profile: MerchantProfile, input: QueueSmsInput, link: string): string {
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
  const withoutLink = body.replaceAll(link, LINK_PLACEHOLDER);
  return code === undefined ? withoutLink : withoutLink.replaceAll(code, CODE_PLACEHOLDER);
}

/** The text to hand to the provider: the same for every try of one message. */
export function revealSecrets(template: string, link: string, code: string | null): string {
  const withLink = template.replaceAll(LINK_PLACEHOLDER, link);
  return code === null ? withLink : withLink.replaceAll(CODE_PLACEHOLDER, code);
}

async function requireWithinCaps(
  ctx: TxContext,
  { settings }: MerchantProfile,
  phoneHash: Uint8Array,
  sendAt: Date,
): Promise<void> {
  const cap = settings.smsCapPerDay;
  if (cap === null) return;
  const day = sendAt.toISOString().slice(0, 10);
  const scope = `${ctx.tenant.merchantId}:${ctx.tenant.mode}`;
  const isWithin =
    (await countSms(ctx.tx, { phoneHash, day, scope, cap })) &&
    (await countSms(ctx.tx, { phoneHash, day, scope: "all", cap: CAP_ACROSS_MERCHANTS }));
  if (isWithin) return;
  const midnight = new Date(`${day}T00:00:00Z`).getTime() + 86_400_000;
  throw new ServiceError("sms_cap_reached", "This number has had its messages for the day.", {
    retryAfterSeconds: Math.max(1, Math.ceil((midnight - ctx.tx.now.getTime()) / 1000)),
  });
}
