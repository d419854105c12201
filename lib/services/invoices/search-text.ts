// What was typed into the search box: it decides itself what it is.

import { findInvoiceOf, listCurrencies } from "#db/queries/lists/search-text.ts";
import { loadProfile } from "#db/queries/merchants.ts";
import { findLinkRoute } from "#db/queries/routing/routes.ts";
import { type CurrencyCode, currencyExponent } from "#lib/domain/currency.ts";
import type { InvoiceId } from "#lib/domain/ids.ts";
import { AMOUNT_MINOR_MAX, fromDecimal } from "#lib/domain/money.ts";
import type { Msisdn } from "#lib/domain/msisdn.ts";
import { readAmount, readLinkToken, type TypedAmount } from "#lib/domain/search-text.ts";
import { readPhone } from "#lib/phone/read-phone.ts";
import { look, requirePermission, type ServiceContext } from "../context.ts";
import { type SearchInvoicesInput, searchInvoices } from "./search.ts";

export type TextKind = "phone" | "reference" | "last4" | "amount" | "reference_prefix";

/** One invoice; or a list of them, with the filter that searchInvoices gives it for; or nothing. */
export type SearchTextAnswer =
  | { readonly kind: "invoice"; readonly id: InvoiceId }
  | ({ readonly kind: "list"; readonly as: TextKind } & Pick<SearchInvoicesInput, "filter" | "phone">)
  | { readonly kind: "nothing" };

const TEXT_MAX = 200;

/**
 * Takes the text for the first of these that finds something: an id of an invoice or of anything that belongs to one,
 * a link, a phone number, a merchant's reference, the last four digits of a number, an amount, the beginning of a
 * reference. A number without its country code is one of the merchant's country.
 *
 * @throws permission_denied  the caller lacks invoices:read
 */
export async function searchText(ctx: ServiceContext, text: string): Promise<SearchTextAnswer> {
  requirePermission(ctx, "invoices.read");
  const typed = text.normalize("NFC").replaceAll("\0", "").trim().slice(0, TEXT_MAX);
  if (typed === "") return { kind: "nothing" };
  const linked = await findByLink(ctx, typed);
  if (linked !== null) return { kind: "invoice", id: linked };
  return await look(ctx, async (inTx) => {
    const id = await findInvoiceOf(inTx.tx, inTx.tenant, typed);
    if (id !== null) return { kind: "invoice", id };
    for (const meaning of await meaningsOf(inTx, typed)) {
      const { items } = await searchInvoices(inTx, { ...meaning, sort: null, cursor: null, limit: 1 });
      if (items.length > 0) return { kind: "list", ...meaning };
    }
    return { kind: "nothing" };
  });
}

async function findByLink(ctx: ServiceContext, typed: string): Promise<InvoiceId | null> {
  const token = readLinkToken(typed);
  const route = token === null ? null : await findLinkRoute(ctx.db, ctx.vault.hash(token));
  const isOurs = route?.tenant.merchantId === ctx.tenant.merchantId && route.tenant.mode === ctx.tenant.mode;
  return isOurs ? route.invoiceId : null;
}

interface Meaning extends Pick<SearchInvoicesInput, "filter"> {
  readonly as: TextKind;
  readonly phone: Msisdn | null;
}

type InTx = Parameters<Parameters<typeof look>[1]>[0];

async function meaningsOf(ctx: InTx, typed: string): Promise<Meaning[]> {
  const { merchant } = await loadProfile(ctx.tx, ctx.tenant);
  const phone = readPhone(typed, merchant.country);
  const meanings: Meaning[] = [];
  if (phone !== null) meanings.push({ as: "phone", filter: {}, phone });
  meanings.push({ as: "reference", filter: { merchantReference: typed }, phone: null });
  if (/^\d{4}$/.test(typed)) meanings.push({ as: "last4", filter: { phoneLast4: typed }, phone: null });
  const amount = readAmount(typed);
  if (amount !== null) meanings.push(...(await amountsOf(ctx, amount)));
  meanings.push({ as: "reference_prefix", filter: { referencePrefix: typed }, phone: null });
  return meanings;
}

/** In the currency that was typed, or in each that the merchant bills in. */
async function amountsOf({ tx, tenant }: InTx, { decimal, currency }: TypedAmount): Promise<Meaning[]> {
  const currencies = currency === null ? await listCurrencies(tx, tenant) : [currency];
  return currencies.flatMap((code): Meaning[] => {
    const minor = minorOf(decimal, code);
    if (minor === null) return [];
    const amount = { fromMinor: minor, toMinor: minor };
    return [{ as: "amount", filter: { currency: code, amount }, phone: null }];
  });
}

function minorOf(decimal: string, currency: CurrencyCode): bigint | null {
  const decimals = /\.(\d+)$/.exec(decimal)?.[1]?.replace(/0+$/, "") ?? "";
  if (decimals.length > currencyExponent(currency)) return null;
  const { amountMinor } = fromDecimal(decimal, currency);
  return amountMinor <= AMOUNT_MINOR_MAX ? amountMinor : null;
}
