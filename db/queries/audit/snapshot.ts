// What the auditor looks through: one snapshot of the whole database, every merchant and both modes, in which
// nothing can be written. The role of the login may read and no more; the transaction says so a second time.

import pg from "pg";

export interface Finding {
  /** Rows that the invariant speaks of. */
  readonly rows: number;
  readonly violations: number;
  /** Up to five of them: whose rule is broken, and how. */
  readonly examples: readonly string[];
}

export interface Snapshot {
  /**
   * Counts what a query finds. `found` selects `id` and `what` (how it breaks the rule), one row a violation;
   * `looksAt` counts the rows that the rule speaks of, as `n`. Both may use the rows of `clock`: a merchant's time
   * in a mode as `now`, and since when its clock runs undisturbed as `steady_since`.
   */
  find(question: Question): Promise<Finding>;
}

export interface Question {
  readonly looksAt: string;
  readonly found: string;
  readonly values?: readonly unknown[];
}

const EXAMPLES_MAX = 5;
const STATEMENT_TIMEOUT_MS = 120_000;
const CONNECT_TIMEOUT_MS = 5_000;

/** A test clock that was just moved makes everything look late; rules with a time limit wait until it is steady. */
const CLOCK = `clock as (
  select m.merchant_id, m.mode,
    now() + make_interval(secs => case when m.mode = 'test' then coalesce(c.offset_ms, 0) / 1000.0 else 0 end) as now,
    case when m.mode = 'test' then c.updated_at end as steady_since
  from merchant_settings m left join test_clocks c on c.merchant_id = m.merchant_id)`;

/**
 * Runs `work` on one snapshot, so that a system that goes on meanwhile gives no false alarm.
 *
 * @param url  a login that is a member of `billtext_audit`, or the owner of that role
 */
export async function inSnapshot<T>(url: string, work: (snapshot: Snapshot) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    application_name: "billtext-audit",
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
  });
  // A connection that breaks also rejects the query in flight; without a listener it would end the process.
  client.on("error", () => undefined);
  await client.connect();
  try {
    await client.query("begin transaction isolation level repeatable read read only");
    await client.query("set local role billtext_audit");
    await client.query("set local work_mem = '64MB'; set local jit = off");
    const result = await work(lookThrough(client));
    await client.query("rollback");
    return result;
  } finally {
    await client.end();
  }
}

/** Looks through a transaction that is open already. */
export function lookThrough(client: pg.ClientBase): Snapshot {
  return { find: (question) => find(client, question) };
}

async function find(client: pg.ClientBase, { looksAt, found, values = [] }: Question): Promise<Finding> {
  const looked = await client.query<{ n: string }>(`with ${CLOCK} ${looksAt}`);
  const { rows } = await client.query<{ n: string; examples: string[] | null }>(
    `with ${CLOCK}, violations as (select distinct id, what from (${found}) found)
     select count(*) as n, (array_agg(id || ' ' || what order by id, what))[1:${EXAMPLES_MAX}] as examples
     from violations`,
    [...values],
  );
  return {
    rows: Number(looked.rows[0]?.n ?? 0),
    violations: Number(rows[0]?.n ?? 0),
    examples: rows[0]?.examples ?? [],
  };
}
