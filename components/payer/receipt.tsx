// The receipt: permanent, printable, everything that was agreed and paid.

import type { ReactNode } from "react";
import { LinesTable, type SummaryInvoice } from "./invoice-summary.tsx";
import { CheckMark, Heading, LinkButton, Note, Paragraph } from "./parts.tsx";
import type { PayerText } from "./text.ts";

export interface ReceiptProps {
  readonly text: PayerText;
  readonly merchantName: string;
  readonly invoice: SummaryInvoice;
  /** True where the merchant has marked it as paid in another way. */
  readonly isOutside: boolean;
  /** True where a try of the payer's may still take money that is not owed any more. */
  readonly mayStillGoThrough: boolean;
  readonly paidAt: Date | null;
  readonly method: string;
  /** Identifier of the payment, for questions about it. */
  readonly paymentId: string | null;
  readonly returnUrl: string | null;
  /** What is to be known about money that went back. */
  readonly children?: ReactNode;
}

export function Receipt(props: ReceiptProps) {
  const { text, merchantName, invoice, paidAt, returnUrl } = props;
  const amount = text.money(invoice.amountDue);
  return (
    <>
      <CheckMark />
      <Heading>{text.t(props.isOutside ? "paid_outside_heading" : "paid_heading")}</Heading>
      <Paragraph>
        {text.t(props.isOutside ? "paid_outside_text" : "paid_text", { merchant: merchantName, amount })}
      </Paragraph>
      {props.mayStillGoThrough && <Note>{text.t("paid_outside_pending_note")}</Note>}
      {props.children}
      <section className="mt-6" aria-labelledby="receipt">
        <h2 id="receipt" className="font-semibold break-words">
          {text.t("receipt_for", { merchant: merchantName })}
        </h2>
        <dl className="mt-2 divide-y divide-stone-200 border-y border-stone-200 text-sm dark:divide-stone-700 dark:border-stone-700">
          <Fact name={text.t("details")} value={invoice.description} />
          {invoice.merchantReference !== null && (
            <Fact name={text.t("reference")} value={invoice.merchantReference} />
          )}
          {paidAt !== null && <Fact name={text.t("receipt_paid_at")} value={text.time(paidAt)} />}
          <Fact name={text.t("receipt_method")} value={props.method} />
          {props.paymentId !== null && <Fact name={text.t("receipt_number")} value={props.paymentId} />}
        </dl>
        <LinesTable text={text} invoice={invoice} />
      </section>
      {returnUrl !== null && (
        <div className="mt-6">
          <LinkButton
            href={returnUrl}
            label={text.t("back_to_merchant", { merchant: merchantName })}
            isPrimary={true}
          />
        </div>
      )}
      <p className="mt-6 text-sm text-stone-600 dark:text-stone-400 print:hidden">{text.t("print_hint")}</p>
    </>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div className="flex flex-wrap justify-between gap-x-4 py-2">
      <dt className="text-stone-600 dark:text-stone-400">{name}</dt>
      <dd className="min-w-0 break-words">
        <bdi>{value}</bdi>
      </dd>
    </div>
  );
}
