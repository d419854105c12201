// The API's description, OpenAPI 3.1: made of the schemas that validate and the table that is served.

import { callbackBody } from "../answers/event.ts";
import { problem } from "../answers/problem.ts";
import { API_VERSION } from "../callback-view.ts";
import type { Method, Operation } from "../operation.ts";
import { ROUTES } from "../routes.ts";
import { ERROR_NOTES } from "./error-notes.ts";
import { EVERY_HEADER, HEADERS, plainRefusals, refusalAnswers } from "./problems.ts";
import { SchemaCollection } from "./schemas.ts";
import { curlFor } from "./shell.ts";
import { TAGS } from "./tags.ts";
import type {
  AnswerDescription,
  JsonSchema,
  OpenApiDocument,
  OperationObject,
  Parameter,
  PathItem,
  Reference,
  RequestBody,
} from "./types.ts";
import { webhooks } from "./webhooks.ts";

/** Where it is served, below `/api/v1`. */
export const DESCRIPTION_PATH = "/openapi.json";

let built: OpenApiDocument | null = null;

/** The same at every call, and the same text for the same code. */
export function apiDescription(): OpenApiDocument {
  built ??= build();
  return built;
}

function build(): OpenApiDocument {
  const schemas = new SchemaCollection();
  schemas.convert(callbackBody, "output", "Event");
  schemas.convert(problem, "output", "Problem");
  const paths = Object.fromEntries(
    Object.entries(ROUTES).map(([path, operations]) => [path, pathItem(schemas, path, operations)]),
  );
  return {
    openapi: "3.1.1",
    jsonSchemaDialect: "https://json-schema.org/draft/2020-12/schema",
    info: {
      title: "Billtext API",
      version: API_VERSION,
      summary: "Bill people by text message.",
      description:
        "JSON over HTTP. Amounts are whole numbers of minor units, times are RFC 3339 with a zone, and fields that are not known are refused.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/api/v1", description: "This installation" }],
    security: [{ apiKey: [] }],
    tags: tagsOf([...Object.values(paths), DESCRIPTION_ITEM, ...Object.values(webhooks())]),
    paths: { ...paths, [DESCRIPTION_PATH]: DESCRIPTION_ITEM },
    webhooks: webhooks(),
    components: {
      securitySchemes: {
        apiKey: {
          type: "http",
          scheme: "bearer",
          description: "An API key; its mode is the mode of the call.",
        },
      },
      headers: HEADERS,
      parameters: { IdempotencyKey: IDEMPOTENCY_KEY },
      responses: plainRefusals(),
      schemas: withMeanings(schemas.components()),
    },
  };
}

/** Every code of a problem with its meaning. */
function withMeanings(schemas: Readonly<Record<string, JsonSchema>>): Record<string, JsonSchema> {
  const { Problem } = schemas;
  const code = { ...Problem?.properties?.code, "x-enumDescriptions": ERROR_NOTES };
  return { ...schemas, Problem: { ...Problem, properties: { ...Problem?.properties, code } } };
}

const IDEMPOTENCY_KEY: Parameter = {
  name: "Idempotency-Key",
  in: "header",
  required: true,
  description:
    "1 to 255 printable ASCII characters, fresh for each thing that you mean to do. The same key with the same body gives the first answer again for 72 hours. A refusal is never kept as the answer.",
  schema: { type: "string", pattern: "^[\\x21-\\x7e]{1,255}$", examples: ["order-118-invoice"] },
};

const DESCRIPTION_ITEM: PathItem = {
  get: {
    operationId: "getDescription",
    tags: ["Description"],
    summary: "Read this description",
    responses: {
      "200": {
        description: "OpenAPI 3.1.",
        content: {
          "application/json": {
            schema: {
              type: "object",
              required: ["openapi"],
              properties: { openapi: { type: "string", description: "The version of OpenAPI." } },
              additionalProperties: true,
            },
          },
        },
      },
      "304": { description: "Not changed since the version that `If-None-Match` names." },
    },
    security: [],
    "x-codeSamples": [{ lang: "Shell", label: "curl", source: `curl -sS "$API${DESCRIPTION_PATH}"` }],
  },
};

/** Those in use, in the table's order. */
function tagsOf(items: readonly PathItem[]): OpenApiDocument["tags"] {
  const used = new Set(items.flatMap((item) => Object.values(item).flatMap(({ tags }) => tags)));
  const known: OpenApiDocument["tags"] = TAGS.filter(({ name }) => used.has(name));
  const others = [...used].filter((name) => known.every((tag) => tag.name !== name));
  return [...known, ...others.map((name) => ({ name, description: name }))];
}

function pathItem(
  schemas: SchemaCollection,
  path: string,
  operations: Readonly<Partial<Record<Method, Operation>>>,
): PathItem {
  return Object.fromEntries(
    Object.entries(operations).map(([method, operation]) => [
      method.toLowerCase(),
      operationObject(schemas, method, path, operation),
    ]),
  );
}

function operationObject(
  schemas: SchemaCollection,
  method: string,
  path: string,
  operation: Operation,
): OperationObject {
  const { doc, isKeyed } = operation;
  const requestBody = bodyOf(schemas, operation);
  const parameters: (Parameter | Reference)[] = [
    ...pathParameters(path),
    ...queryParameters(schemas, operation),
    ...(isKeyed ? [{ $ref: "#/components/parameters/IdempotencyKey" }] : []),
  ];
  return {
    operationId: doc.id,
    tags: [doc.tag],
    summary: doc.summary,
    ...(doc.details === undefined ? {} : { description: doc.details }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(requestBody === null ? {} : { requestBody }),
    responses: { [String(doc.status)]: answerOf(schemas, operation), ...refusalAnswers(operation) },
    "x-codeSamples": [{ lang: "Shell", label: "curl", source: curlFor(method, path) }],
  };
}

function pathParameters(path: string): Parameter[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => ({
    name,
    in: "path",
    required: true,
    description: "Its id. One that does not exist, or is not yours, is not found.",
    schema: { type: "string" },
  }));
}

function queryParameters(schemas: SchemaCollection, { doc, query }: Operation): Parameter[] {
  const { properties = {}, required = [] } = schemas.convert(query, "input", doc.id);
  return Object.entries(properties).map(([name, { description = "", ...schema }]) => ({
    name,
    in: "query",
    required: required.includes(name),
    description,
    schema,
  }));
}

function bodyOf(schemas: SchemaCollection, { doc, bodies }: Operation): RequestBody | null {
  const forms = bodies.map((body) => schemas.convert(body, "input", doc.id));
  const [first] = forms;
  if (first === undefined) return null;
  const schema: JsonSchema = forms.length === 1 ? first : { oneOf: forms };
  return {
    required: bodies.every((body) => !body.safeParse(undefined).success),
    content: { "application/json": { schema } },
  };
}

function answerOf(schemas: SchemaCollection, { doc, isKeyed }: Operation): AnswerDescription {
  return {
    description: STATUS_NOTES[doc.status],
    headers: {
      ...EVERY_HEADER,
      ...(isKeyed ? { "Idempotent-Replayed": { $ref: "#/components/headers/Idempotent-Replayed" } } : {}),
    },
    content: { "application/json": { schema: schemas.convert(doc.answer, "output", doc.id) } },
  };
}

const STATUS_NOTES = { 200: "Done.", 201: "Made.", 202: "Taken on; it is done soon." } as const;
