// What payers and rails do with an attempt.

import type { InvoiceId, PaymentId } from "#lib/domain/ids.ts";
import { settlePayment } from "#lib/services/payments/settle.ts";
import { startPayment } from "#lib/services/payments/start.ts";
import { verifyCode } from "#lib/services/payments/verify-code.ts";
import { consentCode } from "#lib/services/sms/queue-code.ts";
import { addFault } from "../../database/helpers.ts";
import {
  ask,
  begin,
  canBePaid,
  close,
  currentOf,
  isOpen,
  type Model,
  type ModelAttempt,
  type ModelInvoice,
  type RefundHabit,
  type Run,
  type Truth,
  tell,
} from "../model.ts";
import { answer, CARDS, DECLINED_CARD, PHONES, typeCard } from "../rails.ts";
import type { CrashPoint, World } from "../world.ts";
import { type Command, command, hasInvoice, invoiceAt, pick } from "./command.ts";

type Method = "card" | "carrier_billing";
/** What befalls the request: its answer is lost on the way back, or it never arrives. */
export type Fault = "lost_answer" | "reset";

const SERVICES = {
  card: { service: "stripe", path: "/checkout/sessions$" },
  carrier_billing: { service: "carrier", path: "/payments$" },
} as const;

const CODE_TRIES = 5;

async function withFault(
  world: World,
  { shop }: ModelInvoice,
  method: Method,
  fault: Fault | null,
  work: () => Promise<unknown>,
): Promise<void> {
  const account = world.shops[shop].merchant.sandboxName;
  const remove =
    fault === null
      ? async () => undefined
      : await addFault(world.system.sandboxUrl, account, { ...SERVICES[method], fault, method: "POST" });
  try {
    await work();
  } finally {
    await remove();
  }
}

/** What the rail makes of the request to charge. */
function firstTruth(invoice: ModelInvoice, method: Method): Truth {
  if (method === "card") return "open";
  const truth = PHONES[invoice.ending]?.truth ?? "open";
  return invoice.shop === "coding" && truth === "open" ? "paid" : truth;
}

function submit(run: Run, invoice: ModelInvoice, attempt: ModelAttempt, fault: Fault | null): void {
  attempt.state = "open";
  const truth = firstTruth(invoice, attempt.method);
  if (fault === null) {
    begin(run, invoice, attempt, truth);
    return;
  }
  run.call(() => {
    attempt.truth = fault === "reset" || truth === "denied" ? "none" : truth;
  });
  attempt.isDoubtful = true;
}

/** A method is chosen. A second tap, a change of method, a request that is lost. */
export function start(index: number, method: Method, fault: Fault | null, crash: CrashPoint | null): Command {
  return command({
    name: `start(${index}, ${method}${fault === null ? "" : `, ${fault}`})`,
    crash,
    isPossible: (model) => hasInvoice(model) && !isBeingAsked(invoiceAt(model, index), method),
    perform: async (model, world) => {
      const invoice = invoiceAt(model, index);
      const { ctx } = world.shops[invoice.shop];
      await withFault(world, invoice, method, fault, () =>
        startPayment(ctx, { invoiceId: invoice.id as InvoiceId, method }),
      );
    },
    expect: (model, run) => {
      const invoice = invoiceAt(model, index);
      if (!canBePaid(invoice)) return "invoice_state_conflict";
      const current = currentOf(invoice);
      if (current?.method === method) return "ok";
      if (current !== undefined) {
        close(run, invoice, current);
        if (current.state === "accepted") return "invoice_state_conflict";
        if (isOpen(current)) current.isSuperseded = true;
      }
      if (invoice.attempts.some((attempt) => attempt.method === method && isOpen(attempt))) {
        return "attempt_in_progress";
      }
      const attempt = newAttempt(invoice, method);
      invoice.attempts.push(attempt);
      tell(invoice, "payment.started");
      if (method === "carrier_billing" && invoice.shop === "coding") return "ok";
      submit(run, invoice, attempt, fault);
      return "ok";
    },
  });
}

/** The process that asked the rail is gone, and nobody has asked again: a second tap would wait for its answer. */
function isBeingAsked(invoice: ModelInvoice, method: Method): boolean {
  const current = currentOf(invoice);
  return current?.method === method && current.state === "open" && !current.isKnown && !current.isDoubtful;
}

function newAttempt({ ending }: ModelInvoice, method: Method): ModelAttempt {
  return {
    id: "",
    method,
    state: "code",
    truth: "none",
    isSuperseded: false,
    isKnown: false,
    isDoubtful: false,
    isClosing: false,
    unheard: [],
    wrongCodes: 0,
    refundHabit: method === "card" ? "at_once" : (PHONES[ending]?.refunds ?? "at_once"),
    refunds: [],
    heard: new Set(),
  };
}

const waiting = (model: Model) =>
  model.invoices.flatMap((invoice) =>
    invoice.attempts.filter((attempt) => attempt.state === "code").map((attempt) => ({ invoice, attempt })),
  );

/** The payer types our code, or another one. */
export function typeCode(
  index: number,
  isRight: boolean,
  fault: Fault | null,
  crash: CrashPoint | null,
): Command {
  return command({
    name: `typeCode(${index}, ${isRight ? "right" : "wrong"}${fault === null ? "" : `, ${fault}`})`,
    crash,
    isPossible: (model) => waiting(model).length > 0,
    perform: async (model, world) => {
      const { invoice, attempt } = pick(waiting(model), index);
      const { ctx, merchant } = world.shops[invoice.shop];
      const paymentId = attempt.id as PaymentId;
      const { rows } = await world.system.superuser.query("select link_key_id from invoices where id = $1", [
        invoice.id,
      ]);
      const right = consentCode(merchant.ctx, paymentId, { linkKeyId: rows[0].link_key_id });
      const wrong = right === "000000" ? "000001" : "000000";
      await withFault(world, invoice, attempt.method, fault, () =>
        verifyCode(ctx, { paymentId, code: isRight ? right : wrong }),
      );
    },
    expect: (model, run) => {
      const { invoice, attempt } = pick(waiting(model), index);
      if (!canBePaid(invoice)) return "invoice_state_conflict";
      if (isRight) {
        submit(run, invoice, attempt, fault);
        return "ok";
      }
      attempt.wrongCodes += 1;
      if (attempt.wrongCodes === CODE_TRIES) {
        attempt.state = "ended";
        tell(invoice, "payment.failed");
      }
      return "ok";
    },
  });
}

const attempts = (model: Model) =>
  model.invoices.flatMap((invoice) => invoice.attempts.map((attempt) => ({ invoice, attempt })));

/** The payer decides at the rail: on the hosted page, or on the phone. We hear nothing of it yet. */
export function decide(index: number, isApproved: boolean, habit: Exclude<RefundHabit, "refused">): Command {
  return command({
    name: `decide(${index}, ${isApproved ? "pays" : "declines"}, refunds ${habit})`,
    isPossible: (model) => attempts(model).some(canDecide),
    perform: async (model, world) => {
      const { invoice, attempt } = pick(attempts(model).filter(canDecide), index);
      const isDone =
        attempt.method === "card"
          ? await typeCard(world, attempt, isApproved ? CARDS[habit] : DECLINED_CARD)
          : await answer(world, invoice, attempt, isApproved);
      const isFinal = attempt.method === "carrier_billing" || isApproved;
      if (isDone !== isFinal) throw new Error(`The rail of ${attempt.id} took it otherwise.`);
    },
    expect: (model) => {
      const { attempt } = pick(attempts(model).filter(canDecide), index);
      if (attempt.method === "card") {
        // A declined card leaves the page open for another.
        if (!isApproved) return "ok";
        attempt.refundHabit = habit;
      }
      attempt.truth = isApproved ? "paid" : "denied";
      return "ok";
    },
  });
}

const canDecide = ({ attempt }: { readonly attempt: ModelAttempt }) =>
  attempt.truth === "open" && attempt.isKnown;

/** Somebody asks about an attempt: a page that waits, or a person. */
export function poll(index: number, crash: CrashPoint | null): Command {
  return command({
    name: `poll(${index})`,
    crash,
    isPossible: (model) => attempts(model).length > 0,
    perform: async (model, world) => {
      const { invoice, attempt } = pick(attempts(model), index);
      await world.system.superuser.query("update payments set asked_at = null where id = $1", [attempt.id]);
      await settlePayment(world.shops[invoice.shop].system, { paymentId: attempt.id as PaymentId });
    },
    expect: (model, run) => {
      const { invoice, attempt } = pick(attempts(model), index);
      if (attempt.state === "open") ask(run, invoice, attempt);
      return "ok";
    },
  });
}
