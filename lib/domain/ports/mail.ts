// Mail to people: handed to a server that takes it from there.

import type { MailContent } from "../mail.ts";

export type MailOutcome =
  | { readonly kind: "sent" }
  /** The server refuses it for good: the address does not exist, or may not be written to. */
  | { readonly kind: "refused"; readonly reason: string }
  /** Not now, or not known: to be tried again. A message may then arrive twice. */
  | { readonly kind: "unsent"; readonly reason: string };

export interface MailPort {
  send(recipient: string, content: MailContent): Promise<MailOutcome>;
}
