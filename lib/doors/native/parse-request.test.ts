import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ValidationError } from "../door.ts";
import { parseRequest } from "./parse-request.ts";

const shape = { query: z.strictObject({ limit: z.string().optional() }), doc: {} as never };

const faultsAt = (search: string) =>
  parseRequest(shape, new Request(`http://localhost/api/v1/x${search}`)).then(
    () => [],
    (error: unknown) => {
      if (error instanceof ValidationError)
        return error.faults.map(({ pointer, code }) => ({ pointer, code }));
      throw error;
    },
  );

describe("a query parameter at fault", () => {
  it("is named", async () => {
    expect(await faultsAt("?lim=1")).toEqual([{ pointer: "?lim", code: "unknown_field" }]);
    expect(await faultsAt("?limit=1&limit=2")).toEqual([{ pointer: "?limit", code: "repeated" }]);
  });

  it("is not given back whole, however long its name is", async () => {
    const long = "x".repeat(10_000);
    for (const search of [`?${long}=1`, `?${long}=1&${long}=2`]) {
      const [fault] = await faultsAt(search);
      expect(fault?.pointer).toBe(`?${"x".repeat(199)}`);
    }
  });
});
