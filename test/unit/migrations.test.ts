import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { generateDrizzleJson, generateMigration } from "drizzle-kit/api";
import { expect, it } from "vitest";
import config from "../../drizzle.config.ts";
import { projectRoot } from "../../scripts/stack/paths.ts";

it("the migrations make exactly the schema that the code declares", async () => {
  const folder = join(projectRoot, "db/migrations/meta");
  const newest = readdirSync(folder)
    .filter((name) => name.endsWith("_snapshot.json"))
    .sort()
    .at(-1);
  const made = JSON.parse(readFileSync(join(folder, newest ?? ""), "utf8"));
  const files = config.schema as string[];
  expect(files.map((file) => file.split("/").at(-1)).sort()).toEqual(
    readdirSync(join(projectRoot, "db/schema"))
      .filter((name) => name !== "columns.ts")
      .sort(),
  );
  const modules = await Promise.all(files.map((file) => import(join(projectRoot, file))));
  const declared = generateDrizzleJson(Object.assign({}, ...modules), made.id);
  expect(await generateMigration(made, declared)).toEqual([]);
});
