// The page behind a validation link: where a subscriber agrees to a reservation.
import { formFields } from "../http/body.ts";
import { seeOther } from "../http/message.ts";
import { type Route, route } from "../http/router.ts";
import { type Html, html, renderPage } from "../pages/html.ts";
import type { Sandbox } from "../sandbox.ts";
import { writeThousandths } from "./amounts.ts";
import type { CarrierPayment } from "./records.ts";
import { answerLink } from "./two-step.ts";

/** Routes of the validation page. */
export function validationRoutes(sandbox: Sandbox): Route[] {
  const find = (token: string): CarrierPayment | undefined =>
    sandbox.carrier.payments.select("body->>'$.validation.token' = ?", token)[0];
  return [
    route("GET", "/carrier/validate/:token", (_request, { token = "" }) => {
      const payment = find(token);
      const isMissing = payment === undefined;
      return renderPage({
        status: isMissing ? 404 : 200,
        title: "Validate a payment",
        body: html`<main><div class="card">${isMissing ? missing : content(payment, token)}</div></main>`,
      });
    }),
    route("POST", "/carrier/validate/:token", (request, { token = "" }) => {
      const payment = find(token);
      if (payment) {
        answerLink(sandbox, payment, formFields(request).get("answer") === "approve");
      }
      return seeOther(`/carrier/validate/${encodeURIComponent(token)}`);
    }),
  ];
}

const missing = html`<h1>There is no such payment</h1><p>The link may be mistyped, or the sandbox may have been reset.</p>`;

function content(payment: CarrierPayment, token: string): Html {
  const amount = writeThousandths(payment.totalThousandths, payment.currency);
  if (payment.status !== "pending_validation") {
    return html`<h1>This payment is ${payment.status}</h1><p>There is nothing more to do here.</p>`;
  }
  return html`<h1>${payment.merchantName}</h1>
<p>wants to charge your phone bill</p>
<p class="amount">${amount}</p>
<form method="post" action="/carrier/validate/${token}">
<button name="answer" value="approve">Approve</button>
<button name="answer" value="decline" class="quiet">Decline</button>
</form>`;
}
