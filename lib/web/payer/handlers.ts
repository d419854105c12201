// The payer's addresses. GET shows; POST changes and answers 303 to a GET. A page that does not serve the
// payer's step leads to the one that does, so back buttons, reloads, tabs and devices are ordinary.

import { isbot } from "isbot";
import { getWebRuntime } from "#lib/context.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import { isSameMoney, type Money } from "#lib/domain/money.ts";
import { type PayerPage, pageFor } from "#lib/domain/payer-step.ts";
import { isOpenPayment, PAYMENT_METHODS, type PaymentMethod } from "#lib/domain/payment.ts";
import type { Payment } from "#lib/domain/records.ts";
import type { ServiceDeps } from "#lib/services/context.ts";
import { recordOpening } from "#lib/services/payers/record-opening.ts";
import { openLink, type PayerContext, type PayerView, viewInvoice } from "#lib/services/payers/view.ts";
import { closeOpenAttempt } from "#lib/services/payments/close.ts";
import { settlePayment } from "#lib/services/payments/settle.ts";
import { startPayment } from "#lib/services/payments/start.ts";
import { type ValidatePaymentInput, validatePayment } from "#lib/services/payments/validate.ts";
import { type VerifyCodeInput, verifyCode } from "#lib/services/payments/verify-code.ts";
import { readForm } from "./form.ts";
import { type CodeError, type PageInput, renderLeaving, renderPage } from "./pages.tsx";
import { formProof, requireOwnForm, type Shown } from "./proof.ts";
import { page, seeOther } from "./respond.ts";
import { servePayer } from "./serve.tsx";

interface Segment {
  readonly params: Promise<{ readonly token: string; readonly method?: string }>;
}

interface Call {
  readonly deps: ServiceDeps;
  readonly ctx: PayerContext;
  readonly token: string;
  readonly base: string;
  readonly request: Request;
}

type Work = (call: Call) => Promise<Response>;

function handler(name: string, work: (call: Call, segment: Awaited<Segment["params"]>) => Promise<Response>) {
  return async (request: Request, { params }: Segment): Promise<Response> => {
    const { deps } = getWebRuntime();
    const segment = await params;
    return await servePayer(deps, request, name, async (correlationId) => {
      const ctx = await openLink(deps, segment.token, correlationId);
      const call = { deps, ctx, token: segment.token, base: `/i/${segment.token}`, request };
      return await work(call, segment);
    });
  };
}

const PATHS: { readonly [P in PayerPage]: string } = {
  landing: "",
  failed: "/failed",
  code: "/code",
  waiting: "/waiting",
  receipt: "/receipt",
  closed: "/closed",
};

async function show(
  call: Call,
  name: PayerPage,
  view: PayerView,
  input: Partial<PageInput> = {},
): Promise<Response> {
  const served = pageFor(view.step, name);
  if (served !== name) return seeOther(leave(view, name, served) ?? `${call.base}${PATHS[served]}`);
  const proof = formProof(call.deps, call.token, view.invoice.amountDue);
  return await page(call.deps, renderPage(name, { view, base: call.base, proof, ...input }));
}

/** Straight back to the merchant, where it asked for that, for a payer who was waiting for the outcome. */
function leave(view: PayerView, asked: PayerPage, served: PayerPage): string | null {
  if (view.settings.afterPayment !== "redirect" || asked !== "waiting") return null;
  if (served === "receipt") return view.invoice.returnUrl;
  return served === "failed" ? view.invoice.failureUrl : null;
}

/** The merchant's own page in place of our landing page, where it has one and there is something to choose. */
function ownLanding(view: PayerView): string | null {
  const { landingUrl, id } = view.invoice;
  if (landingUrl === null || pageFor(view.step, "landing") !== "landing") return null;
  const target = new URL(landingUrl);
  target.searchParams.set("invoice", id);
  return target.href;
}

/** Where a form leads: to our own page by a redirect, to the merchant's by a page that leaves by itself. */
async function afterForm(call: Call, view: PayerView, asked: PayerPage): Promise<Response> {
  const served = pageFor(view.step, asked);
  const away = leave(view, asked, served) ?? (served === "landing" ? ownLanding(view) : null);
  if (away === null) return seeOther(`${call.base}${PATHS[served]}`);
  return await page(call.deps, renderLeaving(view, away));
}

/** GET /i/<token> */
export const getLanding = handler("landing", async (call) => {
  const { ctx, request } = call;
  const view = await viewInvoice(ctx);
  const isBot = isLook(request);
  // A HEAD is no opening, and a person's opening is noted once.
  if (request.method === "GET" && (isBot || view.invoice.openedAt === null)) await recordOpening(ctx, isBot);
  const away = ownLanding(view);
  return away === null ? await show(call, "landing", view) : seeOther(away);
});

/** A preview or a prefetch is no opening by a person. */
function isLook(request: Request): boolean {
  const isPrefetch = /prefetch/i.test(request.headers.get("sec-purpose") ?? "");
  return isPrefetch || isbot(request.headers.get("user-agent"));
}

/** GET /i/<token>/method/<method>: our page with this method alone, whatever landing page the merchant has. */
export const getMethod = handler("method", async (call, { method }) => {
  const onlyMethod = PAYMENT_METHODS.find((known) => known === method);
  if (onlyMethod === undefined) throw new ServiceError("link_not_found", "There is no such method.");
  return await show(call, "landing", await viewInvoice(call.ctx), { onlyMethod });
});

/** GET /i/<token>/waiting asks the rail for the truth, at most once in 2 s an attempt. */
export const getWaiting = handler("waiting", async (call) => {
  const isRefreshing = new URL(call.request.url).searchParams.get("refresh") !== "off";
  return await showTruth(call, { isRefreshing });
});

/** GET /i/<token>/return: where the hosted page sends the payer. Nothing in the address is believed. */
export const getReturn = handler("return", (call) => showTruth(call, {}, true));

/** The waiting page, after asking the rail. What it does not know, it does not say. */
async function showTruth(call: Call, input: Partial<PageInput>, isPatient = false): Promise<Response> {
  const before = await viewInvoice(call.ctx);
  const { attempt } = before;
  if (attempt === null || attempt.state === "created" || !isOpenPayment(attempt.state)) {
    return await show(call, "waiting", before, input);
  }
  const { isAnswered } = await settlePayment(call.ctx, { paymentId: attempt.id, isPatient });
  return await show(call, "waiting", await viewInvoice(call.ctx), { ...input, isAnswered });
}

const plainPage =
  (name: PayerPage): Work =>
  async (call) =>
    await show(call, name, await viewInvoice(call.ctx));

export const getCode = handler("code", plainPage("code"));
export const getFailed = handler("failed", plainPage("failed"));
export const getReceipt = handler("receipt", plainPage("receipt"));
export const getClosed = handler("closed", plainPage("closed"));

/** GET of an address that forms are sent to, as by a restored tab: to where the invoice stands. */
export const getFormAddress = handler("form_address", async (call) => seeOther(call.base));

/** POST /i/<token>/pay: a method is chosen. */
export const postPay = handler("pay", async (call) => {
  const form = await readForm(call.request);
  const shown = requireOwnForm(call.deps, call.request, call.token, form.get("proof"));
  const method = PAYMENT_METHODS.find((known) => known === form.get("method"));
  if (method === undefined) throw new ServiceError("invalid_request", "Choose one of the methods.");
  try {
    if (shown.kind === "unreadable") return await showChanged(call);
    return await lead(call, await startOrFind(call, method, shown));
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    if (error.code === "version_conflict") return await showChanged(call);
    if (error.code !== "sms_cap_reached") throw error;
    return await show(call, "landing", await viewInvoice(call.ctx), { isOutOfCodes: true });
  }
});

/** The page again, with what is asked for now: nobody pays another amount than they saw. */
async function showChanged(call: Call): Promise<Response> {
  return await show(call, "landing", await viewInvoice(call.ctx), { isChanged: true });
}

/** A payer whose page is out of date is led to where the invoice stands, not to an error. */
async function startOrFind(call: Call, method: PaymentMethod, shown: Shown): Promise<Payment | null> {
  const asked = shown.kind === "amount" ? { shown: shown.amount } : {};
  try {
    return await startPayment(call.ctx, { invoiceId: call.ctx.actor.id, method, ...asked });
  } catch (error) {
    const isOutdated = error instanceof ServiceError && error.code === "invoice_state_conflict";
    if (!isOutdated) throw error;
    return null;
  }
}

async function lead(call: Call, payment: Payment | null): Promise<Response> {
  const view = await viewInvoice(call.ctx);
  const isHosted = payment !== null && payment.id === view.attempt?.id && view.step === "continue";
  if (isHosted && payment.redirectUrl !== null) {
    await call.deps.failpoints?.reach("K9");
    return seeOther(payment.redirectUrl);
  }
  return await afterForm(call, view, "waiting");
}

/** POST /i/<token>/change: the payer gives up on the open attempt, to choose again. */
export const postChange = handler("change", async (call) => {
  const form = await readForm(call.request);
  requireOwnForm(call.deps, call.request, call.token, form.get("proof"));
  await closeOpenAttempt(call.ctx, call.ctx.actor.id);
  return await afterForm(call, await viewInvoice(call.ctx), "landing");
});

/** POST /i/<token>/code: the payer types our code, or the carrier's. */
export const postCode = handler("code", async (call) => {
  const form = await readForm(call.request);
  const shown = requireOwnForm(call.deps, call.request, call.token, form.get("proof"));
  const view = await viewInvoice(call.ctx);
  const { attempt, step } = view;
  const isChanged = isOther(shown, attempt?.amount ?? view.invoice.amountDue);
  if (step !== "code" || attempt === null) {
    return isChanged ? await showChanged(call) : await lead(call, null);
  }
  if (isChanged) return await show(call, "code", view, { isChanged });
  const isCarriers = attempt.state === "pending_validation";
  const code = (form.get("code") ?? "").replace(/\s+/g, "");
  if (!(isCarriers ? CARRIERS_CODE : OWN_CODE).test(code)) {
    return await show(call, "code", view, { codeError: "format" });
  }
  try {
    const input = { paymentId: attempt.id, code };
    const { error, payment } = isCarriers
      ? await tryCarriersCode(call, input)
      : await tryOwnCode(call, input);
    return error === null ? await lead(call, payment) : await show(call, "code", view, { codeError: error });
  } catch (error) {
    // Typed twice at once, or too late: to where the invoice stands.
    if (!(error instanceof ServiceError) || !OUTDATED.has(error.code)) throw error;
    return await lead(call, null);
  }
});

const OUTDATED: ReadonlySet<string> = new Set(["payment_state_conflict", "invoice_state_conflict"]);
const OWN_CODE = /^\d{6}$/;
/** The definition says nothing of how long a carrier's code is. */
const CARRIERS_CODE = /^[0-9A-Za-z]{3,12}$/;

interface TriedCode {
  readonly payment: Payment;
  /** Null: on to where the payment stands. */
  readonly error: CodeError | null;
}

async function tryOwnCode({ ctx }: Call, input: VerifyCodeInput): Promise<TriedCode> {
  const { payment, isAccepted, triesLeft } = await verifyCode(ctx, input);
  return { payment, error: !isAccepted && triesLeft > 0 ? triesLeft : null };
}

async function tryCarriersCode({ ctx }: Call, input: ValidatePaymentInput): Promise<TriedCode> {
  const { payment, result, triesLeft } = await validatePayment(ctx, input);
  if (result === "wrong") return { payment, error: triesLeft };
  return { payment, error: result === "unchecked" ? "unchecked" : null };
}

/** True where the page showed something else than this, or nobody can tell what it showed. */
function isOther(shown: Shown, asked: Money): boolean {
  return shown.kind === "unreadable" || (shown.kind === "amount" && !isSameMoney(shown.amount, asked));
}
