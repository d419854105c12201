// The list of invoices.

import { InvoiceTable } from "#components/dashboard/invoice-table.tsx";
import { Empty } from "#components/dashboard/parts.tsx";
import { Alert } from "#components/ui/alert.tsx";
import { buttonClass } from "#components/ui/button.tsx";
import { Field } from "#components/ui/field.tsx";
import { SelectField } from "#components/ui/select-field.tsx";
import { ServiceError } from "#lib/domain/errors.ts";
import { INVOICE_STATES } from "#lib/domain/invoice.ts";
import { mayPerson } from "#lib/domain/permissions.ts";
import { type ListInvoicesInput, listInvoices } from "#lib/services/invoices/get.ts";
import { pageFrame } from "../page-frame.tsx";
import { type PlaceParams, requirePlace } from "../viewer.ts";

interface Asked {
  readonly params: Promise<PlaceParams>;
  readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>>;
}

const PAGE = 50;

export async function invoicesPage({ params, searchParams }: Asked) {
  const place = await requirePlace(params);
  const asked = await searchParams;
  const wanted = readFilter(asked);
  const found = await listInvoices(place.ctx, wanted).catch((error: unknown) => {
    if (error instanceof ServiceError && error.code === "invalid_request") return null;
    throw error;
  });
  const canCreate = mayPerson(place.role, "invoices.create", place.ctx.tenant.mode);
  return await pageFrame({
    place,
    current: "invoices",
    heading: "Invoices",
    actions: canCreate && (
      <a href={`${place.base}/invoices/new`} className={buttonClass("primary")}>
        New invoice
      </a>
    ),
    children: (format) => (
      <>
        <Filters asked={asked} />
        {found === null && <Alert tone="error">That page is not there any more. Start from the first.</Alert>}
        {found !== null && found.items.length === 0 && (
          <Empty>{hasFilter(asked) ? "No invoice fits these filters." : "No invoices yet."}</Empty>
        )}
        {found !== null && found.items.length > 0 && (
          <InvoiceTable
            rows={found.items.map(({ invoice }) => ({
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
        {found?.nextCursor != null && (
          <a href={nextHref(asked, found.nextCursor)} className={buttonClass()}>
            Older invoices
          </a>
        )}
      </>
    ),
  });
}

type AskedFilter = Readonly<Record<string, string | string[] | undefined>>;

const one = (value: string | string[] | undefined): string =>
  (Array.isArray(value) ? (value[0] ?? "") : (value ?? "")).trim().slice(0, 200);

function readFilter(asked: AskedFilter): ListInvoicesInput {
  const state = INVOICE_STATES.find((known) => known === one(asked.state));
  const reference = one(asked.reference);
  const last4 = one(asked.last4).replace(/\D/g, "").slice(-4);
  return {
    filter: {
      ...(state === undefined ? {} : { states: [state] }),
      ...(reference === "" ? {} : { merchantReference: reference }),
      ...(last4.length === 4 ? { phoneLast4: last4 } : {}),
    },
    phone: null,
    cursor: one(asked.after) === "" ? null : one(asked.after),
    limit: PAGE,
  };
}

function hasFilter(asked: AskedFilter): boolean {
  return ["state", "reference", "last4"].some((name) => one(asked[name]) !== "");
}

function nextHref(asked: AskedFilter, cursor: string): string {
  const query = new URLSearchParams({ after: cursor });
  for (const name of ["state", "reference", "last4"]) {
    if (one(asked[name]) !== "") query.set(name, one(asked[name]));
  }
  return `?${query}`;
}

function Filters({ asked }: { readonly asked: AskedFilter }) {
  return (
    <search>
      <form className="flex flex-wrap items-end gap-3">
        <SelectField
          name="state"
          label="State"
          options={[{ value: "", label: "Any" }, ...INVOICE_STATES]}
          defaultValue={one(asked.state)}
        />
        <Field name="reference" label="Reference" defaultValue={one(asked.reference)} maxLength={100} />
        <Field
          name="last4"
          label="Phone, last four"
          defaultValue={one(asked.last4)}
          inputMode="numeric"
          maxLength={4}
        />
        <button type="submit" className={buttonClass()}>
          Search
        </button>
      </form>
    </search>
  );
}
