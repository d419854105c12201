import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Import } from "#db/queries/imports.ts";
import type { ImportId } from "#lib/domain/ids.ts";
import type { ImportMapping } from "#lib/domain/import.ts";
import { contextFor, type ServiceContext } from "#lib/services/context.ts";
import { checkImport } from "#lib/services/imports/check.ts";
import { createImport } from "#lib/services/imports/create.ts";
import { getImport, listImports, readImportRows } from "#lib/services/imports/get.ts";
import { mapImport } from "#lib/services/imports/map.ts";
import { openImportResult } from "#lib/services/imports/result.ts";
import { runImport } from "#lib/services/imports/run.ts";
import { cancelImport, startImport } from "#lib/services/imports/start.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { getInvoice } from "#lib/services/invoices/get.ts";
import { updateMerchant } from "#lib/services/merchants/update.ts";
import { projectRoot } from "../../scripts/stack/paths.ts";
import { until } from "../until.ts";
import { freshPhone, invoiceInput } from "./helpers.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;
let shop: TestMerchant;

beforeAll(async () => {
  system = await openSystem();
  shop = await system.merchant();
});
afterAll(() => system.close());

const HEADER = "phone;amount;description;reference;due;expires;language;metadata.class";
const MAPPING: ImportMapping = {
  columns: {
    phone: 0,
    amount: 1,
    description: 2,
    merchant_reference: 3,
    due_at: 4,
    expires_at: 5,
    locale: 6,
  },
  metadata: { class: 7 },
  amountNotation: "comma",
  currency: "NOK",
  shouldSendSms: false,
};
const SENDING = { ...MAPPING, shouldSendSms: true };

/** A file that no other test has uploaded, with rows that are good where nothing else is said. */
function fileOf(rows: readonly string[]): Uint8Array {
  return Buffer.from(`${HEADER};unique ${randomBytes(8).toString("hex")}\n${rows.join("\n")}\n`);
}
const goodRow = (phone = freshPhone()) =>
  `${phone};249,00;Swimming gala;${randomBytes(6).toString("hex")};;;;`;
const goodRows = (count: number) => Array.from({ length: count }, () => goodRow());

const upload = (
  ctx: ServiceContext,
  bytes: Uint8Array,
  mapping: ImportMapping | null = MAPPING,
  again = false,
) => createImport(ctx, { fileName: "list.csv", bytes, mapping, currency: null, again });

/** Uploads and checks; the jobs are run here. */
async function checked(merchant: TestMerchant, bytes: Uint8Array, mapping = MAPPING): Promise<Import> {
  const { import: made } = await upload(merchant.ctx, bytes, mapping);
  await checkImport(merchant.system, made.id);
  return await read(merchant, made.id);
}

async function read({ ctx }: TestMerchant, id: ImportId): Promise<Import> {
  return (await getImport(ctx, id)).import;
}

async function started(merchant: TestMerchant, bytes: Uint8Array, mapping = MAPPING): Promise<Import> {
  const { id, version } = await checked(merchant, bytes, mapping);
  return await startImport(merchant.ctx, id, version);
}

async function resultOf({ ctx }: TestMerchant, id: ImportId): Promise<string[]> {
  const { chunks } = await openImportResult(ctx, id);
  let text = "";
  for await (const chunk of chunks) text += chunk;
  return text.split("\r\n").slice(0, -1);
}

const allRows = (merchant: TestMerchant, id: ImportId) =>
  readImportRows(merchant.ctx, id, { afterRow: 0, limit: 500 });

async function countInvoices(merchant: TestMerchant, table = "invoices"): Promise<number> {
  const { rows } = await system.superuser.query(
    `select count(*)::int as n from ${table} where merchant_id = $1`,
    [merchant.merchantId],
  );
  return rows[0].n;
}

describe("an upload", () => {
  it("is read with a mapping proposed by its header, and waits for one to be confirmed", async () => {
    const bytes = Buffer.from(
      "Mobil;Beløp;Tekst;Fakturanummer;metadata.class\n+4790000000;1.249,50;Gala;7;5b\n",
    );
    const { import: made } = await createImport(shop.ctx, {
      fileName: "liste\u202e.csv",
      bytes,
      mapping: null,
      currency: "NOK",
      again: false,
    });
    expect(made).toMatchObject({ state: "uploaded", fileName: "liste.csv", separator: ";", totalRows: 1 });
    expect(made.proposal).toEqual({
      columns: { phone: 0, amount: 1, description: 2, merchant_reference: 3 },
      metadata: { class: 4 },
      amountNotation: "comma",
      currency: "NOK",
      shouldSendSms: true,
    });
    await expect(startImport(shop.ctx, made.id, made.version)).rejects.toMatchObject({
      code: "import_state_conflict",
    });
    const { sample } = await getImport(shop.ctx, made.id);
    expect(sample).toEqual([["+4790000000", "1.249,50", "Gala", "7", "5b"]]);
    await mapImport(shop.ctx, made.id, made.proposal);
    await checkImport(shop.system, made.id);
    expect(await read(shop, made.id)).toMatchObject({
      state: "checked",
      validRows: 1,
      summary: { sums: { NOK: "124950" }, smsMessages: 1, smsParts: 1 },
    });
  });

  it("that is repeated is the same import, also when several come at once, and nothing is sent twice", async () => {
    const merchant = await system.merchant();
    const bytes = fileOf(goodRows(3));
    const uploads = await Promise.all([1, 2, 3, 4].map(() => upload(merchant.ctx, bytes, SENDING)));
    expect(new Set(uploads.map(({ import: { id } }) => id)).size).toBe(1);
    expect(uploads.filter(({ isRepeat }) => !isRepeat)).toHaveLength(1);
    const { id, version } = (uploads[0] as { import: Import }).import;
    await checkImport(merchant.system, id);
    await Promise.all([startImport(merchant.ctx, id, version), startImport(merchant.ctx, id, version)]);
    await runImport(merchant.system, id);
    const repeated = await upload(merchant.ctx, bytes, SENDING);
    expect(repeated).toMatchObject({ isRepeat: true, import: { id, state: "done", doneRows: 3 } });
    await startImport(merchant.ctx, id, repeated.import.version);
    await runImport(merchant.system, id);
    expect(await countInvoices(merchant)).toBe(3);
    expect(await countInvoices(merchant, "sms_messages")).toBe(3);
  });

  it("with other columns is taken as long as nothing was made, and refused afterwards", async () => {
    const bytes = fileOf(goodRows(1));
    const first = await checked(shop, bytes);
    const other = { ...MAPPING, metadata: {} };
    const second = await upload(shop.ctx, bytes, other);
    expect(second.import).toMatchObject({ id: first.id, state: "checking", mapping: other });
    await expect(startImport(shop.ctx, first.id, first.version)).rejects.toMatchObject({
      code: "version_conflict",
    });
    await checkImport(shop.system, first.id);
    await startImport(shop.ctx, first.id, second.import.version);
    await expect(upload(shop.ctx, bytes, MAPPING)).rejects.toMatchObject({ code: "import_state_conflict" });
    await expect(mapImport(shop.ctx, first.id, MAPPING)).rejects.toMatchObject({
      code: "import_state_conflict",
    });
  });

  it("that is meant to come again is another import, and asking for that twice makes one", async () => {
    const bytes = fileOf(goodRows(1));
    const first = await started(shop, bytes);
    await runImport(shop.system, first.id);
    const [again, twin] = await Promise.all([1, 2].map(() => upload(shop.ctx, bytes, MAPPING, true)));
    expect(again?.import.id).not.toBe(first.id);
    expect(twin?.import.id).toBe(again?.import.id);
    expect(again?.import.run).toBe(2);
  });

  it("of another merchant, or in the other mode, is an import of its own", async () => {
    const other = await system.merchant();
    const bytes = fileOf(goodRows(1));
    const { import: ours } = await upload(shop.ctx, bytes);
    const { import: theirs } = await upload(other.ctx, bytes);
    expect(theirs.id).not.toBe(ours.id);
    const live = { ...shop.ctx, tenant: { ...shop.tenant, mode: "live" as const } };
    const foreign = (ctx: ServiceContext) => [
      () => getImport(ctx, ours.id),
      () => readImportRows(ctx, ours.id, { afterRow: 0, limit: 10 }),
      () => mapImport(ctx, ours.id, MAPPING),
      () => startImport(ctx, ours.id, ours.version),
      () => cancelImport(ctx, ours.id),
      () => openImportResult(ctx, ours.id),
    ];
    for (const attempt of [...foreign(other.ctx), ...foreign(live)]) {
      await expect(attempt()).rejects.toMatchObject({ code: "import_not_found" });
    }
    const listed = await listImports(other.ctx, { cursor: null, limit: 100 });
    expect(listed.items.map(({ id }) => id)).toEqual([theirs.id]);
  });

  it("needs the right to make invoices", async () => {
    const viewer = contextFor(
      system.deps,
      shop.tenant,
      { kind: "user", id: "usr_0000000000000000000000" as never, role: "viewer" },
      "req_test",
    );
    await expect(upload(viewer, fileOf(goodRows(1)))).rejects.toMatchObject({ code: "permission_denied" });
  });

  it.each([
    ["too large a file", Buffer.alloc(20_000_001, "a"), "import_file_invalid"],
    ["Latin-1", Buffer.from("phone;bel\u00f8p\n1;2", "latin1"), "import_file_invalid"],
    ["no rows", Buffer.from(`${HEADER}\n`), "import_file_invalid"],
    ["too many rows", Buffer.from(`a\n${"1\n".repeat(50_001)}`), "import_file_invalid"],
    ["columns that it does not have", Buffer.from("phone;amount\n1;2"), "import_mapping_invalid"],
  ])("with %s is refused", async (_what, bytes, code) => {
    await expect(upload(shop.ctx, bytes)).rejects.toMatchObject({ code });
  });

  it("keeps what stands in the file sealed, and forgets it once it is of no more use", async () => {
    const phone = freshPhone();
    const { id } = await started(shop, fileOf([goodRow(phone), "nonsense;;;;;;;"]));
    const stored = () =>
      system.superuser.query(
        "select to_jsonb(r)::text || coalesce(encode(cells, 'escape'), '') as all, cells from import_rows r where import_id = $1",
        [id],
      );
    for (const row of (await stored()).rows) {
      expect(row.all).not.toContain(phone.slice(1));
      expect(row.cells).not.toBeNull();
    }
    await runImport(shop.system, id);
    expect((await stored()).rows.map(({ cells }) => cells)).toEqual([null, null]);
  });
});

describe("the dry run", () => {
  it("tells every field at fault of every row, by the codes that the API has for it, and makes nothing", async () => {
    const merchant = await system.merchant();
    const good = freshPhone();
    const cases: readonly (readonly [row: string, faults: Readonly<Record<string, string>>])[] = [
      [`${good};249,00;Gala;;;;;`, {}],
      [";;;;;;;", {}],
      ["90000000;249,00;Gala;;;;;", { phone: "phone_invalid" }],
      [";249,00;Gala;;;;;", { phone: "missing" }],
      [`${good};;Gala;;;;;`, { amount: "missing" }],
      [`${good};249.00;Gala;;;;;`, { amount: "amount_not_representable" }],
      [`${good};1.250.000,00;Gala;;;;;`, { amount: "amount_out_of_range" }],
      [`${good};0,00;Gala;;;;;`, { amount: "amount_out_of_range" }],
      [`${good};249,00;;;;;;`, { description: "missing" }],
      [`${good};249,00;${"x".repeat(201)};;;;;`, { description: "too_big" }],
      [`${good};249,00;"two\nlines";;;;;`, { description: "text_invalid" }],
      [`${good};249,00;Gala;${"r".repeat(101)};;;;`, { merchant_reference: "too_big" }],
      [`${good};249,00;Gala;;01/02/2027;;;`, { due_at: "invalid_format" }],
      [`${good};249,00;Gala;;;1969-01-01;;`, { expires_at: "instant_out_of_range" }],
      [`${good};249,00;Gala;;;2020-01-01;;`, { expires_at: "expiry_out_of_range" }],
      [`${good};249,00;Gala;;2040-01-01;;;`, { due_at: "expiry_out_of_range" }],
      [`${good};249,00;Gala;;;;de;`, { locale: "invalid_value" }],
      [`${good};249,00;Gala;;;;;${"m".repeat(501)}`, { "metadata.class": "too_big" }],
      [`${good};249,00;Gala;;;;;;;7`, { row: "invalid_format" }],
      [
        `x;y;;;z;;;`,
        {
          phone: "phone_invalid",
          amount: "amount_not_representable",
          description: "missing",
          due_at: "invalid_format",
        },
      ],
    ];
    const made = await checked(merchant, fileOf(cases.map(([row]) => row)), SENDING);
    const rows = await allRows(merchant, made.id);
    // An empty row is passed over.
    const expected = cases.filter((_case, index) => index !== 1);
    expect(
      rows.map(({ faults }) => Object.fromEntries(faults.map(({ field, code }) => [field, code]))),
    ).toEqual(expected.map(([, faults]) => faults));
    expect(made).toMatchObject({ state: "checked", totalRows: 19, validRows: 1, invalidRows: 18 });
    expect(made.summary).toEqual({ sums: { NOK: "24900" }, smsMessages: 1, smsParts: 1 });
    expect(await countInvoices(merchant)).toBe(0);
    expect(await countInvoices(merchant, "sms_messages")).toBe(0);
  });

  it("refuses exactly what making the invoice refuses", async () => {
    const merchant = await system.merchant({ methods: ["card"] });
    await updateMerchant(merchant.ctx, {
      profile: {},
      settings: { smsTexts: { en: `{merchant} ${"ç".repeat(140)} {link}` } },
    });
    const made = await checked(merchant, fileOf([goodRow(), goodRow().replace("249,00", "0,01")]), SENDING);
    const codes = (await allRows(merchant, made.id)).map(({ faults }) => faults[0]?.code);
    const input = invoiceInput({ shouldSendSms: true });
    await expect(createInvoice(merchant.ctx, input)).rejects.toMatchObject({ code: codes[0] });
    expect(codes).toEqual(["sms_text_too_long", "no_method_available"]);
  });

  it("adds up per currency, counts the parts that the messages will have, and warns of repeated references", async () => {
    const merchant = await system.merchant();
    await updateMerchant(merchant.ctx, {
      profile: {},
      settings: { smsTexts: { en: "{merchant}: {description} {link}" } },
    });
    const header = "phone,amount,currency,description,reference";
    const line = (amount: string, currency: string, text: string, reference: string) =>
      `${freshPhone()},${amount},${currency},${text},${reference}`;
    const rows = [
      line("249.00", "NOK", "Gala", "A-1"),
      line("10.50", "", "Gala", "A-2"),
      line("5.00", "EUR", "日本".repeat(25), "A-1"),
      line("1.00", "nok", "Gala", "A-3"),
      line("2.00", "NOK", "Gala", ""),
      line("3.00", "NOK", "Gala", "A-1"),
    ];
    const made = await checked(merchant, Buffer.from(`${header}\n${rows.join("\n")}`), {
      ...SENDING,
      columns: { phone: 0, amount: 1, currency: 2, description: 3, merchant_reference: 4 },
      metadata: {},
      amountNotation: "point",
    });
    expect(made).toMatchObject({ validRows: 5, invalidRows: 1, repeatedRows: 2 });
    expect(made.summary).toEqual({ sums: { NOK: "26450", EUR: "500" }, smsMessages: 5, smsParts: 6 });
    const repeated = await readImportRows(merchant.ctx, made.id, {
      isRepeated: true,
      afterRow: 0,
      limit: 10,
    });
    expect(repeated.map(({ rowNumber, repeatsRow }) => [rowNumber, repeatsRow])).toEqual([
      [3, 1],
      [6, 1],
    ]);
  });

  it("takes days by the merchant's clock, the day's end where no hour is named", async () => {
    const { id } = await started(
      shop,
      fileOf([`${freshPhone()};249,00;Gala;;2027-01-31;2027-02-28 12:00;nb;5b`]),
    );
    await runImport(shop.system, id);
    const [row] = await allRows(shop, id);
    const { invoice } = await getInvoice(shop.ctx, row?.invoiceId as never);
    expect(invoice).toMatchObject({
      dueAt: new Date("2027-01-31T22:59:59Z"),
      expiresAt: new Date("2027-02-28T11:00:00Z"),
      locale: "nb",
      metadata: { class: "5b" },
      amountDue: { amountMinor: 24_900n, currency: "NOK" },
    });
  });

  it("of 10,000 rows takes less than 5 seconds, upload included", async () => {
    const bytes = fileOf(goodRows(10_000));
    const startedAt = performance.now();
    const { import: made } = await upload(shop.ctx, bytes, SENDING);
    const uploadedAt = performance.now();
    await checkImport(shop.system, made.id);
    // The job hands over to another of its kind after a while; here nobody claims it.
    while ((await read(shop, made.id)).state === "checking") await checkImport(shop.system, made.id);
    const checkedAt = performance.now();
    const took = `upload ${Math.round(uploadedAt - startedAt)} ms, check ${Math.round(checkedAt - uploadedAt)} ms`;
    expect(await read(shop, made.id)).toMatchObject({ state: "checked", validRows: 10_000 });
    expect(checkedAt - startedAt, took).toBeLessThan(5_000);
  });
});

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
    expect(await countInvoices(capped)).toBe(3);
    expect(await countInvoices(capped, "sms_messages")).toBe(3);
    expect(await countInvoices(capped, "link_routes")).toBe(3);
  });

  it("with hundreds of refused rows between good ones makes every good one, and hands over in time", async () => {
    const capped = await system.merchant({ smsCapPerDayInTest: 1 });
    const phone = freshPhone();
    const rows = Array.from({ length: 300 }, (_, index) => goodRow(index % 2 === 0 ? phone : freshPhone()));
    const { id } = await started(capped, fileOf(rows), SENDING);
    const startedAt = performance.now();
    await runImport(capped.system, id);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    await runToEnd(capped, id);
    expect(await read(capped, id)).toMatchObject({ state: "done", doneRows: 151, refusedRows: 149 });
    expect(await countInvoices(capped)).toBe(151);
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
    const made = await countInvoices(merchant);
    expect(cancelled).toMatchObject({ state: "cancelled", doneRows: made });
    expect(made).toBeLessThan(400);
    await running;
    await runImport(merchant.system, id);
    expect(await countInvoices(merchant)).toBe(made);
    await startImport(merchant.ctx, id, cancelled.version);
    await runToEnd(merchant, id);
    expect(await read(merchant, id)).toMatchObject({ state: "done", doneRows: 400 });
    expect(await countInvoices(merchant)).toBe(400);
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
    expect(await countInvoices(merchant)).toBe(300);
    expect(await countInvoices(merchant, "sms_messages")).toBe(300);
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
        env: { PATH: process.env.PATH, ...system.workerEnvironment },
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
      expect(await countInvoices(merchant)).toBe(doneRows);
      expect(await countInvoices(merchant, "sms_messages")).toBe(doneRows);
    }
    await runToEnd(merchant, id);
    expect(await read(merchant, id)).toMatchObject({ state: "done", doneRows: total, refusedRows: 0 });
    expect(await countInvoices(merchant)).toBe(total);
    expect(await countInvoices(merchant, "sms_messages")).toBe(total);
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

/** Runs jobs until all is done, as workers would that claim what is handed over. */
async function runToEnd(merchant: TestMerchant, id: ImportId): Promise<void> {
  while ((await read(merchant, id)).state === "running") await runImport(merchant.system, id);
}
