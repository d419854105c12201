// Mail by SMTP, through nodemailer.

import { createTransport } from "nodemailer";
import type { MailPort } from "#lib/domain/ports/mail.ts";

export interface SmtpOptions {
  /** `smtp://` or `smtps://`, with user and password where the server wants them. */
  readonly url: string;
  /** The sender: an address, or a name with one. */
  readonly from: string;
  readonly timeoutMs: number;
}

export function createSmtpMail({ url, from, timeoutMs }: SmtpOptions): MailPort {
  const transport = createTransport({
    url,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    // What is composed here holds no files, and must never read any.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send(recipient, { subject, text }) {
      try {
        await transport.sendMail({ from, to: { name: "", address: recipient }, subject, text });
        return { kind: "sent" };
      } catch (error) {
        const { responseCode, message } = error as { responseCode?: number; message?: string };
        const reason = (message ?? "unknown").slice(0, 300);
        const isForGood = responseCode !== undefined && responseCode >= 500;
        return { kind: isForGood ? "refused" : "unsent", reason };
      }
    },
  };
}
