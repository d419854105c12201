// The auditor as a program: one line an invariant. Runs beside a system that is up, and beside one that is not.

import { parseArgs } from "node:util";
import { describeLine, runAudit } from "#lib/services/audit/run.ts";
import { Sentence } from "../stack/sentence.ts";
import { loadEnvFile, readSettings } from "../stack/settings.ts";
import { withAuditUrl } from "./database.ts";

const say = (line: string) => void process.stdout.write(`${line}\n`);

/** Prints what was found; true where everything holds. */
async function audit(url: string): Promise<boolean> {
  const startedAt = performance.now();
  const lines = await runAudit(url);
  const { values } = parseArgs({ options: { json: { type: "boolean", default: false } } });
  if (values.json) {
    say(JSON.stringify(lines));
  } else {
    for (const line of lines) say(describeLine(line));
    say("\nNot seen from the database:");
    for (const { id, unseen } of lines) if (unseen !== null) say(`${id}  ${unseen}`);
    const violations = lines.reduce((sum, line) => sum + line.violations, 0);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    say(`\n${violations === 0 ? "All of it holds" : `${violations} violations`}, looked at in ${seconds} s`);
  }
  return lines.every((line) => line.violations === 0);
}

try {
  loadEnvFile();
  const settings = readSettings(process.env);
  process.exitCode = (await withAuditUrl(settings, process.env, audit)) ? 0 : 1;
} catch (error) {
  const message =
    error instanceof Sentence || !(error instanceof Error) ? String(error) : (error.stack ?? "");
  process.stderr.write(`\n${error instanceof Sentence ? error.message : message}\n`);
  process.exitCode = 2;
}
// The launcher holds a channel to this process open.
process.disconnect?.();
