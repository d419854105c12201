// A call for each operation that can be pasted into a shell: with $API and $KEY set it works against the demo. What
// it works on is made first, by calls of the same kind. A test runs every one.

import { ROUTES } from "../routes.ts";

export interface Call {
  readonly method: string;
  /** `$NAME` stands for what an earlier call made. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Something to work on: the shell variable that holds its id, and the call that makes it. */
interface Preparation {
  readonly what: string;
  readonly after?: readonly PreparationName[];
  readonly call: Call;
}

const PREPARATIONS = {
  INVOICE: {
    what: "An invoice to work on",
    call: {
      method: "POST",
      path: "/invoices",
      body: {
        amount: 24_900,
        currency: "NOK",
        payer: { phone: "+4790000000" },
        description: "Swimming gala, two tickets",
        send_sms: false,
      },
    },
  },
  PAYMENT: {
    what: "A payment to work on",
    after: ["INVOICE"],
    call: { method: "POST", path: "/payments", body: { invoice: "$INVOICE", method: "card" } },
  },
} as const satisfies Readonly<Record<string, unknown>>;

export type PreparationName = keyof typeof PREPARATIONS;

/** By operation; what its path names is prepared in any case. */
const EXAMPLES: Readonly<
  Record<
    string,
    { readonly after?: readonly PreparationName[]; readonly query?: Call["query"]; readonly body?: unknown }
  >
> = {
  createInvoice: {
    body: {
      amount: 24_900,
      currency: "NOK",
      payer: { phone: "+4790000000" },
      description: "Swimming gala, two tickets",
      merchant_reference: "2027-118",
      lines: [{ description: "Ticket", quantity: 2, unit_amount: 12_450, tax_rate: 12 }],
    },
  },
  listInvoices: { query: { state: "open", limit: "5" } },
  listInvoiceEvents: { query: { limit: "50" } },
  createPayment: { after: ["INVOICE"], body: { invoice: "$INVOICE", method: "card" } },
  listPayments: { query: { limit: "5" } },
  updateMerchant: { body: { locale: "en", after_payment: "receipt" } },
};

/** Which variable holds the id that stands after a noun in a path. */
const VARIABLES: Readonly<Record<string, PreparationName>> = { invoices: "INVOICE", payments: "PAYMENT" };

/** The shell text for one operation. What nothing is prepared for is left as `$ID`: a test finds it. */
export function curlFor(method: string, path: string): string {
  const routes: Readonly<Record<string, Readonly<Partial<Record<string, Described>>>>> = ROUTES;
  const operation = routes[path]?.[method];
  if (operation === undefined) throw new Error(`There is no ${method} ${path}.`);
  const { after = [], query, body } = EXAMPLES[operation.doc.id] ?? {};
  const own = [...path.matchAll(/([a-z_]+)\/\{\w+\}/g)].flatMap(([, noun = ""]) => VARIABLES[noun] ?? []);
  const call: Call = {
    method,
    path: path.replaceAll(/([a-z_]+)\/\{\w+\}/g, (_, noun: string) => `${noun}/$${VARIABLES[noun] ?? "ID"}`),
    ...(query === undefined ? {} : { query }),
    ...(body === undefined ? {} : { body }),
  };
  const steps = inOrder([...after, ...own]).map((name) => prepare(name));
  return [...steps, curl(call, operation.isKeyed)].join("\n\n");
}

interface Described {
  readonly doc: { readonly id: string };
  readonly isKeyed: boolean;
}

/** Each once, what others need first. */
function inOrder(names: readonly PreparationName[]): PreparationName[] {
  const ordered = names.flatMap((name): PreparationName[] => {
    const { after = [] }: Preparation = PREPARATIONS[name];
    return [...inOrder(after), name];
  });
  return [...new Set(ordered)];
}

/** All that is kept of the answer is the first id in it. */
function prepare(name: PreparationName): string {
  const { what, call }: Preparation = PREPARATIONS[name];
  const asked = curl(call, call.method === "POST", true);
  return `# ${what}\n${name}=$(${asked} \\\n  | grep -o '"id":"[^"]*' | head -n 1 | cut -d '"' -f 4)`;
}

function curl({ method, path, query, body }: Call, isKeyed: boolean, isShort = false): string {
  const search = query === undefined ? "" : `?${new URLSearchParams(query).toString()}`;
  const parts = [
    `curl -sS ${method === "GET" ? "" : `-X ${method} `}"$API${path}${search}"`,
    '-H "Authorization: Bearer $KEY"',
    // A fresh one each time it is run.
    ...(isKeyed ? ['-H "Idempotency-Key: demo-$RANDOM$RANDOM"'] : []),
    ...(body === undefined
      ? []
      : ['-H "Content-Type: application/json"', `-d '${shellJson(body, isShort)}'`]),
  ];
  return parts.join(" \\\n  ");
}

/** JSON inside single quotes; variables stand outside of them. */
function shellJson(body: unknown, isShort: boolean): string {
  const json = isShort ? layOut(body, Number.POSITIVE_INFINITY) : layOut(body, LINE_LENGTH);
  return json
    .replaceAll("\n", "\n  ")
    .replaceAll("'", "'\\''")
    .replaceAll(/\$([A-Z_]+)/g, "'\"$$$1\"'");
}

const LINE_LENGTH = 60;

/** JSON for people: what is short stands on one line. */
function layOut(value: unknown, lineLength: number): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{ ", " }"];
  const parts = Array.isArray(value)
    ? value.map((child) => layOut(child, lineLength))
    : Object.entries(value).map(([key, child]) => `"${key}": ${layOut(child, lineLength)}`);
  const line = `${open}${parts.join(", ")}${close}`;
  if (parts.length === 0) return `${open}${close}`.replaceAll(" ", "");
  if (line.length <= lineLength && !line.includes("\n")) return line;
  return `${open.trim()}\n${parts.map((part) => `  ${part.replaceAll("\n", "\n  ")}`).join(",\n")}\n${close.trim()}`;
}
