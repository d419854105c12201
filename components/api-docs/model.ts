// As much of the API's description (OpenAPI 3.1) as the pages show. Plain data: whoever serves them hands it in.

export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly "x-enumDescriptions"?: Readonly<Record<string, string>>;
}

export interface Content {
  readonly $ref?: string;
  readonly description?: string;
  readonly required?: boolean;
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly description: string;
  readonly schema: Schema;
}

export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly (Parameter | { readonly $ref: string })[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
  readonly "x-codeSamples"?: readonly { readonly source: string }[];
}

export interface ApiDocument {
  readonly info: { readonly title: string; readonly version: string };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly webhooks: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly parameters: Readonly<Record<string, Parameter>>;
    readonly responses: Readonly<Record<string, Content>>;
    readonly schemas: Readonly<Record<string, Schema>>;
  };
}

/** An operation with where it is. */
export interface Placed {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

export function operationsOf(document: ApiDocument, tag: string): Placed[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([, operation]) => operation.tags.includes(tag))
      .map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
}

/** Tags that have operations; callbacks have a page of their own. */
export function tagsInUse(document: ApiDocument): ApiDocument["tags"] {
  return document.tags.filter(({ name }) => operationsOf(document, name).length > 0);
}

/** A name as it stands in an address. */
export function slug(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
}

/** The name that a reference leads to. */
export function referredName(ref: string): string {
  return ref.slice(ref.lastIndexOf("/") + 1);
}

/** The codes of a refusal. */
export function codesOf({ content = {} }: Content): string[] {
  return Object.values(content).flatMap(({ schema }) =>
    (schema.allOf ?? []).flatMap((part) => (part.properties?.code?.enum ?? []).map(String)),
  );
}

/** What a code means; every code of the API has a sentence. */
export function meaningOf(document: ApiDocument, code: string): string {
  return document.components.schemas.Problem?.properties?.code?.["x-enumDescriptions"]?.[code] ?? "";
}
