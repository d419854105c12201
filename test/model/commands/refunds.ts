// Money that goes back.

import type { PaymentId } from "#lib/domain/ids.ts";
import { createRefund } from "#lib/services/refunds/create.ts";
import {
  askRefund,
  type Model,
  type ModelAttempt,
  type ModelInvoice,
  newRefund,
  refundedMinor,
  tell,
} from "../model.ts";
import type { CrashPoint } from "../world.ts";
import { type Command, command, pick } from "./command.ts";

export type Part = "rest" | "part" | "too much";

const PART_MINOR = 10_000;

/** Mostly those that took money, where there are any. */
function candidates(model: Model, index: number) {
  const all = model.invoices.flatMap((invoice) => invoice.attempts.map((attempt) => ({ invoice, attempt })));
  const taken = all.filter(({ attempt: { state } }) => state === "accepted" || state === "surplus");
  return taken.length > 0 && index % 4 !== 0 ? taken : all;
}

function refundableMinor({ amountMinor }: ModelInvoice, attempt: ModelAttempt): number {
  const isTaken = attempt.state === "accepted" || attempt.state === "surplus";
  return isTaken ? amountMinor - refundedMinor(attempt) : 0;
}

/** A merchant refunds; `isStatedRight` is false for one who believes that more is left than is. */
export function refund(index: number, part: Part, isStatedRight: boolean, crash: CrashPoint | null): Command {
  return command({
    name: `refund(${index}, ${part}${isStatedRight ? "" : ", wrongly stated"})`,
    crash,
    isPossible: (model) => candidates(model, index).length > 0,
    perform: async (model, world) => {
      const { invoice, attempt } = pick(candidates(model, index), index);
      const left = refundableMinor(invoice, attempt);
      await createRefund(world.shops[invoice.shop].ctx, {
        paymentId: attempt.id as PaymentId,
        refundableMinor: BigInt(isStatedRight ? left : left + 1),
        part:
          part === "rest"
            ? { kind: "rest" }
            : { kind: "amount", amountMinor: BigInt(part === "part" ? PART_MINOR : left + 1) },
        reason: null,
        bind: async () => undefined,
      });
    },
    expect: (model, run) => {
      const { invoice, attempt } = pick(candidates(model, index), index);
      if (attempt.state !== "accepted" && attempt.state !== "surplus") return "refund_not_possible";
      if (!isStatedRight) return "refundable_amount_mismatch";
      const left = refundableMinor(invoice, attempt);
      const amountMinor = part === "rest" ? left : part === "part" ? PART_MINOR : left + 1;
      if (amountMinor < 1 || amountMinor > left) return "refund_exceeds_refundable";
      const made = newRefund(amountMinor);
      attempt.refunds.push(made);
      tell(invoice, "refund.created");
      askRefund(run, invoice, attempt, made);
      return "ok";
    },
  });
}
