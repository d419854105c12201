// Records of a rail's that are read when it has told of them: refunds and disputes.

import type { RailAccountId } from "#lib/domain/ids.ts";

/** What became of a message about a record of the rail's. */
export type RecordHandling =
  | { readonly kind: "applied" }
  /** It is about nothing of ours. */
  | { readonly kind: "ignored"; readonly reason: string }
  | { readonly kind: "quarantined"; readonly reason: string }
  /** The payment that it names is not known here, or not yet. */
  | { readonly kind: "unmatched" }
  | { readonly kind: "unanswered" };

export interface SettleRecordInput {
  readonly railAccountId: RailAccountId;
  readonly railReference: string;
}

/**
 * How often a record is read before it is given up for now, where ours has moved each time meanwhile. Of many who
 * read it at once only the first finds something to book.
 */
export const READS_MAX = 5;
