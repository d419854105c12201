// The published definitions, wherever this machine keeps them: the environment names their folder.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { type Fields, isFields } from "./json.ts";

const folder = process.env.CONTRACTS_DIR ?? "";

/** Why a definition cannot be read, as a sentence; null when it can. */
export function whyMissing(file: string): string | null {
  if (folder === "") return "Skipped: CONTRACTS_DIR does not say where the published definitions are.";
  return existsSync(join(folder, file)) ? null : `Skipped: the folder in CONTRACTS_DIR has no ${file}.`;
}

/** A definition as data. YAML reads JSON too; its warnings are the publisher's to heed. */
export function readDefinition(file: string): Fields {
  const document: unknown = parse(readFileSync(join(folder, file), "utf8"), { logLevel: "error" });
  if (!isFields(document)) throw new Error(`${file} is no definition.`);
  return document;
}
