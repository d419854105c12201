import { fork } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkImport } from "#lib/services/imports/check.ts";
import { runImport } from "#lib/services/imports/run.ts";
import { cancelImport, startImport } from "#lib/services/imports/start.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { getInvoice } from "#lib/services/invoices/get.ts";
import { projectRoot } from "../../scripts/stack/paths.ts";
import { until } from "../until.ts";
import { freshPhone, invoiceInput } from "./helpers.ts";
import {
  allRows,
  countInvoices,
  fileOf,
  goodRow,
  goodRows,
  read,
  resultOf,
  runToEnd,
  SENDING,
  started,
  upload,
} from "./import-helpers.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;
let shop: TestMerchant;

beforeAll(async () => {
  system = await openSystem();
  shop = await system.merchant();
});
afterAll(() => system.close());

describe("a started import", () => {
  it("makes each good row once, leaves the others out, and says so in a file without formulas", async () => {
    const merchant = await system.merchant();
    const rows = [
      `${freshPhone()};249,00;Gala;=HYPERLINK("x");;;;`.replace('=HYPERLINK("x")', '"=HYPERLINK(""x"")"'),
      "nobody;249,00;Gala;B;;;;",
      `${freshPhone()};249,00;Gala;"=HYPERLINK(""x"")";;;;`,
    ];
    const { id } = await started(merchant, fileOf(rows));
    await runImport(merchant.system, id);
    expect(await read(merchant, id)).toMatchObject({ state: "done", doneRows: 2, refusedRows: 0 });
    const [header, first, second, third] = await resultOf(merchant, id);
    expect(header).toBe(
      "\ufeffrow,line,status,merchant_reference,invoice_id,pay_url,error_field,error_code,error,warning",
    );
    expect(first).toMatch(
      /^1,2,done,"'=HYPERLINK\(""x""\)",inv_[0-9A-Za-z]{22},"http:\/\/[^"]+\/i\/[0-9A-Za-z]{22}",,,,$/,
    );
    expect(second).toMatch(/^2,3,invalid,,,,"phone","phone_invalid","[^"]+",$/);
    expect(third).toMatch(/,"The reference stands in row 1 too\."$/);
    const { rows: audits } = await system.superuser.query(
      "select act, subject_id from audit_entries where merchant_id = $1 and act like 'import.%'",
      [merchant.merchantId],
    );
    expect(audits).toEqual([{ act: "import.started", subject_id: id }]);
  });

  it("gives links that open the invoices they stand beside", async () => {
    const { id } = await started(shop, fileOf(goodRows(1)));
    await runImport(shop.system, id);
    const [row] = await allRows(shop, id);
    const { payUrl } = await getInvoice(shop.ctx, row?.invoiceId as never);
    expect((await resultOf(shop, id))[1]).toContain(`"${payUrl}"`);
  });

  it("notes rows that the caps refuse, and goes on with the others", async () => {
    const capped = await system.merchant({ smsCapPerDayInTest: 2 });
    const phone = freshPhone();
    const rows = [goodRow(phone), goodRow(phone), goodRow(phone), goodRow()];
    const { id } = await started(capped, fileOf(rows), SENDING);
    await runImport(capped.system, id);
    expect(await read(capped, id)).toMatchObject({ state: "done", doneRows: 3, refusedRows: 1 });
    const states = (await allRows(capped, id)).map(({ state, faults }) => [state, faults[0]?.code]);
    expect(states).toEqual([
      ["done", undefined],
      ["done", undefined],
      ["refused", "sms_cap_reached"],
      ["done", undefined],
    ]);
    expect(await countInvoices(system, capped)).toBe(3);
    expect(await countInvoices(system, capped, "sms_messages")).toBe(3);
    expect(await countInvoices(system, capped, "link_routes")).toBe(3);
  });

  it("with refused rows between good ones makes every good one, and tries none more than twice", async () => {
    const capped = await system.merchant({ smsCapPerDayInTest: 1 });
    const phone = freshPhone();
    const rows = Array.from({ length: 90 }, (_, index) => goodRow(index % 3 === 0 ? phone : freshPhone()));
    const { id } = await started(capped, fileOf(rows), SENDING);
    let tries = 0;
    const counting = Object.assign(Object.create(capped.system.vault), {
      linkToken: (...given: Parameters<typeof capped.system.vault.linkToken>) => {
        // The first look at a new invoice's link; every other names the link's key.
        if (given.length === 2) tries += 1;
        return capped.system.vault.linkToken(...given);
      },
    });
    const own = { ...capped.system, vault: counting };
    while ((await read(capped, id)).state === "running") await runImport(own, id);
    expect(await read(capped, id)).toMatchObject({ state: "done", doneRows: 61, refusedRows: 29 });
    expect(await countInvoices(system, capped)).toBe(61);
    expect(tries).toBeGreaterThanOrEqual(90);
    expect(tries).toBeLessThanOrEqual(180);
  });

  it("leaves a row out that meets a fault of ours, and makes the others", async () => {
    const merchant = await system.merchant();
    const spoil = (id: string, row: number) =>
      system.superuser.query(
        "update import_rows set cells = '\\x0102' where import_id = $1 and row_number = $2",
        [id, row],
      );
    const { import: made } = await upload(merchant.ctx, fileOf(goodRows(8)));
    await spoil(made.id, 6);
    await checkImport(merchant.system, made.id);
    expect(await read(merchant, made.id)).toMatchObject({ state: "checked", validRows: 7, invalidRows: 1 });
    await startImport(merchant.ctx, made.id, made.version);
    await spoil(made.id, 7);
    await runImport(merchant.system, made.id);
    const rows = (await allRows(merchant, made.id)).map(({ state, faults }) => [state, faults[0]?.code]);
    expect(rows.slice(4)).toEqual([
      ["done", undefined],
      ["invalid", "internal_error"],
      ["refused", "internal_error"],
      ["done", undefined],
    ]);
  });

  it("holds a row to the rules of the moment when it is made", async () => {
    const merchant = await system.merchant();
    const { id } = await started(merchant, fileOf(goodRows(2)), SENDING);
    await system.superuser.query(
      "update rail_accounts set is_enabled = false where merchant_id = $1 and kind = 'sms'",
      [merchant.merchantId],
    );
    await runImport(merchant.system, id);
    expect(await read(merchant, id)).toMatchObject({ state: "done", doneRows: 0, refusedRows: 2 });
    expect((await resultOf(merchant, id))[1]).toContain("sms_not_configured");
  });

  it("stops when it is cancelled, makes nothing more, and goes on from there when it is started again", async () => {
    const merchant = await system.merchant();
    const { id } = await started(merchant, fileOf(goodRows(400)));
    const running = runImport(merchant.system, id);
    await until("the first rows", async () => (await read(merchant, id)).doneRows > 0);
    const cancelled = await cancelImport(merchant.ctx, id);
    const made = await countInvoices(system, merchant);
    expect(cancelled).toMatchObject({ state: "cancelled", doneRows: made });
    expect(made).toBeLessThan(400);
    await running;
    await runImport(merchant.system, id);
    expect(await countInvoices(system, merchant)).toBe(made);
    await startImport(merchant.ctx, id, cancelled.version);
    await runToEnd(merchant, id);
    expect(await read(merchant, id)).toMatchObject({ state: "done", doneRows: 400 });
    expect(await countInvoices(system, merchant)).toBe(400);
    await expect(cancelImport(merchant.ctx, id)).rejects.toMatchObject({ code: "import_state_conflict" });
  });

  it("makes each row once when several workers are at it", async () => {
    const merchant = await system.merchant();
    const { id } = await started(merchant, fileOf(goodRows(300)), SENDING);
    const other = await system.openWorker();
    const theirs = { ...merchant.system, ...other.deps };
    await Promise.all([
      runToEnd(merchant, id),
      runImport(merchant.system, id),
      runImport(theirs, id),
      runImport(theirs, id),
    ]);
    expect(await read(merchant, id)).toMatchObject({ state: "done", doneRows: 300, refusedRows: 0 });
    expect(await countInvoices(system, merchant)).toBe(300);
    expect(await countInvoices(system, merchant, "sms_messages")).toBe(300);
  });
});

describe("a worker that is killed while it imports", () => {
  it("three times in the middle leaves no row behind and makes none twice", async () => {
    const merchant = await system.merchant();
    const total = 600;
    const { id } = await started(merchant, fileOf(goodRows(total)), SENDING);
    let before = 0;
    for (let round = 0; round < 3; round += 1) {
      const child = fork(join(projectRoot, "test/database/import-process.ts"), [merchant.merchantId, id], {
        execArgv: ["--disable-warning=ExperimentalWarning"],
        env: { PATH: process.env.PATH, NODE_ENV: "test", ...system.workerEnvironment },
      });
      const ended = new Promise((resolve) => child.once("exit", (_code, signal) => resolve(signal)));
      const made = before;
      before = await until("rows of this process", async () => {
        const { doneRows } = await read(merchant, id);
        return doneRows > made ? doneRows : null;
      });
      child.kill("SIGKILL");
      expect(await ended).toBe("SIGKILL");
      const { doneRows, state } = await read(merchant, id);
      expect(state).toBe("running");
      expect(doneRows).toBeLessThan(total);
      // What the counters say is what there is, whatever the process was doing.
      expect(await countInvoices(system, merchant)).toBe(doneRows);
      expect(await countInvoices(system, merchant, "sms_messages")).toBe(doneRows);
    }
    await runToEnd(merchant, id);
    expect(await read(merchant, id)).toMatchObject({ state: "done", doneRows: total, refusedRows: 0 });
    expect(await countInvoices(system, merchant)).toBe(total);
    expect(await countInvoices(system, merchant, "sms_messages")).toBe(total);
    const { rows } = await system.superuser.query(
      "select count(distinct merchant_reference)::int as n from invoices where merchant_id = $1",
      [merchant.merchantId],
    );
    expect(rows[0].n).toBe(total);
  });
});

describe("workers", () => {
  it("check, make and send an import without anyone's help", async () => {
    // A system of its own, since workers would also do what other tests have left.
    const own = await openSystem();
    const merchant = await own.merchant();
    await own.startWorker();
    const { import: made } = await upload(merchant.ctx, fileOf(goodRows(25)), SENDING);
    const { version } = await until("the check", async () => {
      const found = await read(merchant, made.id);
      return found.state === "checked" ? found : null;
    });
    await startImport(merchant.ctx, made.id, version);
    await until("the import", async () => (await read(merchant, made.id)).state === "done");
    await until("the messages", async () => {
      const { rows } = await own.superuser.query(
        "select count(*)::int as n from sms_messages where provider_id is not null",
      );
      return rows[0].n === 25;
    });
    await own.close();
  });
});

describe("a big import", () => {
  it("has its messages sent after those that others wait for", async () => {
    const merchant = await system.merchant();
    const { id } = await started(merchant, fileOf(goodRows(30)), SENDING);
    await runImport(merchant.system, id);
    const { invoice } = await createInvoice(merchant.ctx, invoiceInput({ shouldSendSms: true }));
    const { rows } = await system.superuser.query(
      `select s.invoice_id from pgboss.job j join sms_messages s on s.id = j.data ->> 'smsId'
       where j.name = 'invoice.send_sms' and s.merchant_id = $1 order by j.priority desc, j.created_on`,
      [merchant.merchantId],
    );
    expect(rows).toHaveLength(31);
    expect(rows[0].invoice_id).toBe(invoice.id);
  });

  it("hands over to the jobs of others after a while, and goes on behind them", async () => {
    const merchant = await system.merchant();
    const { id } = await started(merchant, fileOf(goodRows(1_500)));
    const jobs = async () => {
      const { rows } = await system.superuser.query(
        "select count(*)::int as n from pgboss.job where name = 'import.run' and data ->> 'importId' = $1",
        [id],
      );
      return rows[0].n as number;
    };
    expect(await jobs()).toBe(1);
    await runImport(merchant.system, id);
    expect((await read(merchant, id)).state).toBe("running");
    expect(await jobs()).toBe(2);
  });
});
