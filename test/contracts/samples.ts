// Values made from a definition: the examples it spells out, and ones put together from its properties' examples.

import type { Definition } from "./definition.ts";
import { type Fields, fieldsOf, isFields, listOf } from "./json.ts";

export interface Example {
  readonly name: string;
  readonly schema: Fields;
  readonly value: unknown;
}

/** Every example that stands beside a schema, anywhere in the document. */
export function examplesOf(node: unknown): Example[] {
  if (Array.isArray(node)) return node.flatMap(examplesOf);
  if (!isFields(node)) return [];
  const own = isFields(node.schema)
    ? Object.entries(fieldsOf(node, "examples")).map(([name, example]) => ({
        name,
        schema: fieldsOf(node, "schema"),
        value: isFields(example) ? example.value : undefined,
      }))
    : [];
  return [...own, ...Object.values(node).flatMap(examplesOf)];
}

/** A value that a schema allows. `isFull`: with all that may be left out. */
export function sampleOf(definition: Definition, schema: unknown, isFull: boolean): unknown {
  const node = definition.resolve(schema);
  if (node.example !== undefined && !isFields(node.properties)) return node.example;
  const parts = listOf(node, "allOf");
  if (parts.length > 0) {
    const samples = parts.map((part) => sampleOf(definition, part, isFull)).filter(isFields);
    return Object.assign({}, ...samples);
  }
  const enumerated = listOf(node, "enum")[0];
  if (enumerated !== undefined) return enumerated;
  if (isFields(node.properties)) {
    const required = listOf(node, "required");
    const wanted = Object.entries(node.properties).filter(([name]) => isFull || required.includes(name));
    return Object.fromEntries(wanted.map(([name, one]) => [name, sampleOf(definition, one, isFull)]));
  }
  if (node.type === "array") return [sampleOf(definition, node.items, isFull)];
  if (node.type === "boolean") return node.default ?? false;
  if (node.type === "number" || node.type === "integer") return node.minimum ?? 1;
  if (node.type === "object") return {};
  return node.format === "date-time" ? "2026-01-31T23:59:59.999+01:00" : "text";
}
