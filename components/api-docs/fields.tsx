// Fields of an object, each with its name, its type, whether it is needed, and what it means.

import type { ReactNode } from "react";
import { referredName, type Schema } from "./model.ts";
import { Text } from "./parts.tsx";

/** Where the shared objects stand. */
const OBJECTS = "/docs/api/objects";

export interface FieldsProps {
  readonly schema: Schema;
  /** What is sent says what is required; what is answered says what may be missing. */
  readonly isSent: boolean;
}

export function Fields({ schema, isSent }: FieldsProps) {
  const { properties = {}, required = [] } = schema;
  return (
    <dl className="fields">
      {Object.entries(properties).map(([name, field]) => (
        <Field key={name} name={name} schema={field} isRequired={required.includes(name)} isSent={isSent} />
      ))}
    </dl>
  );
}

export interface FieldProps extends FieldsProps {
  readonly name: string;
  readonly isRequired: boolean;
}

export function Field({ name, schema, isRequired, isSent }: FieldProps) {
  const nested = nestedIn(schema);
  const note = isSent && isRequired ? "required" : !isSent && !isRequired ? "may be missing" : null;
  return (
    <div className="field">
      <dt>
        <code className="name">{name}</code> <span className="type">{typeOf(schema)}</span>
        {note !== null && <span className={isSent ? "required" : "type"}> {note}</span>}
      </dt>
      <dd>
        {schema.description !== undefined && (
          <p>
            <Text>{schema.description}</Text>
          </p>
        )}
        <Facts schema={schema} isSent={isSent} />
        {nested !== null && <Fields schema={nested} isSent={isSent} />}
      </dd>
    </div>
  );
}

/** The object whose fields are told of below the field that holds it. */
function nestedIn(schema: Schema): Schema | null {
  if (schema.properties !== undefined) return schema;
  if (schema.items !== undefined) return nestedIn(schema.items);
  const inner = schema.anyOf?.find((form) => form.properties !== undefined);
  return inner ?? null;
}

function typeOf(schema: Schema): ReactNode {
  if (schema.$ref !== undefined) return <ObjectLink name={referredName(schema.$ref)} />;
  if (schema.const !== undefined) return <code>{JSON.stringify(schema.const)}</code>;
  if (schema.items !== undefined) return <>list of {typeOf(schema.items)}</>;
  const forms = schema.anyOf ?? schema.oneOf;
  if (forms !== undefined)
    return joined(forms.map((form) => ({ key: JSON.stringify(form), node: typeOf(form) })));
  const types = typeof schema.type === "string" ? [schema.type] : (schema.type ?? ["value"]);
  return types.map((type) => nameOfType(type, schema.format)).join(" or ");
}

function joined(nodes: readonly { readonly key: string; readonly node: ReactNode }[]): ReactNode {
  return nodes.map(({ key, node }, index) => (
    <span key={key}>
      {index > 0 && " or "}
      {node}
    </span>
  ));
}

function nameOfType(type: string, format: string | undefined): string {
  if (type === "string" && format !== undefined) return FORMATS[format] ?? "text";
  return TYPES[type] ?? type;
}

const TYPES: Readonly<Record<string, string>> = {
  string: "text",
  integer: "whole number",
  number: "number",
  boolean: "true or false",
  array: "list",
  object: "object",
  null: "null",
};
const FORMATS: Readonly<Record<string, string>> = {
  "date-time": "time",
  uri: "web address",
  email: "e-mail address",
};

export function ObjectLink({ name }: { readonly name: string }) {
  return <a href={`${OBJECTS}#${name}`}>{name}</a>;
}

/** The words that it may be, its bounds, and what it is when it is left out. */
function Facts({ schema, isSent }: FieldsProps) {
  const words = wordsOf(schema);
  const facts = isSent ? boundsOf(schema) : [];
  if (words.length === 0 && facts.length === 0) return null;
  return (
    <p className="facts">
      {words.length > 0 && (
        <>
          One of{" "}
          {words.map((word, index) => (
            <span key={word}>
              {index > 0 && ", "}
              <code>{word}</code>
            </span>
          ))}
          .{" "}
        </>
      )}
      {facts.join(" ")}
    </p>
  );
}

function wordsOf(schema: Schema): string[] {
  const listed = schema.enum ?? schema.items?.enum ?? [];
  return listed.filter((word) => word !== null).map(String);
}

function boundsOf({ type, minimum, maximum, maxLength, maxItems, default: fallback }: Schema): string[] {
  const isNumber = type === "integer" || type === "number";
  const plain = typeof fallback === "object" || fallback === undefined ? null : JSON.stringify(fallback);
  return [
    ...(isNumber && minimum !== undefined && maximum !== undefined ? [`From ${minimum} to ${maximum}.`] : []),
    ...(maxLength === undefined ? [] : [`At most ${maxLength} characters.`]),
    ...(maxItems === undefined ? [] : [`At most ${maxItems}.`]),
    ...(plain === null ? [] : [`Else ${plain}.`]),
  ];
}
