// The carrier's definition and how its tests speak with the sandbox.

import { expect } from "vitest";
import { ask } from "../../sandbox/test-carrier.ts";
import { type Definition, openDefinition, type Reply } from "./definition.ts";
import { readDefinition } from "./folder.ts";
import { type Fields, fieldsOf, isFields } from "./json.ts";

export const CARRIER_BILLING = "camara/carrier-billing.yaml";
/** The definition sends its readers here for statuses that it does not list itself. */
const CAMARA_COMMON = "camara/commonalities-CAMARA_common.yaml";
export const CARRIER_FILES = [CARRIER_BILLING, CAMARA_COMMON];
export const CARRIER_REFUND = "camara/carrier-billing-refund.yaml";
export const REFUND_FILES = [CARRIER_REFUND, CAMARA_COMMON];

/**
 * Where tests send notifications that nobody reads. The definition wants https, so what shows a sink is tested with
 * this one; nothing listens there.
 */
export const HTTPS_SINK = "https://127.0.0.1:1/sink";

export interface Carrier {
  readonly document: Fields;
  readonly definition: Definition;
  /** Asks the sandbox; fails unless the answer is one that the definition has for this request. */
  asked(path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
  /** `operation status code` of every error so far. */
  readonly seen: ReadonlySet<string>;
}

/** Speaks with the sandbox by one of the two definitions; `send` is how. */
export function openCarrier(file = CARRIER_BILLING, send: typeof ask<unknown> = ask): Carrier {
  const document = readDefinition(file);
  const definition = openDefinition(document);
  const common = readDefinition(CAMARA_COMMON);
  const commonDefinition = openDefinition(common);
  const seen = new Set<string>();

  function faultsOf(method: string, path: string, reply: Reply): string[] {
    const operation = definition.operation(method, path);
    if (definition.statuses(operation).includes(String(reply.status))) {
      return definition.answerFaults(operation, reply);
    }
    const generic = fieldsOf(fieldsOf(common, "components"), "responses")[`Generic${reply.status}`];
    const { schema } = fieldsOf(fieldsOf(commonDefinition.resolve(generic), "content"), "application/json");
    if (!isFields(schema))
      return [`${operation.name} has no answer ${reply.status}, nor has the common file`];
    return commonDefinition.faults(schema, reply.body);
  }

  return {
    document,
    definition,
    seen,
    async asked(path, body, headers = {}) {
      const method = body === undefined ? "GET" : "POST";
      const correlator = crypto.randomUUID();
      const reply = await send(path, body, { "x-correlator": correlator, ...headers });
      const templatePath = `/payments${path.replace(/\?.*$/, "")}`;
      const { code } = isFields(reply.body) ? reply.body : {};
      if (code !== undefined) {
        seen.add(`${definition.operation(method, templatePath).name} ${reply.status} ${code}`);
      }
      expect({
        faults: faultsOf(method, templatePath, reply),
        status: reply.status,
        body: reply.body,
        correlator: reply.headers.get("x-correlator"),
      }).toEqual({
        faults: [],
        status: reply.status,
        body: reply.body,
        correlator: headers["x-correlator"] ?? correlator,
      });
      return reply;
    },
  };
}

export const CONTENT_TYPE = "application/cloudevents+json";

/** The schema of the notifications that belong to an operation, by the operation itself. */
export function notificationSchema(definition: Definition, operation: string): Fields {
  const node = definition.operations().find(({ name }) => name === operation)?.node;
  const callback = Object.values(fieldsOf(fieldsOf(node, "callbacks"), "notifications"))[0];
  const content = fieldsOf(fieldsOf(fieldsOf(callback, "post"), "requestBody"), "content");
  return fieldsOf(fieldsOf(content, CONTENT_TYPE), "schema");
}
