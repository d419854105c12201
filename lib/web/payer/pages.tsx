// What each payer page is given, from the payer's view of the invoice.

import type { ReactElement } from "react";
import { CarrierPage } from "#components/payer/carrier-page.tsx";
import { CodeForm } from "#components/payer/code.tsx";
import { PayerDocument } from "#components/payer/document.tsx";
import { Landing } from "#components/payer/landing.tsx";
import { Message } from "#components/payer/message.tsx";
import { MoneyBackNotes } from "#components/payer/money-back.tsx";
import { LinkButton, TextLink } from "#components/payer/parts.tsx";
import { Receipt } from "#components/payer/receipt.tsx";
import type { PayerMerchant, PayerText } from "#components/payer/text.ts";
import { isStill, WAITING_HEADINGS, Waiting, type WaitingFor } from "#components/payer/waiting.tsx";
import { money } from "#lib/domain/money.ts";
import type { PayerPage } from "#lib/domain/payer-step.ts";
import { isOpenPayment, type PaymentMethod } from "#lib/domain/payment.ts";
import type { Payment } from "#lib/domain/records.ts";
import type { PayerView } from "#lib/services/payers/view.ts";
import { payerText } from "./translator.ts";

export interface PageInput {
  readonly view: PayerView;
  /** Path of the invoice's pages, `/i/<token>`. */
  readonly base: string;
  readonly proof: string;
  /** Only this method is offered. */
  readonly onlyMethod?: PaymentMethod;
  /** False where the payer has switched off that the waiting page asks for itself. */
  readonly isRefreshing?: boolean;
  /** True where the rail has just said how the attempt stands. */
  readonly isAnswered?: boolean;
  readonly codeError?: CodeError;
  /** True where this phone has had its texts of the day, so that no code can be sent. */
  readonly isOutOfCodes?: boolean;
  /** True where the page that a form was sent from asked for another amount. */
  readonly isChanged?: boolean;
}

/**
 * Tries that are left for the code, after a wrong one; `format` for something that is no code, `unchecked` where
 * the carrier has not said what it makes of it.
 */
export type CodeError = number | "format" | "unchecked";

const REFRESH_SECONDS = 4;

export function renderPage(name: PayerPage, input: PageInput): ReactElement {
  const text = textFor(input.view);
  switch (name) {
    case "landing":
      return landingPage(text, input);
    case "waiting":
      return waitingPage(text, input);
    case "code":
      return codePage(text, input);
    case "failed":
      return failedPage(text, input);
    case "receipt":
      return receiptPage(text, input);
    case "closed":
      return closedPage(text, input);
  }
}

function textFor({ invoice, merchant }: PayerView): PayerText {
  return payerText({ locale: invoice.locale, country: merchant.country, timeZone: merchant.timeZone });
}

function documentOf(text: PayerText, view: PayerView, title: string) {
  return { text, title, merchant: toPayerMerchant(view), isTest: view.invoice.mode === "test" };
}

/** Nothing but what the footer shows. */
function toPayerMerchant({ merchant }: PayerView): PayerMerchant {
  const { name, legalName, address, registrationNumber, contactEmail, contactPhone, contactUrl } = merchant;
  return { name, legalName, address, registrationNumber, contactEmail, contactPhone, contactUrl };
}

function landingPage(text: PayerText, input: PageInput): ReactElement {
  const { view, base, proof, onlyMethod, isOutOfCodes = false, isChanged = false } = input;
  const { invoice, merchant, attempt, step } = view;
  const offers = view.offers.filter((offer) => onlyMethod === undefined || offer.method === onlyMethod);
  return (
    // A preview shows the title, so it names no one and no amount.
    <PayerDocument {...documentOf(text, view, text.t("choose_heading"))}>
      <Landing
        text={text}
        merchantName={merchant.name}
        invoice={invoice}
        phoneLast4={invoice.phoneLast4}
        methods={offers.map(({ method }) => ({ method, needsOwnCode: view.ownCodeMethods.includes(method) }))}
        started={step === "continue" ? (attempt?.method ?? null) : null}
        hasSuperseded={view.superseded.length > 0}
        isOutOfCodes={isOutOfCodes}
        isChanged={isChanged}
        payAction={`${base}/pay`}
        proof={proof}
        cancelUrl={invoice.cancelUrl}
      >
        {moneyBackNotes(text, view)}
      </Landing>
    </PayerDocument>
  );
}

function waitingPage(text: PayerText, input: PageInput): ReactElement {
  const { view, base, proof, isRefreshing = true, isAnswered = false } = input;
  const { invoice, attempt } = view;
  const reason = waitingReason(attempt, isAnswered);
  const off = `${base}/waiting?refresh=off`;
  const on = `${base}/waiting`;
  const refreshes = isRefreshing && !isStill(reason);
  const isReserved = reason === "reserved_on_bill" || reason === "reserved_on_card";
  return (
    <PayerDocument
      {...documentOf(text, view, text.t(WAITING_HEADINGS[reason]))}
      {...(refreshes ? { refresh: { seconds: REFRESH_SECONDS, url: on } } : {})}
    >
      <Waiting
        text={text}
        reason={reason}
        merchantName={view.merchant.name}
        amount={text.money(invoice.amountDue)}
        phoneLast4={invoice.phoneLast4}
        checkUrl={isRefreshing ? on : off}
        refreshSeconds={isRefreshing ? REFRESH_SECONDS : null}
        toggleUrl={isRefreshing ? off : on}
        payAction={`${base}/pay`}
        changeAction={`${base}/change`}
        proof={proof}
        returnUrl={isReserved ? invoice.returnUrl : null}
        canChange={!BUSY.has(reason) && view.offers.some((offer) => offer.method !== attempt?.method)}
      />
    </PayerDocument>
  );
}

/** The rail is at work, and must not be overtaken. */
const BUSY: ReadonlySet<WaitingFor> = new Set(["processing", "releasing"]);

/** That nothing was charged on the hosted page is said only when the rail has just said so. */
function waitingReason(attempt: Payment | null, isAnswered: boolean): WaitingFor {
  if (attempt === null || attempt.unknownSince !== null) return "unknown";
  if (attempt.state === "authorized") {
    if (attempt.captureRequestedAt !== null) return "processing";
    if (attempt.cancelRequestedAt !== null) return "releasing";
    return attempt.method === "card" ? "reserved_on_card" : "reserved_on_bill";
  }
  if (attempt.isProcessing) return "processing";
  if (attempt.redirectUrl !== null) return isAnswered ? "hosted_page" : "unknown";
  return attempt.method === "card" ? "opening" : "approval";
}

function codePage(text: PayerText, input: PageInput): ReactElement {
  const { view, base, proof, codeError, isChanged = false } = input;
  const { invoice, merchant, attempt } = view;
  const isCarriers = attempt?.state === "pending_validation";
  if (isCarriers && attempt.validation?.by === "link")
    return carrierPage(text, input, attempt.validation.url);
  const error = codeError === undefined ? null : codeErrorText(text, codeError, isCarriers);
  const heading = text.t(isCarriers ? "carrier_code_heading" : "code_title");
  const title = error === null ? heading : `${text.t("code_error_title")}: ${heading}`;
  return (
    <PayerDocument {...documentOf(text, view, title)}>
      <CodeForm
        text={text}
        merchantName={merchant.name}
        amount={text.money(invoice.amountDue)}
        phoneLast4={invoice.phoneLast4}
        isCarriers={isCarriers}
        isReserving={attempt?.shouldCapture === false}
        action={`${base}/code`}
        changeAction={`${base}/change`}
        proof={proof}
        isChanged={isChanged}
        error={error}
      />
    </PayerDocument>
  );
}

/** The carrier may end it sooner than we do, by a count of its own. */
function codeErrorText(text: PayerText, error: CodeError, isCarriers: boolean): string {
  if (error === "unchecked") return text.t("code_unchecked");
  if (error === "format") return text.t(isCarriers ? "carrier_code_format" : "code_format");
  return text.t(isCarriers ? "carrier_code_wrong" : "code_wrong", { left: error });
}

function carrierPage(text: PayerText, { view, base, proof }: PageInput, url: string | null): ReactElement {
  const { invoice, merchant } = view;
  return (
    <PayerDocument {...documentOf(text, view, text.t("carrier_page_heading"))}>
      <CarrierPage
        text={text}
        merchantName={merchant.name}
        amount={text.money(invoice.amountDue)}
        phoneLast4={invoice.phoneLast4}
        url={url ?? `${base}/waiting`}
        checkUrl={`${base}/waiting`}
        changeAction={`${base}/change`}
        proof={proof}
      />
    </PayerDocument>
  );
}

function failedPage(text: PayerText, { view, base }: PageInput): ReactElement {
  const { attempt, invoice, merchant } = view;
  const declineCode = attempt?.declineCode ?? null;
  const why = declineCode === null ? "decline_expired" : `decline_${declineCode}`;
  return (
    <PayerDocument {...documentOf(text, view, text.t("failed_title"))}>
      <Message
        heading={text.t("failed_heading")}
        paragraphs={[...notCharged(text, view), text.t(why), text.t("failed_try_again")]}
      >
        {moneyBackNotes(text, view)}
        <LinkButton href={base} label={text.t("choose_again")} isPrimary={true} />
        {invoice.failureUrl !== null && (
          <LinkButton
            href={invoice.failureUrl}
            label={text.t("back_to_merchant", { merchant: merchant.name })}
            isPrimary={false}
          />
        )}
      </Message>
    </PayerDocument>
  );
}

/** How much of "no money left" is known: another attempt may have taken some, and a person's word is no rail's. */
function notCharged(text: PayerText, { attempt, moneyBack, superseded }: PayerView): string[] {
  if (attempt?.declineCode === "voided_by_merchant") return [];
  const isAboutThisOnly = moneyBack.length > 0 || superseded.length > 0;
  return [text.t(isAboutThisOnly ? "no_money_by_this" : "no_money_left")];
}

function receiptPage(text: PayerText, { view }: PageInput): ReactElement {
  const { invoice, merchant, accepted } = view;
  const isOutside = invoice.paidBy === "outside";
  return (
    <PayerDocument {...documentOf(text, view, text.t("receipt_title"))}>
      <Receipt
        text={text}
        merchantName={merchant.name}
        invoice={invoice}
        isOutside={isOutside}
        mayStillGoThrough={isOutside && mayStillGoThrough(view)}
        paidAt={invoice.paidAt}
        method={methodText(text, accepted, invoice.phoneLast4)}
        paymentId={accepted?.id ?? null}
        returnUrl={invoice.returnUrl}
      >
        {moneyBackNotes(text, view)}
      </Receipt>
    </PayerDocument>
  );
}

function moneyBackNotes(text: PayerText, { moneyBack, merchant }: PayerView): ReactElement {
  return <MoneyBackNotes text={text} merchantName={merchant.name} entries={moneyBack} />;
}

function methodText(text: PayerText, payment: Payment | null, last4: string): string {
  if (payment === null) return text.t("method_outside");
  const { cardBrand, cardLast4 } = payment.railDetails;
  if (payment.method === "card" && cardBrand !== undefined && cardLast4 !== undefined) {
    return text.t("method_card_detail", { brand: capitalised(cardBrand), last4: cardLast4 });
  }
  return payment.method === "carrier_billing"
    ? text.t("method_carrier_billing_detail", { last4 })
    : text.t(`method_${payment.method}`);
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** An attempt of the payer's, given up or not, that nobody knows the end of yet. */
function mayStillGoThrough({ superseded, attempt }: PayerView): boolean {
  return superseded.length > 0 || (attempt !== null && isOpenPayment(attempt.state));
}

function closedPage(text: PayerText, input: PageInput): ReactElement {
  const { view, base } = input;
  const { invoice, merchant, step } = view;
  const amount = text.money(invoice.amountDue);
  const isInDoubt = mayStillGoThrough(view);
  switch (step) {
    case "paid": {
      const paid = text.money(money(invoice.amountPaidMinor, invoice.amountDue.currency));
      const date = text.day(invoice.paidAt ?? view.now);
      return (
        <PayerDocument {...documentOf(text, view, text.t("already_paid_title"))}>
          <Message
            heading={text.t("already_paid_heading")}
            paragraphs={
              invoice.paidBy === "outside"
                ? [text.t("already_paid_outside_text", { merchant: merchant.name, amount: paid, date })]
                : [text.t("already_paid_text", { amount: paid, date })]
            }
          >
            {moneyBackNotes(text, view)}
            <LinkButton href={`${base}/receipt`} label={text.t("see_receipt")} isPrimary={true} />
          </Message>
        </PayerDocument>
      );
    }
    case "cancelled":
      return (
        <PayerDocument {...documentOf(text, view, text.t("cancelled_title"))}>
          <Message
            heading={text.t("cancelled_heading", { merchant: merchant.name })}
            paragraphs={[
              text.t(isInDoubt ? "cancelled_pending_text" : "cancelled_text", {
                amount,
                description: invoice.description,
              }),
            ]}
          >
            {moneyBackNotes(text, view)}
            {invoice.cancelUrl !== null && backButton(text, invoice.cancelUrl, merchant.name)}
          </Message>
        </PayerDocument>
      );
    default: {
      const date = text.time(invoice.expiresAt);
      return (
        <PayerDocument {...documentOf(text, view, text.t("expired_title"))}>
          <Message
            heading={text.t("expired_heading")}
            paragraphs={[
              text.t(expiredText(isInDoubt, view.moneyBack.length > 0), { amount, date }),
              text.t("expired_contact", { merchant: merchant.name }),
            ]}
          >
            {moneyBackNotes(text, view)}
            {invoice.cancelUrl !== null && backButton(text, invoice.cancelUrl, merchant.name)}
          </Message>
        </PayerDocument>
      );
    }
  }
}

/** That nothing was charged is said only where it is so. */
function expiredText(mayStillGoThrough: boolean, wasCharged: boolean): string {
  if (mayStillGoThrough) return "expired_pending_text";
  return wasCharged ? "expired_charged_text" : "expired_text";
}

function backButton(text: PayerText, href: string, merchant: string): ReactElement {
  return <LinkButton href={href} label={text.t("back_to_merchant", { merchant })} isPrimary={false} />;
}

/**
 * Leaves for the merchant's page by itself, after a form. Browsers hold the redirects that follow a form to the
 * policy's form-action, the merchant's own redirects included; a page that was shown is held to nothing.
 */
export function renderLeaving(view: PayerView, url: string): ReactElement {
  const text = textFor(view);
  const label = text.t("back_to_merchant", { merchant: view.merchant.name });
  return (
    <PayerDocument {...documentOf(text, view, text.t("go_on"))} refresh={{ seconds: 0, url }}>
      <Message heading={text.t("go_on")} paragraphs={[]}>
        <LinkButton href={url} label={label} isPrimary={true} />
      </Message>
    </PayerDocument>
  );
}

/** Pages that belong to no invoice, or must not tell which. */
export type PlainPage = "home" | "not_found" | "unavailable" | "refused";

export function renderPlainPage(name: PlainPage, locale: string): ReactElement {
  const text = payerText({ locale, country: null, timeZone: "UTC" });
  return (
    <PayerDocument text={text} title={text.t(`${name}_title`)} merchant={null} isTest={false}>
      <Message heading={text.t(`${name}_heading`)} paragraphs={[text.t(`${name}_text`)]}>
        {name === "home" && <TextLink href="/docs/api" label={text.t("home_api")} />}
      </Message>
    </PayerDocument>
  );
}
