// Which payment, refund or dispute a line means, and what stands in its way.

import { findSubjects, type SubjectRow } from "#db/queries/settlements/subjects.ts";
import type { RailAccountId } from "#lib/domain/ids.ts";
import {
  type SettlementClaim,
  type SettlementKind,
  type SettlementProblem,
  settlementProblem,
} from "#lib/domain/settlement.ts";
import type { TxContext } from "../context.ts";

export interface NumberedClaim {
  readonly number: number;
  readonly claim: SettlementClaim;
}

export interface Match {
  readonly number: number;
  readonly claim: SettlementClaim;
  /** Null: nothing of ours goes by that name, or too much does. */
  readonly subject: SubjectRow | null;
  /** Null: it can be posted. */
  readonly problem: SettlementProblem | null;
}

const SUBJECT_OF: { readonly [K in SettlementKind]: SubjectRow["of"] } = {
  payment: "payment",
  refund: "refund",
  refund_reversal: "refund",
  dispute: "dispute",
  dispute_reversal: "dispute",
};

/**
 * Matches lines of one file, in their order. `taken` holds what earlier lines of the file were matched with, and
 * grows. With `shouldLock` the payments are held until the transaction ends.
 */
export async function matchClaims(
  { tx, tenant }: TxContext,
  railAccountId: RailAccountId,
  claims: readonly NumberedClaim[],
  taken: Set<string>,
  shouldLock: boolean,
): Promise<Match[]> {
  const references = [...new Set(claims.map(({ claim }) => claim.reference))];
  const subjects = await findSubjects(tx, tenant, railAccountId, references, shouldLock);
  return claims.map(({ number, claim }) => {
    const found = findSubject(subjects, claim, taken);
    if (typeof found === "string") return { number, claim, subject: null, problem: found };
    const key = keyOf(claim.kind, found);
    const isRepeated = taken.has(key);
    taken.add(key);
    const isSettled = found.settledKinds.includes(claim.kind);
    const problem = isRepeated && !isSettled ? "repeated" : settlementProblem(claim, { ...found, isSettled });
    return { number, claim, subject: found, problem };
  });
}

function keyOf(kind: SettlementKind, { id }: SubjectRow): string {
  return `${kind} ${id}`;
}

/** By its own name first; else by its payment's, and then by its amount. */
function findSubject(
  subjects: readonly SubjectRow[],
  claim: SettlementClaim,
  taken: ReadonlySet<string>,
): SubjectRow | "unknown" | "ambiguous" {
  const { reference, kind } = claim;
  const sought = SUBJECT_OF[kind];
  const named = subjects.filter(({ names }) => names.includes(reference));
  const own = named.filter(({ of }) => of === sought);
  if (own.length > 0) return own[1] === undefined ? (own[0] ?? "unknown") : "ambiguous";
  const payments = new Set(named.filter(({ of }) => of === "payment").map(({ id }) => id));
  if (payments.size > 1) return "ambiguous";
  const ofPayment = subjects.filter(({ of, paymentId }) => of === sought && payments.has(paymentId));
  if (ofPayment.length <= 1) return ofPayment[0] ?? "unknown";
  const sameAmount = ofPayment.filter(({ amountMinor }) => amountMinor === claim.amountMinor);
  // Of several that are alike, each line means another.
  const isFree = (row: SubjectRow) => !taken.has(keyOf(kind, row)) && !row.settledKinds.includes(kind);
  return sameAmount.find(isFree) ?? sameAmount[0] ?? "ambiguous";
}
