// The schemas that validate, as JSON Schema: what has an id becomes a component, and every field gets its note.

import { z } from "zod";
import { fieldNote } from "./field-notes.ts";
import type { JsonSchema } from "./types.ts";

type Draft = { -readonly [K in keyof JsonSchema]: JsonSchema[K] } & { [keyword: string]: unknown };

const DEFINITION = "#/$defs/";
export const COMPONENT = "#/components/schemas/";

/** Converts schemas and collects the components that they refer to. */
export class SchemaCollection {
  readonly #components = new Map<string, JsonSchema>();

  /** Sorted by name. */
  components(): Record<string, JsonSchema> {
    return Object.fromEntries([...this.#components].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /**
   * @param io     what a caller writes, or what we answer
   * @param owner  whose fields these are, where a field's note differs from the one of its name
   */
  convert(schema: z.ZodType, io: "input" | "output", owner: string): JsonSchema {
    // Inside another schema one with an id is referred to; at the root it would be written out.
    const converted = z.toJSONSchema(z.object({ root: schema }), {
      target: "draft-2020-12",
      io,
      unrepresentable: "any",
      override: ({ zodSchema, jsonSchema }) => {
        const draft = jsonSchema as Draft;
        withoutNoise(draft);
        const { def } = zodSchema._zod;
        if (def.type === "default" && io === "input") draft.default = def.defaultValue;
      },
    });
    const { properties, $defs = {} } = converted as unknown as {
      readonly properties: { readonly root: JsonSchema };
      readonly $defs?: Readonly<Record<string, JsonSchema>>;
    };
    for (const [name, definition] of Object.entries($defs)) this.#add(name, tidy(definition, io, name));
    return tidy(properties.root, io, owner);
  }

  #add(name: string, schema: JsonSchema): void {
    const known = this.#components.get(name);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(schema)) {
      throw new Error(`Two schemas are named ${name}.`);
    }
    this.#components.set(name, schema);
  }
}

/** Patterns that only spell out a format, the bounds of every whole number, and the library's own names. */
function withoutNoise(schema: Draft): void {
  delete schema.id;
  if (schema.format !== undefined || schema.type === "integer" || schema.type === "number") {
    delete schema.pattern;
  }
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
}

function tidy(schema: JsonSchema, io: "input" | "output", owner: string): JsonSchema {
  const draft: Draft = { ...schema };
  if (draft.$ref !== undefined) draft.$ref = draft.$ref.replace(DEFINITION, COMPONENT);
  // Answers may gain fields; what is sent to us may not have any that we do not know.
  if (io === "output" && draft.additionalProperties === false) delete draft.additionalProperties;
  if (draft.properties !== undefined) draft.properties = withNotes(draft.properties, io, owner);
  if (draft.items !== undefined) draft.items = tidy(draft.items, io, owner);
  if (typeof draft.additionalProperties === "object") {
    draft.additionalProperties = tidy(draft.additionalProperties, io, owner);
  }
  for (const keyword of ["anyOf", "oneOf", "allOf"] as const) {
    const members = draft[keyword];
    if (members !== undefined) draft[keyword] = members.map((member) => tidy(member, io, owner));
  }
  return joinNull(draft);
}

function withNotes(
  properties: Readonly<Record<string, JsonSchema>>,
  io: "input" | "output",
  owner: string,
): Record<string, JsonSchema> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => {
      const tidied = tidy(schema, io, `${owner}.${name}`);
      const note = fieldNote(owner, name);
      // Above what it says of itself, since this place may say more.
      return [name, note === null ? tidied : { ...tidied, description: note }];
    }),
  );
}

/** "This or null" of a plain schema in one: `type: ["string", "null"]`. */
function joinNull(schema: Draft): JsonSchema {
  const [first, second, ...more] = schema.anyOf ?? [];
  if (first === undefined || second?.type !== "null" || more.length > 0) return schema;
  if (typeof first.type !== "string" || first.anyOf !== undefined) return schema;
  const { anyOf: _joined, ...rest } = schema;
  return {
    ...first,
    ...rest,
    type: [first.type, "null"],
    ...(first.enum === undefined ? {} : { enum: [...first.enum, null] }),
  };
}
