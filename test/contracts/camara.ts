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

export function openCarrier(): Carrier {
  const document = readDefinition(CARRIER_BILLING);
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
      const reply = await ask<unknown>(path, body, { "x-correlator": correlator, ...headers });
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
