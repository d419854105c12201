// Answers about disputes.

import { z } from "zod";
import { DISPUTE_STATES } from "#lib/domain/dispute.ts";
import { currency } from "../fields.ts";
import { id, instant, listOf, minor, mode, version } from "./shared.ts";

export const dispute = z
  .strictObject({
    id: id("dispute"),
    object: z.literal("dispute"),
    mode,
    payment_id: id("payment"),
    invoice_id: id("invoice"),
    state: z.enum(DISPUTE_STATES),
    version,
    amount: minor,
    fee: minor,
    currency,
    reason: z.string(),
    rail_reference: z.string(),
    evidence_due_at: instant.nullable(),
    opened_at: instant.nullable(),
    completed_at: instant.nullable(),
    created_at: instant,
  })
  .meta({ id: "Dispute", description: "A payer asks their bank for the money back." });

export const disputeList = listOf(dispute).meta({
  id: "DisputeList",
  description: "A page of disputes, newest first.",
});
