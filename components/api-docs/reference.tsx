// Pages made of the description alone: the operations on one noun, the shared objects, the errors.

import { Fields } from "./fields.tsx";
import { type ApiDocument, codesOf, meaningOf, operationsOf, type Schema } from "./model.ts";
import { OperationSection } from "./operation.tsx";
import { Address, Heading, Paragraph, Text } from "./parts.tsx";

interface Props {
  readonly document: ApiDocument;
}

export function TagPage({ document, tag }: Props & { readonly tag: string }) {
  const operations = operationsOf(document, tag);
  const description = document.tags.find(({ name }) => name === tag)?.description ?? "";
  return (
    <>
      <h1>{tag}</h1>
      <p className="lead">{description}</p>
      <OperationIndex document={document} tag={tag} base="" />
      {operations.map((placed) => (
        <OperationSection key={placed.operation.operationId} document={document} {...placed} />
      ))}
    </>
  );
}

/** Links to the operations on one noun. `base` is the page they are on. */
export function OperationIndex({
  document,
  tag,
  base,
}: Props & { readonly tag: string; readonly base: string }) {
  return (
    <ul className="index">
      {operationsOf(document, tag).map(({ method, path, operation }) => (
        <li key={operation.operationId}>
          <a href={`${base}#${operation.operationId}`}>{operation.summary}</a>
          <Address method={method} path={path} />
        </li>
      ))}
    </ul>
  );
}

export function ObjectsPage({ document }: Props) {
  const objects = Object.entries(document.components.schemas);
  return (
    <>
      <h1>Objects</h1>
      <p className="lead">
        What answers and callbacks are made of. Fields may be added; none is taken away, and none changes its
        meaning.
      </p>
      <ul className="names">
        {objects.map(([name]) => (
          <li key={name}>
            <a href={`#${name}`}>{name}</a>
          </li>
        ))}
      </ul>
      {objects.map(([name, schema]) => (
        <section key={name} aria-labelledby={name}>
          <Heading id={name} level={2}>
            {name}
          </Heading>
          {schema.description !== undefined && <Paragraph>{schema.description}</Paragraph>}
          <ObjectBody schema={schema} />
        </section>
      ))}
    </>
  );
}

function ObjectBody({ schema }: { readonly schema: Schema }) {
  if (schema.properties !== undefined) return <Fields schema={schema} isSent={false} />;
  return (
    <p className="words">
      {(schema.enum ?? []).map((word) => (
        <span key={String(word)}>
          <code>{String(word)}</code>{" "}
        </span>
      ))}
    </p>
  );
}

export function ErrorsPage({ document }: Props) {
  const everywhere = Object.values(document.components.responses);
  const common = new Set(everywhere.flatMap(codesOf));
  const others = Object.values(document.paths)
    .flatMap((item) => Object.values(item))
    .flatMap(({ responses }) => Object.entries(responses))
    .flatMap(([status, content]) => codesOf(content).map((code) => ({ status: Number(status), code })))
    .filter(({ code }) => !common.has(code));
  const own = [...new Map(others.map((refusal) => [refusal.code, refusal])).values()];
  return (
    <>
      <h1>Errors</h1>
      <p className="lead">
        Every refusal is a problem (RFC 9457) with a stable <code>code</code>: build on that. What is wrong
        with fields stands in <code>errors</code>, each with a JSON pointer.
      </p>
      <p>
        The <code>request_id</code> is in the log, and in the header <code>X-Request-Id</code>.
      </p>
      <Heading id="every-call" level={2}>
        What every call can be refused with
      </Heading>
      <Codes
        document={document}
        refusals={everywhere.flatMap((content) =>
          codesOf(content).map((code) => ({ status: statusOf(content), code })),
        )}
      />
      <Heading id="some-calls" level={2}>
        What some calls can be refused with
      </Heading>
      <Codes document={document} refusals={own} />
      <Heading id="field-codes" level={2}>
        What can be wrong with a field
      </Heading>
      <p>
        The <code>code</code> of an entry in <code>errors</code> is one of the codes above, or one of these:
      </p>
      <p className="words">
        {(document.components.schemas.Fault?.properties?.code?.enum ?? [])
          .map(String)
          .filter((code) => meaningOf(document, code) === "")
          .map((code) => (
            <span key={code}>
              <code>{code}</code>{" "}
            </span>
          ))}
      </p>
    </>
  );
}

/** The status that a shared refusal is bound to. */
function statusOf({ content = {} }: ApiDocument["components"]["responses"][string]): number {
  const [media] = Object.values(content);
  return Number(
    media?.schema.allOf?.find((part) => part.properties?.status !== undefined)?.properties?.status?.const,
  );
}

function Codes({
  document,
  refusals,
}: Props & { readonly refusals: readonly { readonly status: number; readonly code: string }[] }) {
  return (
    <dl className="codes">
      {[...refusals]
        .sort((a, b) => a.status - b.status)
        .map(({ status, code }) => (
          <div key={code} id={code}>
            <dt>
              <b>{status}</b> <code>{code}</code>
            </dt>
            <dd>
              <Text>{meaningOf(document, code)}</Text>
            </dd>
          </div>
        ))}
    </dl>
  );
}
