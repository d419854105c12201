// An invoice typed by hand.

import { parseCurrency } from "#lib/domain/currency.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import { billableMoney, fromDecimal } from "#lib/domain/money.ts";
import { parseMsisdn } from "#lib/phone/parse-msisdn.ts";
import type { ServiceContext } from "#lib/services/context.ts";
import { once } from "#lib/services/idempotency/once.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";

const LIFE_DAYS_MAX = 365;
const DAY_MS = 86_400_000;

/**
 * Makes the invoice that the form's fields describe, once for each `once` of a form that was shown, however often it
 * is sent. Returns its id.
 *
 * @throws invalid_request  a field is missing or malformed
 * @throws everything that createInvoice and parseMsisdn throw
 */
export async function newInvoice(ctx: ServiceContext, field: (name: string) => string): Promise<string> {
  const key = field("once");
  if (!/^[0-9A-Za-z]{22}$/.test(key)) throw new ServiceError("invalid_request", "Load the page again.");
  const currency = parseCurrency(field("currency"));
  const decimal = fromDecimal(field("amount").trim().replace(",", "."), currency);
  const { phone, country } = parseMsisdn(field("phone").trim());
  const description = field("description").trim().slice(0, 200);
  if (description === "") throw new ServiceError("invalid_request", "Say what it is for.");
  const days = Math.trunc(Number(field("days"))) || 30;
  const input = {
    amount: billableMoney(decimal.amountMinor, currency),
    phone,
    phoneCountry: country,
    description,
    merchantReference: field("reference").trim().slice(0, 100) || null,
    lines: [],
    purchaseCategory: null,
    dueAt: null,
    expiresAt: new Date(Date.now() + Math.min(LIFE_DAYS_MAX, Math.max(1, days)) * DAY_MS),
    methods: null,
    locale: null,
    sms: { sender: null, text: null, sendAt: null },
    shouldSendSms: field("send") === "on",
    returnUrl: null,
    failureUrl: null,
    cancelUrl: null,
    landingUrl: null,
    callbackUrl: null,
    metadata: {},
    door: "dashboard",
  };
  const said = ["amount", "currency", "phone", "description", "reference", "days", "send"].map(field);
  const request = { route: "dashboard new invoice", key, fingerprint: ctx.vault.hash(JSON.stringify(said)) };
  const { body } = await once(ctx, request, async (inTx) => {
    const { invoice } = await createInvoice(inTx, input);
    return { status: 201, body: JSON.stringify(invoice.id) };
  });
  return JSON.parse(body) as string;
}
