// Builds the payer pages' style into a module: the text to inline, and its hash for the pages' policy.

import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import tailwind from "@tailwindcss/postcss";
import postcss from "postcss";

const source = fileURLToPath(new URL("../components/payer/payer.css", import.meta.url));
const target = fileURLToPath(new URL("../components/payer/styles.generated.ts", import.meta.url));

const input = await readFile(source, "utf8");
const { css } = await postcss([tailwind({ optimize: { minify: true } })]).process(input, { from: source });
const style = css.trim();
const hash = createHash("sha256").update(style).digest("base64");
await writeFile(
  target,
  [
    "// Built from payer.css by scripts/build-css.ts.",
    "",
    `export const PAYER_STYLE = ${JSON.stringify(style)};`,
    "",
    "/** For `style-src` of the pages' policy. */",
    `export const PAYER_STYLE_HASH = "sha256-${hash}";`,
    "",
  ].join("\n"),
);
