// The hosted checkout: plain forms that work without script.
import type { Answer } from "../http/message.ts";
import { Html, html, renderPage } from "../pages/html.ts";
import type { CardField } from "./cards.ts";
import { writeAmount } from "./currencies.ts";
import type { StoredSession } from "./records.ts";

export type FormProblem = { field: CardField | null; message: string };

/** The card form of an open session, with what went wrong last time. */
export function cardPage(session: StoredSession, problem: FormProblem | null = null): Answer {
  const amount = writeAmount(session.wire.amount_total, session.wire.currency);
  return renderPage({
    title: `Pay ${amount}`,
    body: html`<main>
${backLink(session)}
<div class="card">
<h1>${purpose(session)}</h1>
<p class="amount">${amount}</p>
<form method="post" action="/checkout/c/${session.id}/pay">
${problem && html`<p class="problem" role="alert" id="problem">${problem.message}</p>`}
${field("number", "Card number", 'inputmode="numeric" autocomplete="cc-number" placeholder="4242 4242 4242 4242"', problem)}
<div class="pair">
<div>${field("exp", "Expires", 'inputmode="numeric" autocomplete="cc-exp" placeholder="MM / YY"', problem)}</div>
<div>${field("cvc", "Security code", 'inputmode="numeric" autocomplete="cc-csc" placeholder="123"', problem)}</div>
</div>
${field("name", "Name on card", 'autocomplete="cc-name"', problem)}
<button>Pay ${amount}</button>
</form>
</div>
<p class="soft">This is the sandbox's checkout: no money moves. Test cards are on the <a href="/">front page</a>.</p>
</main>`,
  });
}

/** The bank's question, for cards that need one. */
export function authenticationPage(session: StoredSession): Answer {
  const amount = writeAmount(session.wire.amount_total, session.wire.currency);
  return renderPage({
    title: "Confirm with your bank",
    body: html`<main>
<div class="card">
<h1>3-D Secure</h1>
<p>Your bank asks you to confirm this payment.</p>
<p class="amount">${amount}</p>
<form method="post" action="/checkout/c/${session.id}/authenticate">
<button name="answer" value="complete">Complete authentication</button>
<button name="answer" value="fail" class="quiet">Fail authentication</button>
</form>
</div>
</main>`,
  });
}

/** What there is to say once a session is no longer open. `returnUrl` is where the payer goes from here. */
export function endedPage(session: StoredSession, returnUrl: string | null, status: number): Answer {
  const isComplete = session.wire.status === "complete";
  const title = isComplete ? "This payment is complete" : "This checkout has expired";
  const text = isComplete
    ? "There is nothing more to do here."
    : "It can no longer be paid here. Nothing was charged.";
  return renderPage({
    status,
    title,
    body: html`<main>
<div class="card">
<h1>${title}</h1>
<p>${text}</p>
${returnUrl && html`<a class="button" href="${returnUrl}">Return to the merchant</a>`}
</div>
</main>`,
  });
}

/** For ids that the sandbox does not have. */
export function unknownPage(): Answer {
  return renderPage({
    status: 404,
    title: "No such checkout",
    body: html`<main><div class="card"><h1>There is no such checkout</h1>
<p>The address may be mistyped, or the sandbox may have been reset.</p></div></main>`,
  });
}

function purpose(session: StoredSession): string {
  const [first, ...others] = session.lineItems;
  const more = others.length > 0 ? ` and ${others.length} more` : "";
  return `${first?.description ?? "Payment"}${more}`;
}

function backLink(session: StoredSession): Html | null {
  return session.wire.cancel_url ? html`<p><a href="${session.wire.cancel_url}">Back</a></p>` : null;
}

function field(name: string, label: string, attributes: string, problem: FormProblem | null): Html {
  const isWrong = problem?.field === name;
  const marks = isWrong ? ' aria-invalid="true" aria-describedby="problem" autofocus' : "";
  return html`<label for="${name}">${label}</label>
<input id="${name}" name="${name}" ${new Html(attributes + marks)}>`;
}
