// What must hold whatever happens, each with the query that looks for the contrary.

import { findIllegalSteps, findRegress, findRewritten } from "#db/queries/audit/history.ts";
import { findDoubledKeys, findRepeatedEffects, findUnverified } from "#db/queries/audit/inbound.ts";
import {
  findExcessRefunds,
  findLostMoney,
  findOtherAmounts,
  findSecondAcceptances,
  findUnbalanced,
} from "#db/queries/audit/money.ts";
import { findHalfMade, findMisleading, findUntold } from "#db/queries/audit/outbox.ts";
import {
  findEffectsOfLooking,
  findExcessMessages,
  findForgottenIntents,
  findSecondAttempts,
} from "#db/queries/audit/outside.ts";
import type { Finding, Snapshot } from "#db/queries/audit/snapshot.ts";

export interface Invariant {
  readonly id: string;
  readonly holds: string;
  /** What of it no database can show, or null. */
  readonly unseen: string | null;
  readonly check: (snapshot: Snapshot) => Promise<Finding>;
}

export const INVARIANTS: readonly Invariant[] = [
  {
    id: "I-01",
    holds: "at most one payment is accepted an invoice",
    unseen: "money at a rail that never told us of it",
    check: findSecondAcceptances,
  },
  {
    id: "I-02",
    holds: "amount and currency are as asked",
    unseen: "what the rail said: it is compared when it is heard, and not kept",
    check: findOtherAmounts,
  },
  { id: "I-03", holds: "the books balance", unseen: null, check: findUnbalanced },
  {
    id: "I-04",
    holds: "ledger and history are append-only",
    unseen: "rows that were removed whole and put back anew",
    check: findRewritten,
  },
  { id: "I-05", holds: "states move along edges only", unseen: null, check: findIllegalSteps },
  {
    id: "I-06",
    holds: "what is made is made whole",
    unseen: "ids that callers were given and that are not there",
    check: findHalfMade,
  },
  {
    id: "I-07",
    holds: "one key makes one thing",
    unseen: "things made under a key that was purged after 72 hours",
    check: findDoubledKeys,
  },
  { id: "I-08", holds: "every end is told", unseen: null, check: findUntold },
  { id: "I-09", holds: "callbacks lead to the true state", unseen: null, check: findMisleading },
  { id: "I-10", holds: "a message has its effect once", unseen: null, check: findRepeatedEffects },
  {
    id: "I-11",
    holds: "unverified bytes change nothing",
    unseen: "messages that were refused: they leave no row",
    check: findUnverified,
  },
  {
    id: "I-12",
    holds: "what is asked of others has an outcome or a doubt",
    unseen: "calls inside a transaction: refused at run time",
    check: findForgottenIntents,
  },
  { id: "I-13", holds: "one open attempt at a time", unseen: null, check: findSecondAttempts },
  { id: "I-14", holds: "what is known stays known", unseen: null, check: findRegress },
  {
    id: "I-15",
    holds: "money that came is booked",
    unseen: "money at a rail that never told us of it",
    check: findLostMoney,
  },
  { id: "I-16", holds: "refunds never exceed captures", unseen: null, check: findExcessRefunds },
  {
    id: "I-17",
    holds: "one intent gives one SMS, within caps",
    unseen: "messages that the provider took and never named",
    check: findExcessMessages,
  },
  {
    id: "I-18",
    holds: "opening a link does nothing",
    unseen: "how often a waiting page asks a rail",
    check: findEffectsOfLooking,
  },
];
