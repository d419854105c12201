// Who bills, what for, how much, until when.

import { lineTotalMinor, taxPerRate } from "#lib/domain/lines.ts";
import { money } from "#lib/domain/money.ts";
import type { Invoice } from "#lib/domain/records.ts";
import type { PayerText } from "./text.ts";

export type SummaryInvoice = Pick<
  Invoice,
  "amountDue" | "description" | "merchantReference" | "lines" | "dueAt" | "expiresAt"
>;

export function InvoiceSummary(props: {
  readonly text: PayerText;
  readonly merchantName: string;
  readonly invoice: SummaryInvoice;
}) {
  const { text, merchantName, invoice } = props;
  return (
    <>
      <p className="text-base break-words text-stone-600 dark:text-stone-400">
        <bdi>{merchantName}</bdi>
      </p>
      <p className="mt-1 text-4xl leading-tight font-semibold tracking-tight break-words tabular-nums">
        <span className="sr-only">{text.t("amount_label")}: </span>
        {text.money(invoice.amountDue)}
      </p>
      <p className="mt-2 text-lg leading-snug break-words">
        <bdi>{invoice.description}</bdi>
      </p>
      <ul className="mt-3 space-y-0.5 text-sm text-stone-600 dark:text-stone-400">
        {invoice.merchantReference !== null && (
          <li className="break-words">
            {text.t("reference")} <bdi>{invoice.merchantReference}</bdi>
          </li>
        )}
        {invoice.dueAt !== null && <li>{text.t("due", { date: text.day(invoice.dueAt) })}</li>}
        <li>{text.t("pay_by", { date: text.time(invoice.expiresAt) })}</li>
      </ul>
      {invoice.lines.length > 0 && (
        <details className="mt-4 border-y border-stone-200 py-1 dark:border-stone-700">
          <summary className="cursor-pointer py-2 font-medium">{text.t("details")}</summary>
          <LinesTable text={text} invoice={invoice} />
        </details>
      )}
    </>
  );
}

/** Lines and the tax inside them; stays readable at 320 px. */
export function LinesTable({
  text,
  invoice,
}: {
  readonly text: PayerText;
  readonly invoice: SummaryInvoice;
}) {
  const { currency } = invoice.amountDue;
  const hasLines = invoice.lines.length > 0;
  const amount = (minor: bigint) => text.money(money(minor, currency));
  return (
    <table className="my-2 w-full text-left text-sm">
      {hasLines && (
        <thead className="sr-only">
          <tr>
            <th scope="col">{text.t("item")}</th>
            <th scope="col">{text.t("line_total")}</th>
          </tr>
        </thead>
      )}
      <tbody>
        {invoice.lines.map((line, index) => (
          // Lines have no identity of their own, and never change their order.
          // biome-ignore lint/suspicious/noArrayIndexKey: rendered once, to text.
          <tr key={index} className="align-top">
            <td className="py-1.5 pr-3 wrap-anywhere">
              <bdi>{line.description}</bdi>
              {line.quantity !== 1 && (
                <span className="block text-stone-600 dark:text-stone-400">
                  {line.quantity} × {amount(line.unitAmountMinor)}
                </span>
              )}
            </td>
            <td className="py-1.5 text-right whitespace-nowrap tabular-nums">
              {amount(lineTotalMinor(line))}
            </td>
          </tr>
        ))}
      </tbody>
      <tfoot className={hasLines ? "border-t border-stone-200 dark:border-stone-700" : ""}>
        <tr className="font-semibold">
          <th scope="row" className="py-1.5 pr-3 text-left">
            {text.t("total")}
          </th>
          <td className="py-1.5 text-right whitespace-nowrap tabular-nums">
            {text.money(invoice.amountDue)}
          </td>
        </tr>
        {taxPerRate(invoice.lines).map((tax) => (
          <tr key={tax.rateBasisPoints} className="text-stone-600 dark:text-stone-400">
            <th scope="row" className="py-0.5 pr-3 text-left font-normal">
              {text.t("tax_included", { rate: (tax.rateBasisPoints / 100).toLocaleString(text.locale) })}
            </th>
            <td className="py-0.5 text-right whitespace-nowrap tabular-nums">{amount(tax.taxMinor)}</td>
          </tr>
        ))}
      </tfoot>
    </table>
  );
}
