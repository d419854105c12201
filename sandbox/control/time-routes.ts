// `/hurry` and `/reset`: what tests need so as not to wait, and to begin anew.
import { invalid, jsonObject } from "../http/body.ts";
import { empty, json } from "../http/message.ts";
import { type Route, route } from "../http/router.ts";
import type { Sandbox } from "../sandbox.ts";

/** Routes that bring time forward, or everything but the accounts back to nothing. */
export function timeRoutes(sandbox: Sandbox): Route[] {
  return [
    /** Whatever waits for one object happens now: an expiry, a run-out, a settlement, a retried delivery. */
    route("POST", "/hurry", (request) => {
      const { id } = jsonObject(request);
      if (typeof id !== "string") {
        throw invalid(
          "invalid_id",
          "id must be the id of a session, a payment, a refund, a dispute, a message or an event.",
        );
      }
      return json(200, { id, hurried: sandbox.scheduler.hurry(id) });
    }),
    /** Tokens stay with their accounts: a client may go on using what it has. */
    route("POST", "/reset", () => {
      sandbox.database.transaction(() => {
        const { stripe, carrier } = sandbox;
        const emptied = [
          sandbox.requests,
          sandbox.messages,
          sandbox.prompts,
          ...Object.values(stripe),
          carrier.payments,
          carrier.refunds,
          carrier.events,
        ];
        for (const collection of emptied) {
          collection.clear();
        }
        sandbox.scheduler.clear();
      });
      sandbox.faults.clear();
      sandbox.notifier.clear();
      return empty(204);
    }),
  ];
}
