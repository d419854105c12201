// Pages of long lists, in both directions, each read along one index.
//
// Row-level security lets an index serve only comparisons that the server knows to leak nothing: those of numbers,
// instants, bytes and texts, but not the beginning of a text, nor what stands inside of JSON.

import type { Tenant } from "#lib/domain/tenant.ts";
import type { Tx } from "../../transaction.ts";

/** Values of a statement, numbered as they come. */
export class Values {
  readonly list: unknown[] = [];

  /** The mark that stands for the value. */
  add(value: unknown): string {
    this.list.push(value);
    return `$${this.list.length}`;
  }
}

/** Where a row stands in a list. */
export interface Place {
  /** The value that is sorted by; null where that is the time of creation. */
  readonly key: Date | bigint | Uint8Array | null;
  readonly createdAt: Date;
  readonly id: string;
}

export interface ListPlan {
  readonly table: "invoices" | "payments";
  /** The column that is sorted by, then the time of creation; null: that alone. */
  readonly keyColumn: string | null;
  readonly isDescending: boolean;
  /** What the index is entered with, beside the tenant. `r` is the row. */
  readonly within: readonly string[];
  /** Each a condition with an index of its own in the list's order; a row meets one of them. None: all rows. */
  readonly branches: readonly string[];
  /** What is asked of each row on the way. */
  readonly rest: readonly string[];
  /** True where `within` leaves so few rows that they are sorted, by whatever index finds them. */
  readonly isNarrow: boolean;
  /** Rows of this metadata only (see schema/search.ts), read in the order of their creation. */
  readonly pair: string | null;
  readonly values: Values;
}

export interface ListReach {
  /** Up to the limit, and one more where there is one. */
  readonly places: readonly Place[];
  /** Where looking ended although there may be more; null where everything was looked at, or enough was found. */
  readonly cutAt: Place | null;
}

/** Rows that one page looks at, at most, where it asks each for something that no index tells. */
export const SCAN_MAX = 10_000;

/** Rows after a place, in the list's order. */
export async function readPlaces(
  tx: Tx,
  tenant: Tenant,
  plan: ListPlan,
  after: Place | null,
  limit: number,
): Promise<ListReach> {
  const scan = buildScan(tenant, plan, after);
  const { list } = plan.values;
  const { rows } = await tx.client.query<PlaceRow>(scan.found(limit + 1), list);
  const places = rows.map(toPlace);
  if (!scan.isBounded || places.length > limit) return { places, cutAt: null };
  const { rows: ends } = await tx.client.query<PlaceRow>(scan.end, list);
  const [last] = ends;
  return { places, cutAt: last === undefined ? null : toPlace(last) };
}

/** The statement that a page is read with, and its values, for looking at how it is carried out. */
export function statementOf(
  tenant: Tenant,
  plan: ListPlan,
  after: Place | null,
  limit: number,
): { readonly text: string; readonly values: readonly unknown[] } {
  return { text: buildScan(tenant, plan, after).found(limit + 1), values: plan.values.list };
}

interface Scan {
  readonly found: (limit: number) => string;
  /** The last row that a page looks at; none where there are fewer. */
  readonly end: string;
  readonly isBounded: boolean;
}

function buildScan(tenant: Tenant, plan: ListPlan, after: Place | null): Scan {
  const { keyColumn, rest, isNarrow } = plan;
  const isBounded = rest.length > 0 && !isNarrow;
  const key = keyColumn === null ? "null" : `r.${keyColumn}`;
  const columns = `${key} as key, r.created_at, r.id`;
  const source = sourceOf(tenant, plan);
  const paths = pathsOf(plan, source, after);
  const inner = (selected: string, limit: number) =>
    together(
      paths.map(
        (conditions) =>
          `select ${selected} from ${source.from} where ${conditions.join(" and ")}
           order by ${orderBy(plan, source.createdAt, source.id)} limit ${limit}`,
      ),
      `order by ${orderBy(plan, "r.created_at", "r.id")} limit ${limit}`,
    );
  // What is asked of rows is not asked here, but its values have to stand somewhere in the statement.
  const end = `select ${columns} from (${inner("r.*", SCAN_MAX)}) r where true or (${rest.join(" and ")})
    order by ${orderBy(plan, "r.created_at", "r.id")} offset ${SCAN_MAX - 1}`;
  const found = (limit: number) =>
    isBounded
      ? `select ${columns} from (${inner("r.*", SCAN_MAX)}) r where ${rest.join(" and ")}
         order by ${orderBy(plan, "r.created_at", "r.id")} limit ${limit}`
      : `select ${columns} from (${inner("r.*", limit)}) r
         order by ${orderBy(plan, "r.created_at", "r.id")} limit ${limit}`;
  return { found, end, isBounded };
}

interface Source {
  readonly from: string;
  readonly createdAt: string;
  readonly id: string;
  readonly conditions: readonly string[];
}

function sourceOf(tenant: Tenant, { table, pair, values }: ListPlan): Source {
  const [merchant, mode] = [values.add(tenant.merchantId), values.add(tenant.mode)];
  const own = [`r.merchant_id = ${merchant}`, `r.mode = ${mode}`];
  if (pair === null) return { from: `${table} r`, createdAt: "r.created_at", id: "r.id", conditions: own };
  return {
    from: `invoice_metadata m join ${table} r on r.id = m.invoice_id`,
    createdAt: "m.created_at",
    id: "m.invoice_id",
    conditions: [...own, `m.merchant_id = ${merchant}`, `m.mode = ${mode}`, `m.pair = ${pair}`],
  };
}

/** The conditions of each way along an index; a row is on one of them. */
function pathsOf(plan: ListPlan, source: Source, after: Place | null): string[][] {
  const { within, branches, rest, isNarrow } = plan;
  const common = [...source.conditions, ...within, ...(isNarrow ? rest : []), ...beyond(plan, source, after)];
  return branches.length === 0 ? [common] : branches.map((branch) => [...common, branch]);
}

/** What comes after the place, compared as a whole row: an index is entered right there, however many share a key. */
function beyond(
  { keyColumn, isDescending, values }: ListPlan,
  { createdAt, id }: Source,
  after: Place | null,
): string[] {
  if (after === null) return [];
  const key = keyColumn === null ? [] : [[`r.${keyColumn}`, values.add(after.key)] as const];
  const columns = [
    ...key,
    [createdAt, `${values.add(after.createdAt)}::timestamptz`] as const,
    [id, values.add(after.id)] as const,
  ];
  const left = columns.map(([column]) => column).join(", ");
  const right = columns.map(([, mark]) => mark).join(", ");
  return [`(${left}) ${isDescending ? "<" : ">"} (${right})`];
}

function together(selects: readonly string[], tail: string): string {
  const [only] = selects;
  if (only !== undefined && selects.length === 1) return only;
  return `select * from (${selects.map((select) => `(${select})`).join(" union all ")}) r ${tail}`;
}

function orderBy({ keyColumn, isDescending }: ListPlan, createdAt: string, id: string): string {
  const way = isDescending ? "desc" : "asc";
  return [...(keyColumn === null ? [] : [`r.${keyColumn}`]), createdAt, id]
    .map((column) => `${column} ${way}`)
    .join(", ");
}

interface PlaceRow {
  readonly key: Date | string | Buffer | null;
  readonly created_at: Date;
  readonly id: string;
}

/** The driver gives 64-bit numbers as texts. */
function toPlace({ key, created_at, id }: PlaceRow): Place {
  return { key: typeof key === "string" ? BigInt(key) : key, createdAt: created_at, id };
}
