// What a change of an invoice comes to: which facts become others, and whether an attempt stands in the way.

import { isDeepStrictEqual } from "node:util";
import { type InvoiceFacts, toStoredLines } from "#db/queries/invoices.ts";
import { loadProfile, type MerchantProfile } from "#db/queries/merchants.ts";
import type { CurrencyCode } from "#lib/domain/currency.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import { isPastExpiry } from "#lib/domain/invoice.ts";
import { type InvoiceLine, requireLinesSum } from "#lib/domain/lines.ts";
import { billableMoney } from "#lib/domain/money.ts";
import type { PaymentMethod } from "#lib/domain/payment.ts";
import type { VettedUrl } from "#lib/domain/ports/callback.ts";
import type { Invoice } from "#lib/domain/records.ts";
import type { TxContext } from "../context.ts";
import { addressesOf, chooseExpiry, chooseMethods } from "./create.ts";

/** What is left out stays as it is; null clears, or gives the merchant's default where there is one. */
export type InvoiceChanges = Partial<{
  readonly amountMinor: bigint;
  readonly currency: CurrencyCode;
  readonly methods: readonly PaymentMethod[];
  readonly lines: readonly InvoiceLine[];
  readonly description: string;
  readonly merchantReference: string | null;
  readonly purchaseCategory: string | null;
  readonly dueAt: Date | null;
  readonly expiresAt: Date;
  readonly locale: string;
  readonly returnUrl: string | null;
  readonly failureUrl: string | null;
  readonly cancelUrl: string | null;
  readonly landingUrl: string | null;
  readonly callbackUrl: VettedUrl | null;
  readonly metadata: Readonly<Record<string, string>>;
}>;

export interface EditInvoiceInput {
  /** The version that the change was made for. */
  readonly version: number;
  readonly changes: InvoiceChanges;
}

export interface EditPlan {
  readonly invoice: Invoice;
  readonly profile: MerchantProfile;
  /** Only what is really another value. */
  readonly facts: InvoiceFacts;
  /** True where an attempt by the old terms must not go on. */
  readonly isAboutMoney: boolean;
}

/**
 * Compares what is wanted with an invoice as it is; changes nothing.
 *
 * @throws everything that editInvoice throws, but for what concerns attempts and messages
 */
export async function planEdit(
  ctx: TxContext,
  invoice: Invoice | null,
  input: EditInvoiceInput,
): Promise<EditPlan> {
  const { tx, tenant } = ctx;
  if (invoice === null) throw new ServiceError("invoice_not_found", "There is no such invoice.");
  if (invoice.state !== "open" || isPastExpiry(invoice.expiresAt, tx.now)) {
    const state = invoice.state === "open" ? "expired" : invoice.state;
    throw new ServiceError("invoice_state_conflict", `The invoice is ${state}.`);
  }
  if (invoice.version !== input.version) {
    throw new ServiceError("version_conflict", `The invoice is at version ${invoice.version}.`, {
      pointer: "/version",
    });
  }
  const profile = await loadProfile(tx, tenant);
  const wanted: InvoiceFacts = {
    ...plainFacts(profile, input.changes),
    ...moneyFacts(ctx, profile, invoice, input.changes),
    ...timeFacts(input.changes, tx.now),
  };
  const current: InvoiceFacts = {
    ...invoice,
    amountDueMinor: invoice.amountDue.amountMinor,
    currency: invoice.amountDue.currency,
    lines: toStoredLines(invoice.lines),
    methods: [...invoice.methods],
  };
  const fields = (Object.keys(wanted) as (keyof InvoiceFacts)[]).filter(
    (field) => !isDeepStrictEqual(wanted[field], current[field]),
  );
  return {
    invoice,
    profile,
    facts: Object.fromEntries(fields.map((field) => [field, wanted[field]])),
    isAboutMoney: fields.some((field) => MONEY_FIELDS.includes(field)),
  };
}

const MONEY_FIELDS: readonly (keyof InvoiceFacts)[] = ["amountDueMinor", "currency", "methods"];
const ADDRESSES = ["returnUrl", "failureUrl", "cancelUrl", "landingUrl"] as const;
const AS_GIVEN = ["description", "merchantReference", "locale", "callbackUrl", "metadata"] as const;

function plainFacts(profile: MerchantProfile, changes: InvoiceChanges): InvoiceFacts {
  const { returnUrl = null, failureUrl = null, cancelUrl = null, landingUrl = null } = changes;
  const given = ADDRESSES.filter((field) => changes[field] !== undefined);
  // Addresses that are left out are not looked at: their hosts may have been taken off the list since.
  const addresses =
    given.length === 0 ? null : addressesOf(profile, { returnUrl, failureUrl, cancelUrl, landingUrl });
  return {
    ...Object.fromEntries(AS_GIVEN.flatMap((field) => entryOf(field, changes[field]))),
    ...Object.fromEntries(given.flatMap((field) => entryOf(field, addresses?.[field]))),
    ...(changes.purchaseCategory === undefined
      ? {}
      : { purchaseCategory: changes.purchaseCategory ?? profile.settings.purchaseCategory }),
  };
}

function entryOf(field: string, value: unknown): [string, unknown][] {
  return value === undefined ? [] : [[field, value]];
}

function moneyFacts(
  ctx: TxContext,
  profile: MerchantProfile,
  invoice: Invoice,
  changes: InvoiceChanges,
): InvoiceFacts {
  const { amountMinor, currency, methods, lines } = changes;
  const isOtherAmount = amountMinor !== undefined || currency !== undefined;
  const amount = isOtherAmount
    ? billableMoney(amountMinor ?? invoice.amountDue.amountMinor, currency ?? invoice.amountDue.currency)
    : invoice.amountDue;
  if (isOtherAmount || lines !== undefined) requireLinesSum(lines ?? invoice.lines, amount.amountMinor);
  if (isOtherAmount || methods !== undefined) {
    chooseMethods(ctx, profile, { methods: methods ?? null, amount }, invoice.methods);
  }
  return {
    ...(isOtherAmount ? { amountDueMinor: amount.amountMinor, currency: amount.currency } : {}),
    ...(methods === undefined ? {} : { methods: [...methods] }),
    ...(lines === undefined ? {} : { lines: toStoredLines(lines) }),
  };
}

function timeFacts({ dueAt, expiresAt }: InvoiceChanges, now: Date): InvoiceFacts {
  if (expiresAt !== undefined) chooseExpiry({ dueAt: dueAt ?? null, expiresAt }, now);
  else if (dueAt !== undefined) chooseExpiry({ dueAt, expiresAt: null }, now);
  return {
    ...(dueAt === undefined ? {} : { dueAt }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}
