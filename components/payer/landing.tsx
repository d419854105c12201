// The link itself: who bills, what for, how much, and a button for each way to pay that says what it does.

import type { ReactNode } from "react";
import type { PaymentMethod } from "#lib/domain/payment.ts";
import { InvoiceSummary, type SummaryInvoice } from "./invoice-summary.tsx";
import { ChangedNote, Note, PostButton, TextLink } from "./parts.tsx";
import type { PayerText } from "./text.ts";

export interface LandingMethod {
  readonly method: PaymentMethod;
  /** True where our own code by SMS is the consent. */
  readonly needsOwnCode: boolean;
}

export interface LandingProps {
  readonly text: PayerText;
  readonly merchantName: string;
  readonly invoice: SummaryInvoice;
  readonly phoneLast4: string;
  readonly methods: readonly LandingMethod[];
  /** The method of an attempt that can be gone on with. */
  readonly started: PaymentMethod | null;
  readonly hasSuperseded: boolean;
  /** True where no code can be sent today any more. */
  readonly isOutOfCodes: boolean;
  /** True where the payer has just acted on a page that asked for another amount. */
  readonly isChanged: boolean;
  readonly payAction: string;
  readonly proof: string;
  readonly cancelUrl: string | null;
  /** Notes about money that an earlier attempt brought. */
  readonly children: ReactNode;
}

export function Landing(props: LandingProps) {
  const { text, merchantName, methods, started, cancelUrl } = props;
  return (
    <>
      <h1 className="sr-only">{text.t("choose_title", { merchant: merchantName })}</h1>
      <InvoiceSummary text={text} merchantName={merchantName} invoice={props.invoice} />
      {props.isChanged && <ChangedNote text={text} />}
      {props.children}
      {props.hasSuperseded && <Note>{text.t("superseded_note")}</Note>}
      {props.isOutOfCodes && (
        <div role="alert">
          <Note>{text.t("out_of_codes_note")}</Note>
        </div>
      )}
      {started === "card" && <Note>{text.t("continue_note")}</Note>}
      {methods.length === 0 ? (
        <Note>{text.t("no_methods", { merchant: merchantName })}</Note>
      ) : (
        <section className="mt-6" aria-labelledby="how">
          <h2 id="how" className={methods.length === 1 ? "sr-only" : "mb-3 text-lg font-semibold"}>
            {text.t("choose_heading")}
          </h2>
          <ul className="space-y-4">
            {methods.map((entry, index) => (
              <li key={entry.method}>
                <MethodButton {...props} entry={entry} isPrimary={index === 0} />
              </li>
            ))}
          </ul>
        </section>
      )}
      {cancelUrl !== null && (
        <TextLink href={cancelUrl} label={text.t("back_to_merchant", { merchant: merchantName })} />
      )}
    </>
  );
}

function MethodButton(props: LandingProps & { readonly entry: LandingMethod; readonly isPrimary: boolean }) {
  const { text, entry, invoice, started } = props;
  const amount = text.money(invoice.amountDue);
  const isContinued = started === entry.method && entry.method === "card";
  const noteId = `about-${entry.method}`;
  const note = entry.needsOwnCode ? `pay_${entry.method}_code_note` : `pay_${entry.method}_note`;
  return (
    <>
      <PostButton
        action={props.payAction}
        proof={props.proof}
        fields={{ method: entry.method }}
        label={isContinued ? text.t("continue_card") : text.t(`pay_${entry.method}`, { amount })}
        isPrimary={props.isPrimary}
        describedBy={noteId}
      />
      <p id={noteId} className="mt-1.5 text-sm text-stone-600 dark:text-stone-400">
        {text.t(note, { last4: props.phoneLast4 })}
      </p>
    </>
  );
}
