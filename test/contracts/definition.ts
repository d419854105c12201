// A published OpenAPI definition, asked about requests and answers that really went over the wire.

import { type Fields, fieldsOf, isFields, listOf } from "./json.ts";
import { openSchemas, type SchemaOptions } from "./schema.ts";

export interface Operation {
  readonly name: string;
  readonly node: Fields;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON, or null where there is none. */
  readonly body: unknown;
}

export interface Definition {
  /** By method and path, which may stand behind a prefix of the server's own. */
  operation(method: string, path: string): Operation;
  operations(): readonly Operation[];
  /** The schema of a request body or of an answer; null where the definition has no body there. */
  requestSchema(operation: Operation): Fields | null;
  answerSchema(operation: Operation, status: number | string): Fields | null;
  /** The statuses that an operation lists. */
  statuses(operation: Operation): readonly string[];
  faults(schema: Fields, value: unknown): string[];
  /** Faults of a query by the operation's parameters; one that it does not list is a fault too. */
  queryFaults(operation: Operation, query: URLSearchParams): string[];
  /** Faults of an answer's body and headers by its operation and status. */
  answerFaults(operation: Operation, reply: Reply): string[];
  /** Follows a `$ref` to anywhere in the document. */
  resolve(node: unknown): Fields;
}

const parameters = ({ name }: Operation) => name.split("{").length;

const METHODS = ["get", "post", "put", "patch", "delete"];

export function openDefinition(document: Fields, options: SchemaOptions = {}): Definition {
  const faults = openSchemas(document, options);
  const operations = Object.entries(fieldsOf(document, "paths")).flatMap(([path, item]) =>
    METHODS.filter((method) => isFields(item) && method in item).map((method) => ({
      name: `${method.toUpperCase()} ${path}`,
      node: fieldsOf(item, method),
    })),
  );

  function resolve(node: unknown): Fields {
    if (!isFields(node)) return {};
    if (typeof node.$ref !== "string") return node;
    const names = node.$ref.slice(2).split("/");
    return resolve(
      names.reduce<Fields>(
        (at, name) => fieldsOf(at, name.replaceAll("~1", "/").replaceAll("~0", "~")),
        document,
      ),
    );
  }

  const schemaIn = (holder: Fields): Fields | null => {
    const content = Object.values(fieldsOf(holder, "content"))[0];
    return isFields(content) && isFields(content.schema) ? content.schema : null;
  };
  const answer = (operation: Operation, status: number | string) =>
    resolve(fieldsOf(operation.node, "responses")[String(status)]);

  const self: Definition = {
    operation(method, path) {
      const matching = operations.filter(({ name }) => {
        const [, template = ""] = name.split(" ");
        const pattern = template
          .split(/\{\w+\}/)
          .map((text) => text.replace(/[.\\]/g, "\\$&"))
          .join("[^/]+");
        return name.startsWith(`${method} `) && new RegExp(`(^|/v[\\d.]+)${pattern}$`).test(path);
      });
      // A path that is spelled out comes before one with a parameter in its place.
      const [found] = matching.sort((left, right) => parameters(left) - parameters(right));
      if (found === undefined) throw new Error(`The definition has no ${method} ${path}.`);
      return found;
    },
    operations: () => operations,
    requestSchema: ({ node }) => schemaIn(resolve(node.requestBody)),
    answerSchema: (operation, status) => schemaIn(answer(operation, status)),
    statuses: ({ node }) => Object.keys(fieldsOf(node, "responses")),
    faults,
    queryFaults(operation, query) {
      const parameters = listOf(operation.node, "parameters").map(resolve);
      return [...new Set(query.keys())].flatMap((name) => {
        const known = parameters.find((one) => one.in === "query" && one.name === name);
        if (known === undefined) return [`${name} is no parameter of ${operation.name}`];
        const schema = resolve(known.schema);
        const value = schema.type === "array" ? query.getAll(name) : fromText(query.get(name) ?? "", schema);
        return faults(schema, value).map((fault) => `${name}: ${fault}`);
      });
    },
    answerFaults(operation, { status, headers, body }) {
      const response = fieldsOf(operation.node, "responses")[String(status)];
      if (response === undefined) return [`${operation.name} has no answer ${status}`];
      const schema = self.answerSchema(operation, status);
      const inBody =
        schema === null
          ? body === null
            ? []
            : ["there is a body where none belongs"]
          : faults(schema, body);
      const inHeaders = Object.entries(fieldsOf(resolve(response), "headers")).flatMap(([name, header]) => {
        const value = headers.get(name);
        const wanted = resolve(resolve(header).schema);
        return value === null ? [] : faults(wanted, fromText(value, wanted)).map((one) => `${name}: ${one}`);
      });
      return [...inBody, ...inHeaders];
    },
    resolve,
  };
  return self;
}

/** A query's or header's text as the value that the schema is about. */
function fromText(text: string, schema: Fields): unknown {
  const isNumber = schema.type === "integer" || schema.type === "number";
  return isNumber && text.trim() !== "" ? Number(text) : text;
}
