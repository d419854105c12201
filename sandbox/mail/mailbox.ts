// A mail server that keeps what it is given, and shows it: `/mailbox`, as a page and as JSON.
import { once } from "node:events";
import PostalMime from "postal-mime";
import { SMTPServer } from "smtp-server";
import { json, type Request } from "../http/message.ts";
import { type Route, route } from "../http/router.ts";
import { html, renderPage } from "../pages/html.ts";
import type { Sandbox } from "../sandbox.ts";

export type Mail = {
  id: string;
  /** Whose mailbox it is in. */
  account: string;
  createdAt: number;
  from: string;
  to: string;
  subject: string;
  text: string;
};

const NEWEST = 200;
const SIZE_MAX = 1_000_000;

/** Takes mail for anybody, from anybody, on this machine alone. */
export async function startMailServer(
  sandbox: Sandbox,
  port: number,
  host: string,
): Promise<() => Promise<void>> {
  const server = new SMTPServer({
    disabledCommands: ["AUTH", "STARTTLS"],
    size: SIZE_MAX,
    logger: false,
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        keep(
          sandbox,
          Buffer.concat(chunks),
          session.envelope.rcptTo.map(({ address }) => address),
        ).then(
          () => done(),
          (error: Error) => done(error),
        );
      });
    },
  });
  server.on("error", () => undefined);
  server.listen(port, host);
  await once(server.server, "listening");
  return () => new Promise((resolve) => server.close(() => resolve()));
}

async function keep(sandbox: Sandbox, raw: Buffer, recipients: readonly string[]): Promise<void> {
  const parsed = await PostalMime.parse(raw);
  for (const to of recipients) {
    const at = Date.now();
    sandbox.mails.insert({
      id: `mail_${crypto.randomUUID()}`,
      createdAt: at,
      account: to.toLowerCase(),
      from: parsed.from?.address ?? "",
      to: to.toLowerCase(),
      subject: parsed.subject ?? "",
      text: parsed.text ?? "",
    });
  }
}

/** `?to=` narrows to one address. */
export function mailboxRoutes(sandbox: Sandbox): Route[] {
  const mailsFor = (request: Request): Mail[] => {
    const to = request.query.get("to")?.toLowerCase();
    const newest = sandbox.mails.newest(NEWEST, "true");
    return to === undefined ? newest : newest.filter((mail) => mail.to === to);
  };
  return [
    route("GET", "/mailbox/mails", (request) =>
      json(200, {
        mails: mailsFor(request).map(({ id, createdAt, from, to, subject, text }) => ({
          id,
          from,
          to,
          subject,
          text,
          received_at: new Date(createdAt).toISOString(),
        })),
      }),
    ),
    route("GET", "/mailbox", (request) => {
      const mails = mailsFor(request);
      return renderPage({
        title: "Mailbox",
        body: html`<main>
<p><a href="/">Sandbox</a></p>
<h1>Mailbox</h1>
${mails.length === 0 && html`<p class="soft">No mail has arrived yet.</p>`}
${mails.map(
  (mail) => html`<article>
<h2>${mail.subject}</h2>
<p class="soft">To ${mail.to}, ${new Date(mail.createdAt).toISOString()}</p>
${paragraphs(mail.text)}
</article>`,
)}
</main>`,
      });
    }),
  ];
}

/** Links can be followed. */
function paragraphs(text: string) {
  return text
    .split(/\n\s*\n/)
    .map((part) =>
      /^https?:\/\/\S+$/.test(part.trim())
        ? html`<p><a href="${part.trim()}">${part.trim()}</a></p>`
        : html`<p>${part}</p>`,
    );
}
