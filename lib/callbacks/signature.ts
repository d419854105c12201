// Standard Webhooks: what receivers verify. https://www.standardwebhooks.com, symmetric scheme `v1`.

import { Webhook } from "standardwebhooks";

export interface SignInput {
  readonly eventId: string;
  readonly body: string;
  /** `whsec_…`, newest first; each signs, so that receivers may still hold the older one. */
  readonly secrets: readonly string[];
  /** UTC. */
  readonly at: Date;
}

/** The three headers of the standard. The id stays over all tries of one event; time and signature are fresh. */
export function signatureHeaders({ eventId, body, secrets, at }: SignInput): Record<string, string> {
  return {
    "webhook-id": eventId,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": secrets.map((secret) => new Webhook(secret).sign(eventId, at, body)).join(" "),
  };
}
