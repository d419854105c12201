// The callbacks that merchants receive, one for each event that is called back.

import { EVENT_CATALOGUE, type EventType } from "#lib/domain/events.ts";
import { COMPONENT } from "./schemas.ts";
import type { JsonSchema, Parameter, PathItem } from "./types.ts";

/** Which objects an event of each kind holds besides what it may hold. */
const HOLDS: Readonly<Record<string, readonly string[]>> = {
  invoice: ["invoice"],
  payment: ["invoice", "payment"],
  refund: ["invoice", "payment", "refund"],
  dispute: ["invoice", "payment", "dispute"],
  sms: ["invoice", "sms"],
  endpoint: ["endpoint"],
};

/** What `data` of an event surely holds. */
export function heldBy(type: EventType): readonly string[] {
  const held = HOLDS[type.slice(0, type.indexOf("."))];
  if (held === undefined) throw new Error(`Nothing is known of what ${type} holds.`);
  return held;
}

const header = (name: string, description: string, example: string): Parameter => ({
  name,
  in: "header",
  required: true,
  description,
  schema: { type: "string", examples: [example] },
});

const SIGNATURE: readonly Parameter[] = [
  header("webhook-id", "The event's id; the same for every try.", "evt_0F9x2bQk7LmN4pRsT6uVwX"),
  header("webhook-timestamp", "When this try was signed, in seconds since 1970.", "1794312000"),
  header(
    "webhook-signature",
    "One or more signatures with a space between: `v1,` and HMAC-SHA256 in base64 of `id.timestamp.body`.",
    "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
  ),
];

function holding(names: readonly string[]): JsonSchema {
  return { required: names, properties: Object.fromEntries(names.map((name) => [name, {}])) };
}

export function webhooks(): Record<string, PathItem> {
  return Object.fromEntries(
    EVENT_CATALOGUE.filter((kind) => kind.isCalledBack).map(({ type, note }) => [
      type,
      {
        post: {
          operationId: `on${type.replaceAll(/(?:^|[._])(\w)/g, (_, letter: string) => letter.toUpperCase())}`,
          tags: ["Callbacks"],
          summary: note,
          parameters: SIGNATURE,
          requestBody: {
            required: true,
            content: {
              "application/json": {
                schema: {
                  allOf: [
                    { $ref: `${COMPONENT}Event` },
                    { properties: { type: { const: type }, data: holding(heldBy(type)) } },
                  ],
                },
              },
            },
          },
          responses: {
            "2XX": {
              description: "Taken. Anything else is tried again, 11 times in all over about 76 hours.",
            },
            "410": { description: "No longer wanted: a stored endpoint is switched off." },
          },
          security: [],
        },
      },
    ]),
  );
}
