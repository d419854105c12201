// `/control/simulate`: what payers, subscribers, banks, networks and the clock do, for whoever tests without a
// browser. Everything goes the way that it goes from the pages, so the same notifications follow.
import { decidePayment } from "../carrier/decide.ts";
import type { OneStep } from "../carrier/one-step.ts";
import { decideRefund, reviveRefund } from "../carrier/refund.ts";
import type { Route } from "../http/router.ts";
import type { Sandbox } from "../sandbox.ts";
import { isTwilioMessage } from "../twilio/message.ts";
import { endMessage } from "../twilio/send.ts";
import { simulation } from "./simulate.ts";
import { stripeSimulations } from "./simulate-stripe.ts";

/** Every address with what it takes, as the front page shows it. */
export const simulations: [string, string][] = [
  [
    "/stripe/sessions/{cs_…}",
    "approve (with card: a test card's number), decline, expire; capture (amount) or cancel what is reserved",
  ],
  [
    "/stripe/payment-intents/{pi_…}/dispute",
    "{ reason: fraudulent, inquiry: false }, both optional; no action",
  ],
  [
    "/stripe/disputes/{du_…}",
    "win, lose, escalate; appeal, overturn or withdraw what is decided; fee (amount)",
  ],
  ["/stripe/refunds/{re_…}", "succeed, fail; revive what has failed"],
  ["/stripe/balance-transactions/{txn_…}", "settle"],
  ["/carrier/payments/{id}", "approve, decline, expire"],
  ["/carrier/refunds/{id}", "succeed, fail; revive what was denied"],
  ["/twilio/messages/{SM…}", "deliver, fail"],
];

/** All routes under `/control/simulate`. */
export function simulateRoutes(sandbox: Sandbox, oneStep: OneStep): Route[] {
  const { payments, refunds } = sandbox.carrier;
  return [
    ...stripeSimulations(sandbox),
    simulation({
      path: "/carrier/payments/:id",
      noun: "payment",
      actions: ["approve", "decline", "expire"],
      find: payments.find,
      act: (payment, action) => decidePayment(sandbox, oneStep, payment, action),
      // A charge that is refused while its call is held is not kept.
      show: (id) => ({ status: payments.find(id)?.status ?? "denied" }),
    }),
    simulation({
      path: "/carrier/refunds/:id",
      noun: "refund",
      actions: ["succeed", "fail", "revive"],
      find: refunds.find,
      act: (refund, action) =>
        action === "revive"
          ? reviveRefund(sandbox, refund)
          : decideRefund(sandbox, refund, action === "succeed"),
      show: (id) => ({ status: refunds.find(id)?.status }),
    }),
    simulation({
      path: "/twilio/messages/:id",
      noun: "message",
      actions: ["deliver", "fail"],
      find: (id) => {
        const message = sandbox.messages.find(id);
        return isTwilioMessage(message) ? message : null;
      },
      act: (message, action) => endMessage(sandbox, message, action === "deliver"),
      show: (id) => ({ status: sandbox.messages.find(id)?.status }),
    }),
  ];
}
