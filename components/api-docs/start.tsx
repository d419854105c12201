// The first page: a first call, what holds for every call, and the index of all of them.

import { type ApiDocument, slug, tagsInUse } from "./model.ts";
import { Code, Heading } from "./parts.tsx";
import { OperationIndex } from "./reference.tsx";

export interface StartPageProps {
  readonly document: ApiDocument;
  /** Scheme, host and port that the API is reached by. */
  readonly origin: string;
}

export function StartPage({ document, origin }: StartPageProps) {
  return (
    <>
      <h1>Bill people by text message</h1>
      <p className="lead">
        JSON over HTTP. Post an invoice; the payer gets a text with a link and pays on the phone bill or by
        card; you are called back.
      </p>

      <Heading id="first-call" level={2}>
        A first call
      </Heading>
      <p>
        Every example on these pages works as it stands once a shell knows the address and a key. In the
        folder where <code>npm start</code> runs, the demo’s key is at hand:
      </p>
      <Code label="Setting the address and the key">{`export API=${origin}/api/v1
export KEY=$(grep -o 'btk_test_[0-9A-Za-z]*' .billtext/demo.json)`}</Code>
      <p>Then bill the demo’s phone:</p>
      <Code label="A first invoice">{firstCall(document)}</Code>
      <p>
        The answer has the <code>id</code> and the <code>pay_url</code>. In test mode no money moves and no
        text leaves the machine.
      </p>

      <Heading id="every-call" level={2}>
        What holds for every call
      </Heading>
      <Conventions />

      <Heading id="index" level={2}>
        Every operation
      </Heading>
      {tagsInUse(document).map(({ name, description }) => (
        <section key={name}>
          <h3>
            <a href={`/docs/api/${slug(name)}`}>{name}</a>
          </h3>
          <p>{description}</p>
          <OperationIndex document={document} tag={name} base={`/docs/api/${slug(name)}`} />
        </section>
      ))}
      <p>
        For machines: the same as <a href="/api/v1/openapi.json">OpenAPI 3.1</a>.
      </p>
    </>
  );
}

function firstCall(document: ApiDocument): string {
  return document.paths["/invoices"]?.post?.["x-codeSamples"]?.[0]?.source ?? "";
}

function Conventions() {
  return (
    <>
      <h3 id="keys">Keys</h3>
      <p>
        <code>Authorization: Bearer</code> and an API key. A key is of one mode: <code>btk_test_…</code>{" "}
        reaches the sandbox, <code>btk_live_…</code> real payers, and neither sees the other’s objects. A key
        has scopes; a call beyond them is refused with <code>permission_denied</code>, which names the scope.
      </p>
      <h3 id="amounts">Amounts and times</h3>
      <p>
        Amounts are whole numbers of minor units of an ISO 4217 currency: <code>24900</code> with{" "}
        <code>NOK</code> is 249.00. Times are RFC 3339 with a zone; answers are in UTC.
      </p>
      <h3 id="bodies">Bodies</h3>
      <p>
        Strict JSON in UTF-8, up to 64 KiB. A field that is not known, a key that stands twice and a number
        with a fraction where a whole one is meant are refused, never dropped or rounded.
      </p>
      <h3 id="idempotency">Idempotency</h3>
      <p>
        What sends a text, moves money, calls you back or hands out a secret needs an{" "}
        <code>Idempotency-Key</code>: 1 to 255 printable ASCII characters, fresh for each thing that you mean
        to do. The same key at the same address with the same body gives the first answer again for 72 hours,
        with the header <code>Idempotent-Replayed: true</code>. With another body it is refused with{" "}
        <code>idempotency_key_reused</code>; while the first call still runs, with{" "}
        <code>idempotency_in_progress</code>. A refusal is never kept as the answer. After a lost answer, send
        the same again.
      </p>
      <h3 id="lists">Lists</h3>
      <p>
        Newest first, <code>limit</code> entries a page. Give <code>next_cursor</code> as <code>cursor</code>{" "}
        for the next page; it is null on the last. What happened is oldest first: an invoice’s timeline goes
        on by <code>after_sequence</code>, and the list of all events by <code>after</code>, whose{" "}
        <code>next_cursor</code> is never null, so that you can go on from it later.
      </p>
      <h3 id="rate-limits">Rate limits</h3>
      <p>
        A key has a budget of reads and one of writes each second, and so have all your keys of a mode
        together. Answers say how many calls are left: <code>RateLimit-Limit</code>,{" "}
        <code>RateLimit-Remaining</code>, <code>RateLimit-Reset</code> in seconds, and{" "}
        <code>RateLimit-Policy</code>. One too many is refused with 429 <code>rate_limited</code>, has changed
        nothing, and says in <code>Retry-After</code> when to come back.
      </p>
      <h3 id="errors">Errors</h3>
      <p>
        A refusal has a status of 400 or above and a body that says why: see{" "}
        <a href="/docs/api/errors">Errors</a>. Without an answer, or with 500 or 503, nobody knows whether it
        was done: ask again with the same <code>Idempotency-Key</code>.
      </p>
    </>
  );
}
