// Invoices, a row each; on a phone a card each.

import { StateBadge } from "./parts.tsx";

export interface InvoiceRow {
  readonly id: string;
  readonly href: string;
  readonly amount: string;
  readonly state: string;
  readonly description: string;
  readonly phone: string;
  readonly reference: string | null;
  readonly created: string;
  readonly createdIso: string;
}

const HEAD = "px-3 py-2 text-left text-xs font-semibold text-stone-600 dark:text-stone-400";
const CELL = "block px-3 py-0.5 sm:table-cell sm:py-3 align-top";

export function InvoiceTable({ rows }: { readonly rows: readonly InvoiceRow[] }) {
  return (
    <div className="overflow-x-auto rounded-xl border border-stone-200 bg-white dark:border-stone-800 dark:bg-stone-900">
      <table className="w-full text-sm">
        <caption className="sr-only">Invoices, newest first</caption>
        <thead className="sr-only sm:not-sr-only sm:table-header-group">
          <tr className="border-b border-stone-200 dark:border-stone-800">
            <th scope="col" className={HEAD}>
              Amount
            </th>
            <th scope="col" className={HEAD}>
              State
            </th>
            <th scope="col" className={HEAD}>
              What for
            </th>
            <th scope="col" className={HEAD}>
              Payer
            </th>
            <th scope="col" className={HEAD}>
              Reference
            </th>
            <th scope="col" className={HEAD}>
              Made
            </th>
          </tr>
        </thead>
        <tbody className="divide-y divide-stone-200 dark:divide-stone-800">
          {rows.map((row) => (
            <tr key={row.id} className="block py-2 sm:table-row sm:py-0">
              <td className={`${CELL} font-semibold whitespace-nowrap`}>
                <a
                  href={row.href}
                  className="underline decoration-stone-400 underline-offset-4 hover:decoration-current"
                >
                  {row.amount}
                </a>
              </td>
              <td className={CELL}>
                <StateBadge state={row.state} />
              </td>
              <td className={`${CELL} break-words`}>{row.description}</td>
              <td className={`${CELL} whitespace-nowrap`}>{row.phone}</td>
              <td className={`${CELL} break-all`}>
                {row.reference ?? <span className="sr-only">none</span>}
              </td>
              <td className={`${CELL} whitespace-nowrap text-stone-600 dark:text-stone-400`}>
                <time dateTime={row.createdIso}>{row.created}</time>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
