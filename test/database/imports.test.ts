import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Import } from "#db/queries/imports.ts";
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
import { freshPhone, invoiceInput } from "./helpers.ts";
import {
  allRows,
  checked,
  countInvoices,
  fileOf,
  goodRow,
  goodRows,
  HEADER,
  MAPPING,
  read,
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
    expect(await countInvoices(system, merchant)).toBe(3);
    expect(await countInvoices(system, merchant, "sms_messages")).toBe(3);
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
    expect(await countInvoices(system, merchant)).toBe(0);
    expect(await countInvoices(system, merchant, "sms_messages")).toBe(0);
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

  it("of 10,000 rows takes less than 5 seconds, upload included", { timeout: 60_000 }, async () => {
    const tookMs: number[] = [];
    // Others may use this machine too: the best of three counts.
    while (tookMs.length < 3 && !tookMs.some((ms) => ms < 5_000)) {
      const bytes = fileOf(goodRows(10_000));
      const startedAt = performance.now();
      const { import: made } = await upload(shop.ctx, bytes, SENDING);
      // The job hands over to another of its kind after a while; here nobody claims it.
      while ((await read(shop, made.id)).state === "checking") await checkImport(shop.system, made.id);
      tookMs.push(performance.now() - startedAt);
      expect(await read(shop, made.id)).toMatchObject({ state: "checked", validRows: 10_000 });
    }
    expect(Math.min(...tookMs)).toBeLessThan(5_000);
  });
});
