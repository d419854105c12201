// Holds every answer that a test gets against the API's description, as the system under test serves it: an answer
// that it does not promise fails the test that got it. Schemas are closed first, so that a field which is not
// described is a fault too.

import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

interface Schema {
  readonly [keyword: string]: unknown;
}
interface Media {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
  readonly $ref?: string;
}
export interface DescribedOperation {
  readonly operationId: string;
  readonly parameters?: readonly {
    readonly $ref?: string;
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly schema: Schema;
  }[];
  readonly requestBody?: Media & { readonly required: boolean };
  readonly responses: Readonly<Record<string, Media>>;
  readonly security?: readonly object[];
}
export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly webhooks: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly responses: Readonly<Record<string, Media>>;
  };
}

/** One answer as it came over the wire. */
export interface SeenAnswer {
  readonly method: string;
  /** Below `/api/v1`; a query does not matter. */
  readonly path: string;
  readonly status: number;
  readonly contentType: string | null;
  readonly requestId: string | null;
  readonly text: string;
}

const DOCUMENT = "openapi";

export class Description {
  readonly document: ApiDocument;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });
  readonly #compiled = new Map<Schema, ValidateFunction>();

  constructor(document: ApiDocument) {
    this.document = close(document) as ApiDocument;
    addFormats.default(this.#ajv);
    this.#ajv.addSchema({ $id: DOCUMENT, components: this.document.components }, DOCUMENT);
  }

  /** The operation that an address leads to; null where the description has none. */
  find(
    method: string,
    path: string,
  ): { readonly path: string; readonly operation: DescribedOperation } | null {
    const template = this.#template(path);
    // HEAD is answered as GET is.
    const name = method === "HEAD" ? "get" : method.toLowerCase();
    const operation = template === null ? undefined : this.document.paths[template]?.[name];
    return template === null || operation === undefined ? null : { path: template, operation };
  }

  /**
   * Throws with what is wrong where the description does not promise this answer. Returns the operation's id and
   * the status, or null for an address or method that there is not.
   */
  check(answer: SeenAnswer): string | null {
    const { method, path, status, contentType, text } = answer;
    const found = this.find(method, path);
    const { responses } = this.document.components;
    // The key is asked for before the method is looked at.
    const unknown =
      this.#template(path) === null
        ? [responses.NotFound]
        : [responses.MethodNotAllowed, responses.NotAuthenticated, responses.TooManyRequests];
    const promised = (found === null ? unknown : [found.operation.responses[String(status)]]).flatMap(
      (media) => (media === undefined ? [] : [this.#resolve(media)]),
    );
    const place = `${method} ${path} answered ${status}`;
    if (promised.length === 0) throw new Error(`${place}, which is not described: ${text.slice(0, 500)}`);
    if (answer.requestId === null && found?.operation.security === undefined)
      throw new Error(`${place} without an X-Request-Id.`);
    if (method !== "HEAD" && status !== 304) {
      const faults = promised.map((media) => this.#faultsOf(media, contentType, text));
      if (faults.every((fault) => fault !== null))
        throw new Error(`${place}, not as described: ${faults.join("; or ")}\n${text.slice(0, 2_000)}`);
    }
    return found === null ? null : `${found.operation.operationId} ${status}`;
  }

  /** Throws where a callback's body is not as the description has it. */
  checkCallback(body: unknown): void {
    const type = (body as { readonly type?: unknown } | null)?.type;
    const media = this.document.webhooks[String(type)]?.post?.requestBody;
    if (media === undefined)
      throw new Error(`A callback came that is not described: ${JSON.stringify(body)}`);
    const fault = this.#faultsOf(media, "application/json", JSON.stringify(body));
    if (fault !== null) throw new Error(`The callback ${String(type)} is not as described: ${fault}`);
  }

  /** Null where the body is as promised. */
  #faultsOf(media: Media, contentType: string | null, text: string): string | null {
    const type = contentType?.split(";")[0]?.trim() ?? "";
    const schema = media.content?.[type]?.schema;
    if (schema === undefined) return `the type ${contentType}`;
    const validate = this.#compile(schema);
    if (validate(parse(text))) return null;
    return (validate.errors ?? [])
      .map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`)
      .join(", ");
  }

  #compile(schema: Schema): ValidateFunction {
    const known = this.#compiled.get(schema);
    if (known !== undefined) return known;
    const absolute = JSON.stringify(schema).replaceAll('"$ref":"#', `"$ref":"${DOCUMENT}#`);
    const validate = this.#ajv.compile(JSON.parse(absolute) as object);
    this.#compiled.set(schema, validate);
    return validate;
  }

  #template(path: string): string | null {
    const parts = pathOf(path);
    const fitting = Object.keys(this.document.paths).filter((template) => {
      const wanted = template.split("/");
      return (
        wanted.length === parts.length &&
        wanted.every((part, index) => part === parts[index] || part.startsWith("{"))
      );
    });
    // A name of its own goes before a placeholder.
    return fitting.sort((a, b) => a.split("{").length - b.split("{").length)[0] ?? null;
  }

  #resolve(media: Media): Media {
    const name = media.$ref?.replace("#/components/responses/", "");
    return name === undefined ? media : (this.document.components.responses[name] ?? media);
  }
}

function pathOf(path: string): string[] {
  return path
    .replace(/[?#].*$/, "")
    .replace(/\/$/, "")
    .split("/");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The same document, every object without fields that it does not name. */
function close(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(close);
  if (typeof value !== "object" || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, child]) => [key, close(child)]));
  const isOpen = copy.type === "object" && "properties" in copy && !("additionalProperties" in copy);
  return isOpen ? { ...copy, additionalProperties: false } : copy;
}

const descriptions = new Map<string, Promise<Description>>();

/** The description that the system at an address serves; asked for once. */
export function descriptionOf(baseUrl: string): Promise<Description> {
  const known = descriptions.get(baseUrl);
  if (known !== undefined) return known;
  const asked = fetch(`${baseUrl}/api/v1/openapi.json`).then(
    async (response) => new Description((await response.json()) as ApiDocument),
  );
  descriptions.set(baseUrl, asked);
  return asked;
}
