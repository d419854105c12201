// Payments that their payers contest: https://docs.stripe.com/disputes/how-disputes-work
// Every function is one transaction.
import type { Sandbox } from "../sandbox.ts";
import { postDisputeFee, postReinstatement, postWithdrawal } from "./balance.ts";
import {
  type DisputeReason,
  type DisputeStatus,
  type DisputeWire,
  type EvidenceField,
  isAppealed,
  isClosed,
  isInquiry,
  newDispute,
} from "./dispute-object.ts";
import { refused } from "./errors.ts";
import { type Cause, emitEvent } from "./events.ts";
import type { StoredCharge, StoredDispute } from "./records.ts";
import { failRefund } from "./refunds.ts";

const decideJob = "stripe.decide_dispute";
const dueJob = "stripe.dispute_due";

const decideDelayMs = 1_000;

export type Decision = "won" | "lost" | "escalated";

/** What the testing guide has for `uncategorized_text`: https://docs.stripe.com/testing#disputes */
const decisiveTexts: Record<string, Decision> = {
  winning_evidence: "won",
  losing_evidence: "lost",
  escalate_inquiry_evidence: "escalated",
};

export type Answer = {
  evidence: Partial<Record<EvidenceField, string | null>> | undefined;
  metadata: Record<string, string>;
  submit: boolean | undefined;
};

/** Registers the jobs that decide disputes, and close those that nobody answered. */
export function startDisputes(sandbox: Sandbox): void {
  sandbox.scheduler.handle(decideJob, (job) => {
    const dispute = sandbox.stripe.disputes.find(job.subject);
    if (dispute) {
      decideDispute(sandbox, dispute, job.payload as Decision);
    }
    return undefined;
  });
  sandbox.scheduler.handle(dueJob, (job) => {
    const dispute = sandbox.stripe.disputes.find(job.subject);
    if (dispute?.wire.status.endsWith("needs_response")) {
      decideDispute(sandbox, dispute, "lost");
    }
    return undefined;
  });
}

/** The payer's bank takes the money back, or asks first. Null when nothing is left that could be disputed. */
export function openDispute(
  sandbox: Sandbox,
  charge: StoredCharge,
  reason: DisputeReason,
  isInquiry: boolean,
): StoredDispute | null {
  const { account } = charge;
  const earlier = sandbox.stripe.disputes.select("body->>'$.wire.charge' = ?", charge.id);
  const isTaken = earlier.some(({ wire }) => !isClosed(wire) || wire.status === "lost");
  if (!charge.wire.captured || charge.wire.refunded || isTaken) {
    return null;
  }
  return sandbox.database.transaction(() => {
    const drafted = newDispute(charge.wire, reason, isInquiry);
    const wire = isInquiry ? drafted : withdrawn(sandbox, account, drafted);
    const dispute: StoredDispute = { id: wire.id, account, wire };
    sandbox.stripe.disputes.insert(dispute);
    sandbox.stripe.charges.save({ ...charge, wire: { ...charge.wire, disputed: true } });
    emitEvent(sandbox, account, "charge.dispute.created", wire);
    if (!isInquiry) {
      emitEvent(sandbox, account, "charge.dispute.funds_withdrawn", wire);
    }
    const delayMs = wire.evidence_details.due_by * 1_000 - Date.now();
    sandbox.scheduler.schedule({ kind: dueJob, subject: dispute.id, delayMs });
    return dispute;
  });
}

/** Keeps what the merchant answers, and passes it on to the bank unless told to wait. */
export function answerDispute(
  sandbox: Sandbox,
  dispute: StoredDispute,
  answer: Answer,
  cause: Cause,
): StoredDispute {
  refuseClosed(dispute);
  const { wire } = dispute;
  const evidence = { ...wire.evidence, ...answer.evidence };
  const isSubmitted = answer.submit ?? answer.evidence !== undefined;
  const details = wire.evidence_details;
  const decision = isSubmitted ? decisiveTexts[evidence.uncategorized_text ?? ""] : undefined;
  return sandbox.database.transaction(() => {
    if (decision) {
      sandbox.scheduler.cancel(decideJob, dispute.id);
      sandbox.scheduler.schedule({
        kind: decideJob,
        subject: dispute.id,
        payload: decision,
        delayMs: decideDelayMs,
      });
    }
    return save(
      sandbox,
      dispute,
      {
        ...wire,
        evidence,
        evidence_details: {
          ...details,
          has_evidence: details.has_evidence || answer.evidence !== undefined,
          submission_count: details.submission_count + (isSubmitted ? 1 : 0),
          submission_method: isSubmitted ? "manual" : details.submission_method,
        },
        metadata: answer.metadata,
        status: isSubmitted ? underReview(wire) : wire.status,
      },
      "charge.dispute.updated",
      cause,
    );
  });
}

/** The merchant gives in. */
export function closeDispute(sandbox: Sandbox, dispute: StoredDispute, cause: Cause): StoredDispute {
  refuseClosed(dispute);
  return close(sandbox, dispute, "lost", cause);
}

/** The bank decides. False when it has decided already, or when there is no inquiry to escalate. */
export function decideDispute(sandbox: Sandbox, dispute: StoredDispute, decision: Decision): boolean {
  const { wire } = dispute;
  if (isClosed(wire) || isAppealed(wire) || (decision === "escalated" && !isInquiry(wire))) {
    return false;
  }
  sandbox.database.transaction(() => {
    if (decision === "escalated") {
      escalate(sandbox, dispute);
    } else if (decision === "lost" || isInquiry(wire)) {
      close(sandbox, dispute, "lost");
    } else {
      reinstate(sandbox, dispute);
    }
  });
  return true;
}

/** What is decided is contested before the card network. False where nothing is. */
export function appealDispute(sandbox: Sandbox, dispute: StoredDispute): boolean {
  const { status } = dispute.wire;
  if (status !== "won" && status !== "lost") {
    return false;
  }
  const wire: DisputeWire = { ...dispute.wire, status: "appeal_under_review" };
  save(sandbox, dispute, wire, "charge.dispute.updated");
  return true;
}

/** The bank gives back what was lost. False where nothing is. */
export function overturnDispute(sandbox: Sandbox, dispute: StoredDispute): boolean {
  const isLost = dispute.wire.status === "lost" || dispute.wire.status === "appeal_under_review";
  const taken = dispute.wire.balance_transactions.reduce((sum, { amount }) => sum + amount, 0);
  if (!isLost || taken >= 0) {
    return false;
  }
  sandbox.database.transaction(() => reinstate(sandbox, dispute));
  return true;
}

/** The bank takes back what was won. False where nothing is. */
export function withdrawAgain(sandbox: Sandbox, dispute: StoredDispute): boolean {
  if (dispute.wire.status !== "won") {
    return false;
  }
  sandbox.database.transaction(() => {
    const wire = withdrawn(sandbox, dispute.account, dispute.wire);
    close(sandbox, { ...dispute, wire: { ...wire, is_charge_refundable: false } }, "lost");
  });
  return true;
}

/** Stripe asks for one more fee, or gives that much of its fees back where it is negative. */
export function chargeDisputeFee(sandbox: Sandbox, dispute: StoredDispute, fee: number): void {
  sandbox.database.transaction(() => {
    const movement = postDisputeFee(sandbox, dispute.account, dispute.wire, fee);
    const balance_transactions = [...dispute.wire.balance_transactions, movement];
    save(sandbox, dispute, { ...dispute.wire, balance_transactions }, "charge.dispute.updated");
  });
}

function reinstate(sandbox: Sandbox, dispute: StoredDispute): void {
  const { account, wire } = dispute;
  const movement = postReinstatement(sandbox, account, wire);
  const won: DisputeWire = {
    ...wire,
    balance_transactions: [...wire.balance_transactions, movement],
    is_charge_refundable: true,
  };
  emitEvent(sandbox, account, "charge.dispute.funds_reinstated", { ...won, status: "won" });
  close(sandbox, { ...dispute, wire: won }, "won");
}

/** The inquiry becomes a chargeback. Refunds that were made meanwhile come back: the bank has the money now. */
function escalate(sandbox: Sandbox, dispute: StoredDispute): void {
  const { card } = dispute.wire.payment_method_details;
  const wire = withdrawn(sandbox, dispute.account, {
    ...dispute.wire,
    is_charge_refundable: false,
    payment_method_details: { card: { ...card, case_type: "chargeback" }, type: "card" },
    status: "needs_response",
  });
  save(sandbox, dispute, wire, "charge.dispute.funds_withdrawn");
  for (const refund of sandbox.stripe.refunds.select("body->>'$.wire.charge' = ?", wire.charge)) {
    if (refund.wire.created >= wire.created) {
      failRefund(sandbox, refund, "charge_for_pending_refund_disputed");
    }
  }
}

/** An inquiry closes without a winner. */
function close(
  sandbox: Sandbox,
  dispute: StoredDispute,
  outcome: "won" | "lost",
  cause?: Cause,
): StoredDispute {
  sandbox.scheduler.cancel(decideJob, dispute.id);
  sandbox.scheduler.cancel(dueJob, dispute.id);
  const status = isInquiry(dispute.wire) ? "warning_closed" : outcome;
  return save(sandbox, dispute, { ...dispute.wire, status }, "charge.dispute.closed", cause);
}

function withdrawn(sandbox: Sandbox, account: string, wire: DisputeWire): DisputeWire {
  const movement = postWithdrawal(sandbox, account, wire);
  return { ...wire, balance_transactions: [...wire.balance_transactions, movement] };
}

function underReview(wire: DisputeWire): DisputeStatus {
  return isInquiry(wire) ? "warning_under_review" : "under_review";
}

function save(
  sandbox: Sandbox,
  dispute: StoredDispute,
  wire: DisputeWire,
  news: "charge.dispute.updated" | "charge.dispute.closed" | "charge.dispute.funds_withdrawn",
  cause?: Cause,
): StoredDispute {
  const saved: StoredDispute = { ...dispute, wire };
  sandbox.stripe.disputes.save(saved);
  emitEvent(sandbox, dispute.account, news, wire, cause);
  return saved;
}

function refuseClosed(dispute: StoredDispute): void {
  if (isClosed(dispute.wire)) {
    throw refused(400, { message: "This dispute is already closed" });
  }
}
