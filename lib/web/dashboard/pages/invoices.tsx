// The list of invoices.

import { redirect } from "next/navigation";
import { InvoiceTable } from "#components/dashboard/invoice-table.tsx";
import { Empty } from "#components/dashboard/parts.tsx";
import { Alert } from "#components/ui/alert.tsx";
import { buttonClass } from "#components/ui/button.tsx";
import { Field } from "#components/ui/field.tsx";
import { SelectField } from "#components/ui/select-field.tsx";
import { ServiceError } from "#lib/domain/errors.ts";
import { INVOICE_STATES } from "#lib/domain/invoice.ts";
import { mayPerson } from "#lib/domain/permissions.ts";
import type { ServiceContext } from "#lib/services/context.ts";
import { type InvoicePage, type SearchInvoicesInput, searchInvoices } from "#lib/services/invoices/search.ts";
import { searchText, type TextKind } from "#lib/services/invoices/search-text.ts";
import { pageFrame } from "../page-frame.tsx";
import { type PlaceParams, requirePlace } from "../viewer.ts";

type AskedFilter = Readonly<Record<string, string | string[] | undefined>>;

interface Asked {
  readonly params: Promise<PlaceParams>;
  readonly searchParams: Promise<AskedFilter>;
}

const PAGE = 50;

const FOUND_AS: { readonly [K in TextKind]: string } = {
  phone: "Invoices to this phone",
  reference: "Invoices with this reference",
  last4: "Invoices to phones that end so",
  amount: "Invoices of this amount",
  reference_prefix: "Invoices whose reference begins so",
};

export async function invoicesPage({ params, searchParams }: Asked) {
  const place = await requirePlace(params);
  const asked = await searchParams;
  const found = await find(place.ctx, asked);
  if (found.kind === "invoice") redirect(`${place.base}/invoices/${found.id}`);
  const { mode } = place.ctx.tenant;
  const page = found.kind === "page" ? found.page : null;
  return await pageFrame({
    place,
    current: "invoices",
    heading: "Invoices",
    actions: (
      <div className="flex flex-wrap gap-3">
        {mayPerson(place.role, "exports.make", mode) && (
          <form method="post" action={`${place.base}/invoices/export`}>
            <input type="hidden" name="state" value={one(asked.state)} />
            <button type="submit" className={buttonClass()}>
              Export as CSV
            </button>
          </form>
        )}
        {mayPerson(place.role, "invoices.create", mode) && (
          <a href={`${place.base}/invoices/new`} className={buttonClass("primary")}>
            New invoice
          </a>
        )}
      </div>
    ),
    children: (format) => (
      <>
        <Filters asked={asked} />
        {found.kind === "page" && found.as !== null && <p className="text-sm">{FOUND_AS[found.as]}:</p>}
        {found.kind === "gone" && (
          <Alert tone="error">That page is not there any more. Start from the first.</Alert>
        )}
        {(found.kind === "nothing" || page?.items.length === 0) && (
          <Empty>{hasFilter(asked) ? "No invoice fits." : "No invoices yet."}</Empty>
        )}
        {page !== null && page.items.length > 0 && (
          <InvoiceTable
            rows={page.items.map(({ invoice }) => ({
              id: invoice.id,
              href: `${place.base}/invoices/${invoice.id}`,
              amount: format.money(invoice.amountDue),
              state: invoice.state,
              description: invoice.description,
              phone: `••• ${invoice.phoneLast4}`,
              reference: invoice.merchantReference,
              created: format.time(invoice.createdAt),
              createdIso: invoice.createdAt.toISOString(),
            }))}
          />
        )}
        <nav aria-label="Pages of the list" className="flex flex-wrap gap-3">
          {page?.previousCursor != null && (
            <a href={cursorHref(asked, page.previousCursor)} className={buttonClass()}>
              Previous
            </a>
          )}
          {page?.nextCursor != null && (
            <a href={cursorHref(asked, page.nextCursor)} className={buttonClass()}>
              Next
            </a>
          )}
        </nav>
      </>
    ),
  });
}

type Found =
  | { readonly kind: "page"; readonly page: InvoicePage; readonly as: TextKind | null }
  | { readonly kind: "invoice"; readonly id: string }
  | { readonly kind: "nothing" }
  /** The cursor is none of this list. */
  | { readonly kind: "gone" };

async function find(ctx: ServiceContext, asked: AskedFilter): Promise<Found> {
  const text = one(asked.q);
  const meant = text === "" ? null : await searchText(ctx, text);
  if (meant?.kind === "nothing" || meant?.kind === "invoice") return meant;
  const state = INVOICE_STATES.find((known) => known === one(asked.state));
  const input: SearchInvoicesInput = {
    filter: { ...meant?.filter, ...(state === undefined ? {} : { states: [state] }) },
    phone: meant?.phone ?? null,
    sort: null,
    cursor: one(asked.at) === "" ? null : one(asked.at),
    limit: PAGE,
  };
  try {
    return { kind: "page", page: await searchInvoices(ctx, input), as: meant?.as ?? null };
  } catch (error) {
    if (error instanceof ServiceError && error.code === "invalid_request") return { kind: "gone" };
    throw error;
  }
}

const one = (value: string | string[] | undefined): string =>
  (Array.isArray(value) ? (value[0] ?? "") : (value ?? "")).trim().slice(0, 500);

const hasFilter = (asked: AskedFilter) => one(asked.q) !== "" || one(asked.state) !== "";

function cursorHref(asked: AskedFilter, cursor: string): string {
  const query = new URLSearchParams();
  for (const name of ["q", "state"]) if (one(asked[name]) !== "") query.set(name, one(asked[name]));
  query.set("at", cursor);
  return `?${query}`;
}

function Filters({ asked }: { readonly asked: AskedFilter }) {
  return (
    <search>
      <form className="flex flex-wrap items-end gap-3">
        <Field
          name="q"
          label="Search"
          hint="Phone, its last four digits, reference, amount, link or id."
          defaultValue={one(asked.q)}
          maxLength={200}
        />
        <SelectField
          name="state"
          label="State"
          options={[{ value: "", label: "Any" }, ...INVOICE_STATES]}
          defaultValue={one(asked.state)}
        />
        <button type="submit" className={buttonClass()}>
          Search
        </button>
      </form>
    </search>
  );
}
