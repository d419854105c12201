// Builds each set of pages' style into a module: the text to inline, and its hash for the pages' policy.

import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import tailwind from "@tailwindcss/postcss";
import postcss from "postcss";

const STYLES = [
  { folder: "payer", file: "payer.css", name: "PAYER_STYLE" },
  { folder: "api-docs", file: "docs.css", name: "API_DOCS_STYLE" },
] as const;

for (const { folder, file, name } of STYLES) {
  const at = (leaf: string) => fileURLToPath(new URL(`../components/${folder}/${leaf}`, import.meta.url));
  const input = await readFile(at(file), "utf8");
  const { css } = await postcss([tailwind({ optimize: { minify: true } })]).process(input, {
    from: at(file),
  });
  const style = css.trim();
  const hash = createHash("sha256").update(style).digest("base64");
  await writeFile(
    at("styles.generated.ts"),
    [
      `// Built from ${file} by scripts/build-css.ts.`,
      "",
      `export const ${name} = ${JSON.stringify(style)};`,
      "",
      "/** For `style-src` of the pages' policy. */",
      `export const ${name}_HASH = "sha256-${hash}";`,
      "",
    ].join("\n"),
  );
}
