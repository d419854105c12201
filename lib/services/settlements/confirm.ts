// What a rail has settled becomes available: each line that agrees with our records is posted, once.

import { countBookings } from "#db/queries/events.ts";
import { findPaymentsById } from "#db/queries/payments.ts";
import {
  listLineRows,
  lockSettlementFile,
  markConfirmed,
  type SettlementFile,
  type SettlementLine,
  updateLine,
} from "#db/queries/settlements/files.ts";
import type { SubjectRow } from "#db/queries/settlements/subjects.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { DisputeId, RefundId, SettlementFileId } from "#lib/domain/ids.ts";
import { railCostLegs, settlementLegs } from "#lib/domain/ledger.ts";
import type { Payment } from "#lib/domain/records.ts";
import { requirePermission, type ServiceContext, type TxContext, transact } from "../context.ts";
import { postLegs } from "../ledger/post.ts";
import { recordAudit } from "../record-audit.ts";
import { type Match, matchClaims, type NumberedClaim } from "./match.ts";

export interface Confirmation {
  /** Lines that were posted by this call. */
  readonly settled: number;
  /** Lines that differ from our records, and stay as they are. */
  readonly different: number;
}

/** Lines of one transaction: payments are held for a moment only. */
const BATCH = 200;

/**
 * Posts every line that agrees, from pending to available, and lists the others anew with what stands in their way.
 * A payment, refund or dispute is settled once a kind, however often a file is confirmed and whatever files repeat;
 * a call that was interrupted is taken up by the next.
 *
 * @throws permission_denied  the caller may not match settlement files
 * @throws not_found          there is no such file
 */
export async function confirmSettlementFile(
  ctx: ServiceContext,
  fileId: SettlementFileId,
): Promise<Confirmation> {
  requirePermission(ctx, "settlements.write");
  const taken = new Set<string>();
  const total = { settled: 0, different: 0 };
  let afterNumber = 0;
  for (;;) {
    const done = await transact(ctx, async (inTx) => {
      const file = await lockSettlementFile(inTx.tx, inTx.tenant, fileId);
      if (file === null) throw new ServiceError("not_found", "There is no such settlement file.");
      return await confirmBatch(inTx, file, afterNumber, taken);
    });
    total.settled += done.settled;
    total.different += done.different;
    if (done.lastNumber === null) return total;
    afterNumber = done.lastNumber;
  }
}

async function confirmBatch(
  ctx: TxContext,
  file: SettlementFile,
  afterNumber: number,
  taken: Set<string>,
): Promise<Confirmation & { readonly lastNumber: number | null }> {
  const { tx, tenant, actor } = ctx;
  const states = ["matched", "different"] as const;
  const lines = await listLineRows(tx, tenant, file.id, { states, afterNumber }, BATCH);
  // What a retried transaction had taken is given back.
  const before = new Set(taken);
  const matches = await matchClaims(ctx, file.railAccountId, lines.flatMap(toClaim), before, true);
  const ready = matches.filter(({ problem }) => problem === null);
  if (ready.length > 0) {
    if (file.confirmedAt === null) await markConfirmed(tx, tenant, file.id, `${actor.kind}:${actor.id}`);
    await recordAudit(ctx, "settlement.confirmed", file.id, { afterLine: afterNumber, lines: ready.length });
  }
  const payments = new Map(
    (
      await findPaymentsById(
        tx,
        tenant,
        ready.flatMap(({ subject }) => subject?.paymentId ?? []),
      )
    ).map((payment) => [payment.id, payment]),
  );
  for (const { number, claim, subject, problem } of matches) {
    const payment = subject === null ? undefined : payments.get(subject.paymentId);
    if (subject === null || problem !== null || payment === undefined) {
      await noteDifference(ctx, file.id, lines, { number, claim, subject, problem });
      continue;
    }
    const settledMinor = await settle(ctx, payment, subject, claim);
    await updateLine(tx, tenant, file.id, number, {
      state: "settled",
      problem: null,
      paymentId: subject.paymentId,
      subjectId: subject.id,
      settledMinor,
      settledAt: tx.now,
    });
  }
  for (const key of before) taken.add(key);
  const isLast = lines.length < BATCH;
  return {
    settled: ready.length,
    different: matches.length - ready.length,
    lastNumber: isLast ? null : (lines.at(-1)?.number ?? null),
  };
}

/** Moves all that the books have pending of it. Returns that, in minor units. */
async function settle(
  ctx: TxContext,
  payment: Payment,
  subject: SubjectRow,
  claim: Match["claim"],
): Promise<bigint> {
  let { pendingMinor } = subject;
  const costMinor = subject.of === "payment" && subject.feeMinor === null ? (claim.feeMinor ?? 0n) : 0n;
  if (costMinor > 0n) {
    await postLegs(ctx, "rail_cost", payment, railCostLegs(payment.method, costMinor));
    pendingMinor -= costMinor;
  }
  if (pendingMinor === 0n) return 0n;
  const legs = settlementLegs(payment.method, pendingMinor);
  if (subject.of === "payment") {
    await postLegs(ctx, "settlement", payment, legs);
    return pendingMinor;
  }
  const step = (await countBookings(ctx.tx, ctx.tenant, subject.id, "settlement")) + 1;
  await postLegs(ctx, "settlement", payment, legs, { id: subject.id as RefundId | DisputeId, step });
  return pendingMinor;
}

async function noteDifference(
  { tx, tenant }: TxContext,
  fileId: SettlementFileId,
  lines: readonly SettlementLine[],
  { number, subject, problem }: Match,
): Promise<void> {
  const line = lines.find((one) => one.number === number);
  const subjectId = subject?.id ?? null;
  const isSame = line?.problem === problem && line?.subjectId === subjectId && line?.state === "different";
  if (isSame) return;
  const paymentId = subject?.paymentId ?? null;
  await updateLine(tx, tenant, fileId, number, { state: "different", problem, paymentId, subjectId });
}

function toClaim({
  number,
  reference,
  kind,
  amountMinor,
  currency,
  feeMinor,
}: SettlementLine): NumberedClaim[] {
  if (reference === null || kind === null || amountMinor === null || currency === null) return [];
  return [{ number, claim: { reference, kind, amountMinor, currency, feeMinor } }];
}
