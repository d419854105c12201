// An invoice is made and its SMS is queued.

import { insertInvoice, type NewInvoice } from "#db/queries/invoices.ts";
import { loadProfile, type MerchantProfile } from "#db/queries/merchants.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import { type InvoiceLine, requireLinesSum } from "#lib/domain/lines.ts";
import type { Money } from "#lib/domain/money.ts";
import { lastFour, type Msisdn } from "#lib/domain/msisdn.ts";
import type { PaymentMethod } from "#lib/domain/payment.ts";
import type { VettedUrl } from "#lib/domain/ports/callback.ts";
import type { Invoice } from "#lib/domain/records.ts";
import { requireRegisteredUrl } from "#lib/domain/web-address.ts";
import { newId, requirePermission, type ServiceContext, type TxContext, transact } from "../context.ts";
import { recordEvent } from "../events/record.ts";
import { offerMethods } from "../payments/methods.ts";
import { phoneContext } from "../payments/rail-call.ts";
import { queueSms } from "../sms/queue-sms.ts";
import { payUrl } from "../urls.ts";

export interface CreateInvoiceInput {
  readonly amount: Money;
  readonly phone: Msisdn;
  readonly phoneCountry: string | null;
  readonly description: string;
  readonly merchantReference: string | null;
  readonly lines: readonly InvoiceLine[];
  /** Null: the merchant's default. */
  readonly purchaseCategory: string | null;
  readonly dueAt: Date | null;
  /** Null: 30 days after it is due, or after now. */
  readonly expiresAt: Date | null;
  /** Null: every method of the merchant's that fits the amount. */
  readonly methods: readonly PaymentMethod[] | null;
  readonly locale: string | null;
  readonly sms: {
    readonly sender: string | null;
    readonly text: string | null;
    readonly sendAt: Date | null;
  };
  readonly shouldSendSms: boolean;
  /** Null: the merchant's default. */
  readonly returnUrl: string | null;
  readonly failureUrl: string | null;
  readonly cancelUrl: string | null;
  readonly landingUrl: string | null;
  readonly callbackUrl: VettedUrl | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly door: string;
}

export interface InvoiceWithLink {
  readonly invoice: Invoice;
  readonly payUrl: string;
  /** The database's time (UTC), for what is legal now. */
  readonly now: Date;
}

const DAY_MS = 86_400_000;
const DEFAULT_LIFE_DAYS = 30;
const LIFE_MAX_DAYS = 5 * 366;

/**
 * Creates an open invoice, its link, its event and, unless told otherwise, the job that sends its SMS, all in
 * one transaction: the caller's, or one of its own. Amounts: minor units (ISO 4217). Instants: UTC.
 *
 * @throws permission_denied    the key lacks invoices:write
 * @throws lines_mismatch       the lines do not add up to the amount
 * @throws expiry_out_of_range  not in the future, more than five years ahead, or before the SMS would be sent
 * @throws url_not_registered   a return, failure, cancel or landing address is on no registered host
 * @throws method_unavailable   a method that was named cannot carry this amount
 * @throws no_method_available  none of the merchant's methods can
 * @throws sms_not_configured, sms_text_too_long, sms_cap_reached
 */
export async function createInvoice(
  ctx: ServiceContext,
  input: CreateInvoiceInput,
): Promise<InvoiceWithLink> {
  requirePermission(ctx, "invoices.create");
  return await transact(ctx, async (inTx) => {
    const { tx, tenant } = inTx;
    const profile = await loadProfile(tx, tenant);
    const { draft, linkHash } = draftInvoice(inTx, profile, input);
    const invoice = await insertInvoice(tx, tenant, draft, linkHash);
    await recordEvent(inTx, { type: "invoice.created", invoice });
    await ctx.failpoints?.reach("K2");
    if (input.shouldSendSms) {
      const template = smsTemplateOf(profile, invoice);
      const { phoneHash } = draft;
      await queueSms(inTx, { invoice, kind: "invoice", template, sendAt: input.sms.sendAt, phoneHash });
    }
    return { invoice, payUrl: payUrl(inTx, invoice), now: tx.now };
  });
}

export interface DraftInvoice {
  readonly draft: NewInvoice;
  /** Of the token of its link. */
  readonly linkHash: Uint8Array;
}

/**
 * The invoice as it would be made now, with everything checked that needs no writing.
 *
 * @throws lines_mismatch, expiry_out_of_range, url_not_allowed, url_not_registered, method_unavailable,
 *         no_method_available  as createInvoice does
 */
export function draftInvoice(
  ctx: TxContext,
  profile: MerchantProfile,
  input: CreateInvoiceInput,
): DraftInvoice {
  requireLinesSum(input.lines, input.amount.amountMinor);
  const id = newId(ctx, "invoice");
  const { keyId, hash } = ctx.vault.linkToken(id, 1);
  const draft: NewInvoice = {
    ...addressesOf(profile, input),
    id,
    amountDue: input.amount,
    description: input.description,
    merchantReference: input.merchantReference,
    purchaseCategory: input.purchaseCategory ?? profile.settings.purchaseCategory,
    lines: input.lines,
    methods: chooseMethods(ctx, profile, input, profile.settings.methods),
    locale: input.locale ?? profile.merchant.locale,
    dueAt: input.dueAt,
    expiresAt: chooseExpiry(input, ctx.tx.now),
    sealedPhone: ctx.vault.seal(input.phone, phoneContext({ merchantId: ctx.tenant.merchantId, id })),
    phoneHash: ctx.vault.phoneHashes(input.phone)[0],
    phoneLast4: lastFour(input.phone),
    phoneCountry: input.phoneCountry,
    callbackUrl: input.callbackUrl,
    metadata: input.metadata,
    smsSender: input.sms.sender,
    smsText: input.sms.text,
    linkCounter: 1,
    linkKeyId: keyId,
    door: input.door,
  };
  if (input.sms.sendAt !== null && input.sms.sendAt >= draft.expiresAt) {
    throw new ServiceError("expiry_out_of_range", "The SMS would be sent after the invoice's end.", {
      pointer: "/sms/send_at",
    });
  }
  return { draft, linkHash: hash };
}

/** The invoice's own text, else the merchant's in its language, else ours. */
export function smsTemplateOf(
  profile: MerchantProfile,
  invoice: Pick<Invoice, "smsText" | "locale">,
): string | null {
  return invoice.smsText ?? profile.settings.smsTexts[invoice.locale] ?? null;
}

/**
 * Named methods must all carry the amount; of those that stand in for them one must.
 *
 * @throws method_unavailable, no_method_available
 */
export function chooseMethods(
  ctx: TxContext,
  profile: MerchantProfile,
  input: Pick<CreateInvoiceInput, "methods" | "amount">,
  fallback: readonly PaymentMethod[],
): PaymentMethod[] {
  const wanted = input.methods ?? fallback;
  const offers = offerMethods(ctx, profile, wanted, input.amount);
  const refused = offers.find((offer) => offer.obstacle !== null);
  if (input.methods !== null && refused !== undefined) {
    throw new ServiceError(
      "method_unavailable",
      `${refused.method} cannot carry this amount (${refused.obstacle}).`,
      {
        pointer: "/methods",
      },
    );
  }
  if (offers.every((offer) => offer.obstacle !== null)) {
    const why = offers.map((offer) => `${offer.method}: ${offer.obstacle}`).join(", ");
    const isAboutAmount = offers.some((offer) => offer.obstacle !== "not_configured");
    throw new ServiceError("no_method_available", `This invoice could be paid by no method (${why}).`, {
      pointer: isAboutAmount ? "/amount" : "/methods",
    });
  }
  return [...wanted];
}

/**
 * @throws expiry_out_of_range
 */
export function chooseExpiry(input: Pick<CreateInvoiceInput, "dueAt" | "expiresAt">, now: Date): Date {
  const latest = now.getTime() + LIFE_MAX_DAYS * DAY_MS;
  if (input.dueAt !== null && input.dueAt.getTime() > latest) {
    throw new ServiceError("expiry_out_of_range", "The due date is more than five years ahead.", {
      pointer: "/due_at",
    });
  }
  const base = Math.max(now.getTime(), input.dueAt?.getTime() ?? 0);
  const expiresAt = input.expiresAt ?? new Date(base + DEFAULT_LIFE_DAYS * DAY_MS);
  const longest = input.expiresAt === null ? latest + DEFAULT_LIFE_DAYS * DAY_MS : latest;
  if (expiresAt <= now || expiresAt.getTime() > longest) {
    throw new ServiceError("expiry_out_of_range", "The expiry must be in the future, within five years.", {
      pointer: "/expires_at",
    });
  }
  return expiresAt;
}

/**
 * Each address in its canonical form; the merchant's own where none is given.
 *
 * @throws url_not_allowed, url_not_registered
 */
export function addressesOf(
  { settings }: Pick<MerchantProfile, "settings">,
  input: Pick<CreateInvoiceInput, "returnUrl" | "failureUrl" | "cancelUrl" | "landingUrl">,
) {
  const hosts = settings.registeredHosts;
  const chosen = (given: string | null, fallback: string | null, pointer: string) =>
    given === null ? fallback : requireRegisteredUrl(given, hosts, settings.mode, pointer);
  return {
    returnUrl: chosen(input.returnUrl, settings.returnUrl, "/return_url"),
    failureUrl: chosen(input.failureUrl, settings.failureUrl, "/failure_url"),
    cancelUrl: chosen(input.cancelUrl, settings.cancelUrl, "/cancel_url"),
    landingUrl: chosen(input.landingUrl, settings.landingUrl, "/landing_url"),
  };
}
