// Operations of simulation: what payers, banks, networks and time do, in test mode.

import { z } from "zod";
import { ServiceError } from "#lib/domain/errors.ts";
import { type DisputeId, type PaymentId, parseId, type RefundId, type SmsId } from "#lib/domain/ids.ts";
import {
  DISPUTE_SIMULATIONS,
  PAYMENT_SIMULATIONS,
  REFUND_SIMULATIONS,
  SMS_SIMULATIONS,
} from "#lib/domain/ports/simulator.ts";
import { snapshotDispute, snapshotRefund } from "#lib/domain/records.ts";
import { CLOCK_AHEAD_MAX_DAYS } from "#lib/domain/test-clock.ts";
import { moveTestClock, readTestClock, type TestClock } from "#lib/services/simulation/clock.ts";
import { simulateDispute, simulateRefund } from "#lib/services/simulation/money-back.ts";
import { simulatePayment } from "#lib/services/simulation/payment.ts";
import { simulateSms } from "#lib/services/simulation/sms.ts";
import { dispute } from "./answers/dispute.ts";
import { paymentDetail } from "./answers/payment-detail.ts";
import { refund } from "./answers/refund.ts";
import { testClock } from "./answers/simulation.ts";
import { sms } from "./answers/sms.ts";
import { instant } from "./fields.ts";
import { operation } from "./operation.ts";
import { noQuery } from "./schemas.ts";
import { renderDisputeSnapshot, renderPaymentDetail, renderRefundSnapshot, renderSms } from "./views.ts";

const TAG = "Simulation";
const REFUSALS = ["simulation_not_possible", "capability_missing"] as const;

type Params = Readonly<Record<string, string>>;

export const simulatePaymentOperation = operation({
  body: z.strictObject({ action: z.enum(PAYMENT_SIMULATIONS) }),
  query: noQuery,
  doc: {
    id: "simulatePayment",
    tag: TAG,
    summary: "Act on a payment as its payer, its bank or time would",
    details:
      "`approve`, `decline` and `expire` a payment that is open: on the carrier's prompt, on the carrier's code, or on the hosted page with a test card; one that waits for our own code is approved by entering it. A declined card leaves its page open, as it does in earnest: `expire` ends it. `dispute` and `inquire` let the payer's bank take back, or ask about, a card payment that has succeeded. The answer is the payment after its rail was asked again; callbacks come as they always do. Test keys only, and only what goes through the sandbox.",
    status: 200,
    answer: paymentDetail,
    errors: ["payment_not_found", "payment_state_conflict", "invoice_state_conflict", ...REFUSALS],
  },
  run: async ({ ctx, params, body }) =>
    renderPaymentDetail(await simulatePayment(ctx, { paymentId: paymentId(params), action: body.action })),
});

export const simulateRefundOperation = operation({
  body: z.strictObject({ action: z.enum(REFUND_SIMULATIONS) }),
  query: noQuery,
  doc: {
    id: "simulateRefund",
    tag: TAG,
    summary: "Let a refund succeed or fail",
    details:
      "The answer is the refund after its rail was asked again; callbacks come as they always do. Test keys only, and only what goes through the sandbox.",
    status: 200,
    answer: refund,
    errors: ["refund_not_found", ...REFUSALS],
  },
  run: async ({ ctx, params, body }) =>
    renderRefundSnapshot(
      snapshotRefund(await simulateRefund(ctx, { refundId: refundId(params), action: body.action })),
    ),
});

export const simulateDisputeOperation = operation({
  body: z.strictObject({ action: z.enum(DISPUTE_SIMULATIONS) }),
  query: noQuery,
  doc: {
    id: "simulateDispute",
    tag: TAG,
    summary: "Decide a dispute as the payer's bank would",
    details:
      "`win` is for you, `lose` for the payer; `escalate` turns an inquiry into a dispute. The answer is the dispute as its rail then has it; callbacks come as they always do. Test keys only, and only what goes through the sandbox.",
    status: 200,
    answer: dispute,
    errors: ["dispute_not_found", ...REFUSALS],
  },
  run: async ({ ctx, params, body }) =>
    renderDisputeSnapshot(
      snapshotDispute(await simulateDispute(ctx, { disputeId: disputeId(params), action: body.action })),
    ),
});

export const simulateSmsOperation = operation({
  body: z.strictObject({ action: z.enum(SMS_SIMULATIONS) }),
  query: noQuery,
  doc: {
    id: "simulateSms",
    tag: TAG,
    summary: "Let a text arrive or get lost",
    details:
      "At the sandbox, whose report is waited for up to two seconds. A text that nobody acts on arrives by itself. Test keys only, and only what goes through the sandbox.",
    status: 200,
    answer: sms,
    errors: ["sms_not_found", ...REFUSALS],
  },
  run: async ({ ctx, params, body }) =>
    renderSms(await simulateSms(ctx, { smsId: smsId(params), action: body.action })),
});

export const readClockOperation = operation({
  query: noQuery,
  doc: {
    id: "readTestClock",
    tag: TAG,
    summary: "Read the clock of your test mode",
    details: "Test keys only.",
    status: 200,
    answer: testClock,
    errors: [],
  },
  run: async ({ ctx }) => renderClock(await readTestClock(ctx)),
});

const aheadSeconds = z
  .int()
  .min(1)
  .max(CLOCK_AHEAD_MAX_DAYS * 86_400);
const clockBy = z.strictObject({ advance_seconds: aheadSeconds });
const clockTo = z.strictObject({ to: instant });

export const moveClockOperation = operation({
  body: {
    forms: [clockBy, clockTo] as z.ZodType<z.infer<typeof clockBy> | z.infer<typeof clockTo>>[],
    choose: (raw) =>
      typeof raw === "object" && raw !== null && Object.hasOwn(raw, "to") ? clockTo : clockBy,
  },
  query: noQuery,
  doc: {
    id: "moveTestClock",
    tag: TAG,
    summary: "Move the clock of your test mode forward",
    details:
      "By `advance_seconds`, or `to` an instant. What waits comes as much nearer: ends of invoices, retries of callbacks, texts to be sent, questions to rails. Forward only, and at most 400 days ahead of real time in all, 60 times a minute. While other requests of your test mode run it is tried for a second and a half. Rails stay in real time. Test keys only.",
    status: 200,
    answer: testClock,
    errors: ["simulation_not_possible", "clock_busy"],
  },
  run: async ({ ctx, body }) =>
    renderClock(
      await moveTestClock(ctx, "to" in body ? { to: body.to } : { byMs: body.advance_seconds * 1000 }),
    ),
});

function renderClock({ now, realNow, aheadMs }: TestClock) {
  return {
    object: "test_clock",
    mode: "test",
    now: now.toISOString(),
    real_now: realNow.toISOString(),
    ahead_seconds: aheadMs / 1000,
  };
}

function paymentId({ id = "" }: Params): PaymentId {
  const parsed = parseId("payment", id);
  if (parsed === null) throw new ServiceError("payment_not_found", "There is no such payment.");
  return parsed;
}

function refundId({ id = "" }: Params): RefundId {
  const parsed = parseId("refund", id);
  if (parsed === null) throw new ServiceError("refund_not_found", "There is no such refund.");
  return parsed;
}

function disputeId({ id = "" }: Params): DisputeId {
  const parsed = parseId("dispute", id);
  if (parsed === null) throw new ServiceError("dispute_not_found", "There is no such dispute.");
  return parsed;
}

function smsId({ id = "" }: Params): SmsId {
  const parsed = parseId("sms", id);
  if (parsed === null) throw new ServiceError("sms_not_found", "There is no such message.");
  return parsed;
}
