// How events reach the merchant: what is sent, how it is proven, when it is tried again, and which there are.

import { ObjectLink } from "./fields.tsx";
import type { ApiDocument } from "./model.ts";
import { Code, Heading, Text } from "./parts.tsx";

export interface CallbacksPageProps {
  readonly document: ApiDocument;
  /** Pauses before the second, third, … try, in seconds. */
  readonly pausesSeconds: readonly number[];
}

const VERIFY = `import { Webhook } from "standardwebhooks"; // npm install standardwebhooks

const webhook = new Webhook(callbackSecret); // whsec_…

// In your handler: the raw body, before any JSON parser has touched it.
const event = webhook.verify(rawBody, request.headers); // throws where it is not ours
if (event.type === "invoice.paid") deliver(event.data.invoice.id);
response.writeHead(204).end();`;

const BY_HAND = `signed    = webhook-id + "." + webhook-timestamp + "." + body
secret    = base64 decode of what follows "whsec_"
signature = "v1," + base64(HMAC-SHA256(secret, signed))`;

export function CallbacksPage({ document, pausesSeconds }: CallbacksPageProps) {
  const events = Object.entries(document.webhooks);
  return (
    <>
      <h1>Callbacks and events</h1>
      <p className="lead">
        What happens is an event. Events that you cannot know of yourself are posted to you, signed, until you
        have taken them.
      </p>

      <Heading id="body" level={2}>
        What is sent
      </Heading>
      <p>
        A POST with an <ObjectLink name="Event" /> to each of your callback endpoints that wants events of its
        type; an invoice’s own <code>callback_url</code> takes the place of the default one, which{" "}
        <code>callback_url</code> of your profile sets. It holds the whole state at that moment, so one event
        is enough to act on. It may come twice and in any order: the <code>id</code> stays the same over all
        tries, and of one invoice’s events the highest <code>sequence</code> is the latest. Expect gaps in the
        sequence, since not every event is called back. The invoice’s timeline has them all, with every try.
        Events about an endpoint are about no invoice and have the sequence 0.
      </p>

      <Heading id="signature" level={2}>
        How it is proven
      </Heading>
      <p>
        By <a href="https://www.standardwebhooks.com">Standard Webhooks</a>: each of its libraries verifies it
        with the endpoint’s secret, which the answer that made it has told. The default endpoint and invoices’
        own addresses share one: in the demo that is <code>callback_secret</code> in{" "}
        <code>.billtext/demo.json</code>.
      </p>
      <Code label="Verifying a callback">{VERIFY}</Code>
      <p>
        By hand: compare one of the signatures in <code>webhook-signature</code> (there are two while a secret
        is being replaced) in constant time, and refuse a <code>webhook-timestamp</code> that is more than
        five minutes off.
      </p>
      <Code label="What is signed">{BY_HAND}</Code>

      <Heading id="retries" level={2}>
        When it is tried again
      </Heading>
      <p>
        Answer with any 2xx within 15 seconds, and work afterwards: callbacks to endpoints whose last answers
        mostly took more than two seconds wait among each other. Anything else is tried again,{" "}
        {pausesSeconds.length + 1} times in all, after {pausesSeconds.map(duration).join(", ")}, each up to a
        fifth longer. A longer <code>Retry-After</code> of yours is honoured, up to six hours. Redirects are
        not followed. 410 ends it, and switches the endpoint off.
      </p>
      <p>
        An endpoint that took nothing for a day of tries is told of to your others by{" "}
        <code>endpoint.failing</code>, and switched off after five days. While it is off nothing is kept for
        it: read what it missed from the list of events, and switch it on again.
      </p>

      <Heading id="events" level={2}>
        Events that are called back
      </Heading>
      <dl className="codes">
        {events.map(([type, { post }]) => (
          <div key={type} id={type}>
            <dt>
              <code>{type}</code>
            </dt>
            <dd>
              <Text>{post?.summary ?? ""}</Text>{" "}
              <span className="type">With {heldIn(post?.requestBody?.content).join(", ")}.</span>
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function heldIn(
  content: NonNullable<ApiDocument["webhooks"][string][string]["requestBody"]>["content"],
): readonly string[] {
  const [media] = Object.values(content ?? {});
  return media?.schema.allOf?.flatMap((part) => part.properties?.data?.required ?? []) ?? [];
}

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  return seconds < 3_600 ? `${seconds / 60} min` : `${seconds / 3_600} h`;
}
