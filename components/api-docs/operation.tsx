// One operation: what it does, what it takes, what it answers, how it is refused, and a call to try.

import { Field, Fields, ObjectLink } from "./fields.tsx";
import {
  type ApiDocument,
  type Content,
  codesOf,
  meaningOf,
  type Parameter,
  type Placed,
  referredName,
  type Schema,
} from "./model.ts";
import { Address, Code, Heading, Paragraph, Text } from "./parts.tsx";

interface Props extends Placed {
  readonly document: ApiDocument;
}

export function OperationSection({ document, method, path, operation }: Props) {
  const { operationId, summary, description, requestBody, responses } = operation;
  const parameters = (operation.parameters ?? []).map((parameter) => resolve(document, parameter));
  const example = operation["x-codeSamples"]?.[0]?.source;
  return (
    <section className="operation" aria-labelledby={operationId}>
      <div>
        <Heading id={operationId} level={2}>
          {summary}
        </Heading>
        <p>
          <Address method={method} path={path} />
        </p>
        {description !== undefined && <Paragraph>{description}</Paragraph>}
      </div>
      {example !== undefined && (
        <div className="example">
          <h3>Try it</h3>
          <Code label={`Example: ${summary}`}>{example}</Code>
        </div>
      )}
      <div>
        <Parameters
          title="In the path"
          parameters={parameters.filter((parameter) => parameter.in === "path")}
        />
        <Parameters
          title="In the query"
          parameters={parameters.filter((parameter) => parameter.in === "query")}
        />
        <Parameters
          title="Headers"
          parameters={parameters.filter((parameter) => parameter.in === "header")}
        />
        {requestBody !== undefined && <Body content={requestBody} />}
        <Answers responses={responses} />
        <Refusals document={document} responses={responses} />
      </div>
    </section>
  );
}

function resolve(document: ApiDocument, parameter: Parameter | { readonly $ref: string }): Parameter {
  if (!("$ref" in parameter)) return parameter;
  const named = document.components.parameters[referredName(parameter.$ref)];
  if (named === undefined) throw new Error(`There is no ${parameter.$ref}.`);
  return named;
}

function Parameters({
  title,
  parameters,
}: {
  readonly title: string;
  readonly parameters: readonly Parameter[];
}) {
  if (parameters.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <dl className="fields">
        {parameters.map(({ name, required, description, schema }) => (
          <Field key={name} name={name} schema={{ ...schema, description }} isRequired={required} isSent />
        ))}
      </dl>
    </>
  );
}

function Body({ content }: { readonly content: Content }) {
  const schema = schemaOf(content);
  const forms = schema?.oneOf ?? (schema === undefined ? [] : [schema]);
  const isEmpty = forms.every(({ properties = {} }) => Object.keys(properties).length === 0);
  if (isEmpty) return null;
  return (
    <>
      <h3>{forms.length > 1 ? "Body, of one of these forms" : "Body"}</h3>
      {forms.map((form) => (
        <div key={form.title ?? "body"}>
          {form.title !== undefined && <h4>{form.title}</h4>}
          <Fields schema={form} isSent />
        </div>
      ))}
    </>
  );
}

function schemaOf({ content = {} }: Content): Schema | undefined {
  return Object.values(content)[0]?.schema;
}

function Answers({ responses }: { readonly responses: Readonly<Record<string, Content>> }) {
  const answers = Object.entries(responses).filter(([status]) => Number(status) < 400);
  return (
    <>
      <h3>Answer</h3>
      {answers.map(([status, content]) => {
        const schema = schemaOf(content);
        return (
          <div key={status}>
            <p>
              <b>{status}</b>
              {schema?.$ref !== undefined && (
                <>
                  {" with "}
                  <ObjectLink name={referredName(schema.$ref)} />
                </>
              )}
              . <Text>{content.description ?? ""}</Text>
            </p>
            {schema?.properties !== undefined && <Fields schema={schema} isSent={false} />}
          </div>
        );
      })}
    </>
  );
}

/** Those of its own; what every call can be refused with is told once. */
function Refusals({
  document,
  responses,
}: {
  readonly document: ApiDocument;
  readonly responses: Readonly<Record<string, Content>>;
}) {
  const common = new Set(Object.values(document.components.responses).flatMap(codesOf));
  const own = Object.entries(responses)
    .filter(([status]) => Number(status) >= 400)
    .flatMap(([status, content]) => codesOf(content).map((code) => ({ status, code })))
    .filter(({ code }) => !common.has(code));
  return (
    <>
      <h3>Refusals</h3>
      {own.length > 0 && (
        <dl className="codes">
          {own.map(({ status, code }) => (
            <div key={code}>
              <dt>
                <b>{status}</b> <code>{code}</code>
              </dt>
              <dd>
                <Text>{meaningOf(document, code)}</Text>
              </dd>
            </div>
          ))}
        </dl>
      )}
      <p>
        {own.length > 0 ? "And " : ""}
        <a href="/docs/api/errors#every-call">what every call can be refused with</a>.
      </p>
    </>
  );
}
