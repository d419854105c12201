import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { listDeliveriesQuery, listEventsQuery } from "#lib/doors/native/callback-schemas.ts";
import { createInvoiceBody, listInvoicesQuery, listPaymentsQuery } from "#lib/doors/native/schemas.ts";
import { withApiTables } from "../../scripts/docs/api.ts";
import { statesPage, withDrawings } from "../../scripts/docs/states.ts";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

it("the README draws the states as the tables have them", () => {
  expect(withDrawings(read("README.md"))).toBe(read("README.md"));
});

it("docs/states.md lists every edge as the tables have it", () => {
  expect(statesPage()).toBe(read("docs/states.md"));
});

it("docs/api.md lists every event and every error code as the code has them", () => {
  expect(withApiTables(read("docs/api.md"))).toBe(read("docs/api.md"));
});

it("the invoice with every field in docs/api.md is one, and has every field", () => {
  const example: unknown = JSON.parse(/```json\n([\s\S]*?)```/.exec(read("docs/api.md"))?.[1] ?? "");
  expect(createInvoiceBody.safeParse(example).error).toBeUndefined();
  expect(Object.keys(example as object)).toEqual(
    expect.arrayContaining(Object.keys(createInvoiceBody.shape)),
  );
});

it("docs/api.md names every filter of the lists", () => {
  const page = read("docs/api.md");
  for (const query of [listInvoicesQuery, listPaymentsQuery, listDeliveriesQuery, listEventsQuery]) {
    for (const name of Object.keys(query.shape)) expect(page, name).toContain(`\`${name}\``);
  }
});
