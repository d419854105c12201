// Mail to people of a merchant.

export const MAIL_STATES = ["queued", "sent", "failed"] as const;
export type MailState = (typeof MAIL_STATES)[number];

export interface MailContent {
  readonly subject: string;
  /** Plain text. */
  readonly text: string;
}
