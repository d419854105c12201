import { spawn } from "node:child_process";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lookThrough } from "#db/queries/audit/snapshot.ts";
import { type AuditLine, checkAll, runAudit } from "#lib/services/audit/run.ts";
import { projectRoot } from "../../scripts/stack/paths.ts";
import { beBusy } from "../audit/busy-system.ts";
import { PLANTS } from "../audit/plants.ts";
import { openSystem, type TestSystem } from "./system.ts";

let system: TestSystem;

beforeAll(async () => {
  system = await openSystem();
  await beBusy(system);
}, 180_000);
afterAll(() => system.close());

async function audit(environment: Record<string, string>) {
  const program = join(projectRoot, "scripts/audit/main.ts");
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, output };
}

const violated = (lines: readonly AuditLine[]) =>
  lines.filter((line) => line.violations > 0).map(({ id, examples }) => ({ id, examples }));

describe("the auditor", () => {
  it("finds nothing in a healthy system, and has looked at something for each rule", async () => {
    const lines = await runAudit(system.auditUrl);
    expect(violated(lines)).toEqual([]);
    expect(lines.filter((line) => line.rows === 0).map((line) => line.id)).toEqual([]);
    expect(lines.map((line) => line.id)).toEqual(
      Array.from({ length: 18 }, (_, index) => `I-${String(index + 1).padStart(2, "0")}`),
    );
  });

  it.each(PLANTS.map((plant) => [`${plant.id}: ${plant.what}`, plant] as const))(
    "finds exactly what is wrong, of %s",
    async (_name, plant) => {
      const client = await system.superuser.connect();
      try {
        await client.query("begin");
        // As a defect of the database itself would do it: no trigger, no foreign key stands in the way.
        await client.query("set local session_replication_role = replica");
        const broken = await plant.plant(client);
        await client.query("set constraints all deferred");
        await client.query("set local role billtext_audit");
        const found = violated(await checkAll(lookThrough(client)));
        expect(found).toEqual([{ id: plant.id, examples: expect.anything() }]);
        expect(found[0]?.examples.join("\n")).toContain(`${broken} ${plant.says}`);
      } finally {
        await client.query("rollback");
        client.release();
      }
    },
  );

  it("can write nothing, whatever it would, and sees no secret", async () => {
    const client = new pg.Client({ connectionString: system.auditUrl });
    await client.connect();
    for (const statement of [
      "insert into sms_counters values ('x', now(), 'x', 1)",
      "update invoices set description = 'x'",
      "delete from events",
      "select callback_secret from merchant_settings",
      "select credentials from rail_accounts",
      "select answer from idempotency_keys",
      "select password_hash from users",
      "select key_hash from api_key_routes",
      "select token_hash from link_routes",
      "select response_text from delivery_attempts",
    ]) {
      await expect(client.query(statement), statement).rejects.toMatchObject({ code: "42501" });
    }
    const { rows } = await client.query("select count(distinct merchant_id)::int as merchants from invoices");
    expect(rows[0].merchants).toBe(3);
    await client.end();
  });

  it("as a program says so with its exit code: all holds, something does not, or it could not look", async () => {
    const healthy = await audit({ DATABASE_AUDIT_URL: system.auditUrl });
    expect(healthy.output).toContain("All of it holds");
    expect(healthy.code).toBe(0);
    const nowhere = await audit({ DATABASE_AUDIT_URL: "postgres://x@127.0.0.1:9/x" });
    expect(nowhere.output).toMatch(/^\nThe database at 127\.0\.0\.1:9\/x does not answer/);
    expect(nowhere.code).toBe(2);
    const { rows } = await system.superuser.query(
      "update invoices set event_sequence = event_sequence + 1 where id = (select id from invoices limit 1) returning id",
    );
    const broken = await audit({ DATABASE_AUDIT_URL: system.auditUrl });
    expect(broken.output).toContain(`${rows[0].id} has events that are not numbered`);
    expect(broken.code).toBe(1);
    await system.superuser.query("update invoices set event_sequence = event_sequence - 1 where id = $1", [
      rows[0].id,
    ]);
  });

  it("has a broken case for each rule", () => {
    expect(new Set(PLANTS.map((plant) => plant.id)).size).toBe(18);
  });
});
