// A delivery report of the SMS provider. Reports come twice, late and in any order; delivery is never taken back.

import { lockInvoice } from "#db/queries/invoices.ts";
import { findRailAccount } from "#db/queries/merchants.ts";
import { findRailAccountRoute } from "#db/queries/routing/routes.ts";
import { findSms, lockSms } from "#db/queries/sms-messages.ts";
import { ServiceError, unreachable } from "#lib/domain/errors.ts";
import { parseId, type RailAccountId } from "#lib/domain/ids.ts";
import type { InboundMessage } from "#lib/domain/ports/inbound.ts";
import type { SmsReport } from "#lib/domain/ports/sms.ts";
import type { Invoice, Sms } from "#lib/domain/records.ts";
import type { Tenant } from "#lib/domain/tenant.ts";
import { contextFor, type ServiceDeps, type TxContext, transact } from "../context.ts";
import { openRailAccount } from "../payments/rail-call.ts";
import { advanceSms } from "./advance.ts";

export interface SmsReportInput {
  readonly accountId: string;
  readonly smsId: string;
  readonly message: InboundMessage;
  readonly correlationId: string;
}

/**
 * Verifies a report on its raw bytes and applies it. A report for a message that we do not have, or with a status
 * that we do not know, is taken and forgotten; one that does not prove itself changes nothing.
 *
 * @throws notification_unverified  unknown account or wrong signature
 */
export async function receiveSmsReport(deps: ServiceDeps, input: SmsReportInput): Promise<void> {
  const accountId = parseId("railAccount", input.accountId);
  const tenant = accountId === null ? null : await findRailAccountRoute(deps.db, accountId);
  if (accountId === null || tenant === null) throw unverified();
  const report = await verify(deps, tenant, accountId, input);
  const smsId = parseId("sms", input.smsId);
  if (smsId === null || report.status === "other") return;
  const ctx = contextFor(deps, tenant, { kind: "rail", id: "sms" }, input.correlationId);
  await transact(ctx, async (inTx) => {
    const found = await findSms(inTx.tx, inTx.tenant, smsId);
    const invoice = found === null ? null : await lockInvoice(inTx.tx, inTx.tenant, found.invoiceId);
    const sms = await lockSms(inTx.tx, inTx.tenant, smsId);
    if (invoice === null || sms === null) {
      inTx.log.warn("sms.report_for_unknown", { smsId });
      return;
    }
    await apply(inTx, invoice, sms, report);
  });
}

async function verify(
  deps: ServiceDeps,
  tenant: Tenant,
  accountId: RailAccountId,
  input: SmsReportInput,
): Promise<SmsReport> {
  const ctx = contextFor(deps, tenant, { kind: "rail", id: "sms" }, input.correlationId);
  const account = await transact(ctx, ({ tx }) => findRailAccount(tx, tenant, accountId));
  if (account?.kind !== "sms") throw unverified();
  const report = deps.sms.verify(openRailAccount(deps, account), input.message);
  if (report === null) throw unverified();
  return report;
}

function unverified(): ServiceError {
  return new ServiceError("notification_unverified", "The report does not prove itself.");
}

async function apply(ctx: TxContext, invoice: Invoice, sms: Sms, report: SmsReport): Promise<void> {
  if (sms.providerId !== null && sms.providerId !== report.providerId) {
    ctx.log.warn("sms.report_for_other_message", { smsId: sms.id });
    return;
  }
  const sent = await adopt(ctx, invoice, sms, report.providerId);
  const { providerId, providerCode } = report;
  const facts = { providerId, providerCode, finalAt: ctx.tx.now };
  switch (report.status) {
    case "accepted":
    case "other":
      return;
    case "delivered":
      await advanceSms(ctx, invoice, sent, "delivered", { ...facts, providerCode: null });
      return;
    case "undelivered":
    case "refused":
      await advanceSms(ctx, invoice, sent, "undelivered", facts);
      return;
    default:
      unreachable(report.status);
  }
}

/** Any report proves that the provider took the message, also where its answer to us was lost. */
async function adopt(ctx: TxContext, invoice: Invoice, sms: Sms, providerId: string): Promise<Sms> {
  if (sms.state !== "sending" && sms.state !== "queued") return sms;
  const facts = { providerId, sentAt: ctx.tx.now, unknownSince: null };
  return (await advanceSms(ctx, invoice, sms, "accepted", facts)) ?? sms;
}
