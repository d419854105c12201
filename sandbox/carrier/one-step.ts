// One-step payments: charged as soon as the subscriber has agreed.
import type { Account } from "../control/accounts.ts";
import { openPrompt } from "../phone/prompts.ts";
import type { Sandbox } from "../sandbox.ts";
import { refused } from "./errors.ts";
import type { PaymentInput } from "./parse-payment.ts";
import { denyLater, draftPayment, movePayment } from "./payment.ts";
import type { CarrierPayment } from "./records.ts";
import { type SubscriberKind, subscriberKind } from "./subscribers.ts";

const promptLifeMs = 5 * 60_000;
const emptyAccountMs = 1_000;

export type OneStep = {
  create: (account: Account, input: PaymentInput, correlator: string) => Promise<CarrierPayment>;
  /** The subscriber's answer to the payment's prompt. */
  answer: (payment: CarrierPayment, isApproved: boolean) => void;
};

/** Opens the one-step side of the carrier. `holdMs`: how long a create call waits for an answer at most. */
export function openOneStep(sandbox: Sandbox, holdMs: number): OneStep {
  /** Create calls that are held, by payment; each is told whether the subscriber agreed. */
  const held = new Map<string, (isApproved: boolean) => void>();

  /** The subscriber's answer, or null when the call must not be held any longer. */
  function waitForAnswer(payment: CarrierPayment): Promise<boolean | null> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => finish(null), holdMs);
      const finish = (answer: boolean | null) => {
        clearTimeout(timer);
        held.delete(payment.id);
        resolve(answer);
      };
      // Unreferenced, so that a held call does not hold up the end of the process.
      timer.unref();
      held.set(payment.id, finish);
    });
  }

  return {
    async create(account, input, correlator) {
      const payment = draftPayment(sandbox, account, input, "one", correlator);
      const kind = subscriberKind(input.phone);
      if (isAgreedAlready(account, kind)) {
        return sandbox.database.transaction(() => {
          sandbox.carrier.payments.insert(payment);
          return movePayment(sandbox, payment, "succeeded");
        });
      }
      sandbox.database.transaction(() => {
        sandbox.carrier.payments.insert(payment);
        if (kind === "prepaid_empty") {
          denyLater(sandbox, payment, emptyAccountMs, "The account has too little money on it.");
        } else if (kind !== "silent") {
          openPrompt(sandbox, payment);
          denyLater(sandbox, payment, promptLifeMs, "The subscriber did not answer in time.");
        }
      });
      if (kind !== "waits_for_answer") {
        return payment;
      }
      const isApproved = await waitForAnswer(payment);
      if (isApproved === false) {
        throw refused("CARRIER_BILLING.PAYMENT_DENIED");
      }
      return sandbox.carrier.payments.find(payment.id) ?? payment;
    },
    answer(payment, isApproved) {
      const finish = held.get(payment.id);
      if (finish && !isApproved) {
        // A synchronous refusal makes no payment: nothing is kept and nothing is sent.
        sandbox.carrier.payments.remove(payment.id);
      } else {
        const reason = isApproved ? undefined : "The subscriber declined.";
        movePayment(sandbox, payment, isApproved ? "succeeded" : "denied", reason);
      }
      finish?.(isApproved);
    },
  };
}

/** No prompt: agreed beforehand, or left to the merchant by this account's carrier. */
function isAgreedAlready(account: Account, kind: SubscriberKind): boolean {
  const isPrompted = kind !== "prepaid_empty" && kind !== "silent";
  return kind === "approved_beforehand" || (!account.carrierPrompts && isPrompted);
}
