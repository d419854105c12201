// The API's description is valid, whole, and the same as what is served.

import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { describe, expect, it } from "vitest";
import { EVENT_CATALOGUE } from "#lib/domain/events.ts";
import { apiDescription, DESCRIPTION_PATH } from "#lib/doors/native/openapi/document.ts";
import { TAGS } from "#lib/doors/native/openapi/tags.ts";
import type { JsonSchema, OperationObject } from "#lib/doors/native/openapi/types.ts";
import { ROUTES } from "#lib/doors/native/routes.ts";
import { projectRoot } from "../../scripts/stack/paths.ts";

const description = apiDescription();
const operations: readonly OperationObject[] = Object.values(description.paths).flatMap((item) =>
  Object.values(item),
);

/** Every schema in the description, with the place it stands at. */
function* schemasIn(value: unknown, place: string): Generator<readonly [place: string, schema: JsonSchema]> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    const at = `${place}/${key}`;
    if (key === "schema" || /\/components\/schemas\/\w+$/.test(at))
      yield* withChildren(child as JsonSchema, at);
    else yield* schemasIn(child, at);
  }
}

function* withChildren(schema: JsonSchema, place: string): Generator<readonly [string, JsonSchema]> {
  yield [place, schema];
  // What narrows another schema is told of there.
  const others = [schema.items, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  const children = [
    ...Object.entries(schema.properties ?? {}),
    ...others.map((child, index) => [String(index), child] as const),
  ];
  for (const [name, child] of children)
    if (child !== undefined) yield* withChildren(child, `${place}/${name}`);
}

describe("the API's description", () => {
  it.each([
    ["EventList.next_cursor", "Never null"],
    ["InvoiceList.next_cursor", "null on the last"],
    ["CallbackEndpointList.next_cursor", "all of them are on one page"],
    ["CallbackEndpoint.description", "payers never see them"],
    ["NewCallbackEndpoint.description", "payers never see them"],
    ["InvoiceDetail.description", "as the payer reads it"],
    ["CallbackEndpoint.disabled_at", "by you or for its failures"],
    ["Resend.until", "Give it with the same filter"],
    ["Resend.has_more", "call again"],
  ])("says of %s what it means there", (field, says) => {
    const [owner = "", name = ""] = field.split(".");
    expect(description.components.schemas[owner]?.properties?.[name]?.description).toContain(says);
  });

  it("is valid OpenAPI 3.1 to a linter that is not ours", async () => {
    const config = await createConfig({
      extends: ["recommended-strict"],
      rules: {
        // Served by whoever installs it, at an address that only they know.
        "no-server-example.com": "off",
        // Callbacks to merchants answer what they like.
        "operation-4xx-response": "off",
        // The address of a licence is not needed where its identifier is given.
        "info-license-url": "off",
        // What addresses and methods that there are not answer with belongs to no operation.
        "no-unused-components": "off",
      },
    });
    const problems = await lintFromString({ source: JSON.stringify(description), config });
    expect(
      problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`),
    ).toEqual([]);
  });

  it("holds only schemas that a strict validator can compile", () => {
    const ajv = new Ajv2020({
      strict: true,
      strictRequired: false,
      allowUnionTypes: true,
      strictTypes: false,
    });
    addFormats.default(ajv);
    ajv.addVocabulary(["x-enumDescriptions"]);
    // As one schema, so that what is shared is compiled once.
    const roots = new Set([...schemasIn(description.paths, "")].map(([, schema]) => JSON.stringify(schema)));
    const { schemas } = description.components;
    const all = { $defs: schemas, anyOf: [...roots].map((text) => JSON.parse(text) as object) };
    const text = JSON.stringify(all).replaceAll('"$ref":"#/components/schemas/', '"$ref":"#/$defs/');
    expect(() => ajv.compile(JSON.parse(text) as object)).not.toThrow();
    // Those that only callbacks refer to.
    for (const name of Object.keys(schemas)) {
      expect(ajv.validateSchema({ ...(schemas[name] as object) }), name).toBe(true);
    }
  });

  it("says of every field and every parameter what it is", () => {
    const silent = [
      ...schemasIn(description.components.schemas, "/components/schemas"),
      ...schemasIn(description.paths, ""),
    ]
      .flatMap(([place, { properties = {} }]) =>
        Object.entries(properties).map(([name, field]) => [`${place}/${name}`, field] as const),
      )
      .filter(([, field]) => field.description === undefined && field.const === undefined)
      .map(([place]) => place);
    const parameters = operations
      .flatMap(({ operationId, parameters: list = [] }) =>
        list.map((parameter) => ({ operationId, parameter })),
      )
      .filter(({ parameter }) => !("$ref" in parameter) && parameter.description === "")
      .map(({ operationId, parameter }) => `${operationId} ${"name" in parameter ? parameter.name : ""}`);
    expect([...silent, ...parameters]).toEqual([]);
  });

  it("groups its operations under known nouns, and names each once", () => {
    const known: readonly string[] = TAGS.map(({ name }) => name);
    expect(operations.flatMap(({ tags }) => tags).filter((tag) => !known.includes(tag))).toEqual([]);
    const ids = operations.map(({ operationId }) => operationId);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  it("tells of every event that is called back, and of no other", () => {
    const calledBack = EVENT_CATALOGUE.filter(({ isCalledBack }) => isCalledBack).map(({ type }) => type);
    expect(Object.keys(description.webhooks)).toEqual(calledBack);
  });
});

describe("the addresses of the API", () => {
  const routeFiles = globSync("app/api/v1/**/route.ts", { cwd: projectRoot });
  const addressOf = (file: string) =>
    `/${dirname(file)
      .replace(/^app\/api\/v1\/?/, "")
      .replaceAll("[", "{")
      .replaceAll("]", "}")}`;

  it("that are built are those that are described", () => {
    expect(routeFiles.map(addressOf).sort()).toEqual(Object.keys(description.paths).sort());
  });

  it("have the methods that are described", () => {
    const described = Object.entries(description.paths).filter(([path]) => path !== DESCRIPTION_PATH);
    expect(Object.fromEntries(described.map(([path, item]) => [path, Object.keys(item).sort()]))).toEqual(
      Object.fromEntries(
        Object.entries(ROUTES).map(([path, has]) => [
          path,
          Object.keys(has)
            .map((method) => method.toLowerCase())
            .sort(),
        ]),
      ),
    );
  });

  it.each(routeFiles.filter((file) => addressOf(file) !== DESCRIPTION_PATH))("%s serves its own", (file) => {
    const served = /serveNative\("([^"]+)"\)/.exec(readFileSync(join(projectRoot, file), "utf8"))?.[1];
    expect(served).toBe(addressOf(file));
  });
});
