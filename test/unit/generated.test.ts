import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { statesPage, withDrawings } from "../../scripts/docs/states.ts";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

it("the README draws the states as the tables have them", () => {
  expect(withDrawings(read("README.md"))).toBe(read("README.md"));
});

it("docs/states.md lists every edge as the tables have it", () => {
  expect(statesPage()).toBe(read("docs/states.md"));
});
