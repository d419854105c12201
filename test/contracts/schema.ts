// OpenAPI 3.0 schemas as JSON Schema 2019-09, which a validator can run.
//
// Two things differ from a plain reading. A `discriminator` becomes the rule that it states: the named value picks
// the schema. And where a schema is used, properties that it does not name are faults: JSON Schema would let a
// misspelled optional property pass unseen.

import { Ajv2019, type ValidateFunction } from "ajv/dist/2019.js";
import addFormats from "ajv-formats";
import { type Fields, fieldsOf, isFields, listOf } from "./json.ts";

const COMPONENTS = "components";
const COMBINERS = ["allOf", "anyOf", "oneOf"];

export interface SchemaOptions {
  /** Formats to read otherwise than their names say. */
  readonly formats?: Readonly<Record<string, true | RegExp>>;
}

/** Finds faults of a value by a schema of the document; none where it holds. */
export type FindFaults = (schema: Fields, value: unknown) => string[];

export function openSchemas(document: Fields, { formats = {} }: SchemaOptions = {}): FindFaults {
  // Strict mode refuses the words that OpenAPI adds. Steps of 0.001 need a tolerance: 19.99 is no exact double.
  const ajv = new Ajv2019({ strict: false, allErrors: true, multipleOfPrecision: 6, validateSchema: false });
  addFormats.default(ajv);
  for (const [name, format] of Object.entries(formats)) ajv.addFormat(name, format);
  const schemas = fieldsOf(fieldsOf(document, "components"), "schemas");
  ajv.addSchema({ $id: COMPONENTS, schemas: mapValues(schemas, (schema) => convert(schema, false)) });

  const compiled = new Map<Fields, ValidateFunction>();
  return (schema, value) => {
    const validate = compiled.get(schema) ?? ajv.compile(fieldsOf({ it: convert(schema, true) }, "it"));
    compiled.set(schema, validate);
    validate(value);
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath || "/"} ${message} ${JSON.stringify(params)}`,
    );
  };

  /** `isUse`: the schema stands for a whole value, not for a part of another schema. */
  function convert(schema: unknown, isUse: boolean): unknown {
    if (!isFields(schema)) return schema;
    const { discriminator: _, $ref, properties, items, ...rest } = schema;
    const converted: Record<string, unknown> = { ...rest };
    if (typeof $ref === "string") converted.$ref = refOf($ref);
    if (isFields(properties)) converted.properties = mapValues(properties, (one) => convert(one, true));
    if (items !== undefined) converted.items = convert(items, true);
    for (const name of COMBINERS) {
      const parts = listOf(schema, name);
      if (parts.length > 0) converted[name] = parts.map((part) => convert(part, false));
    }
    if (!isUse) return converted;
    converted.allOf = [...listOf(converted, "allOf"), ...choices(schema)];
    return namesProperties(schema) ? { ...converted, unevaluatedProperties: false } : converted;
  }

  function target($ref: unknown): Fields {
    const name = typeof $ref === "string" ? $ref.replace(/^#\/components\/schemas\//, "") : "";
    return fieldsOf(schemas, name);
  }

  /** The schema with those it refers to or is put together from. */
  function withParts(schema: unknown): Fields[] {
    if (!isFields(schema)) return [];
    const referred = "$ref" in schema ? withParts(target(schema.$ref)) : [];
    return [schema, ...referred, ...COMBINERS.flatMap((name) => listOf(schema, name).flatMap(withParts))];
  }

  /** A free object, whose properties nobody names, stays free. */
  function namesProperties(schema: Fields): boolean {
    return withParts(schema).some((part) => isFields(part.properties));
  }

  /** What a discriminator says, as rules. */
  function choices(schema: Fields): object[] {
    return withParts(schema).flatMap((part) => {
      const { propertyName, mapping } = fieldsOf(part, "discriminator");
      if (typeof propertyName !== "string" || !isFields(mapping)) return [];
      const is = (value: object) => ({ properties: { [propertyName]: value }, required: [propertyName] });
      return [
        is({ enum: Object.keys(mapping) }),
        ...Object.entries(mapping).map(([value, $ref]) => ({
          if: is({ const: value }),
          // biome-ignore lint/suspicious/noThenProperty: JSON Schema calls it so.
          then: { $ref: refOf(String($ref)) },
        })),
      ];
    });
  }
}

const refOf = ($ref: string) => $ref.replace(/^#\/components\//, `${COMPONENTS}#/`);

function mapValues(fields: Fields, change: (value: unknown) => unknown): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, change(value)]));
}
