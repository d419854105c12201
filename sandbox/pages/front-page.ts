// The front page: what this is, where everything is, and which numbers and cards do what.

import { limits } from "../carrier/limits.ts";
import { refundSubscribers } from "../carrier/refund-subscribers.ts";
import { subscribers } from "../carrier/subscribers.ts";
import { faultKinds } from "../control/fault-routes.ts";
import { simulations } from "../control/simulate-routes.ts";
import type { Answer } from "../http/message.ts";
import { phonePath } from "../phone/number.ts";
import { recentPhones } from "../phone/routes.ts";
import type { Sandbox } from "../sandbox.ts";
import { testCards } from "../stripe/cards.ts";
import { fates, magicRecipients } from "../twilio/numbers.ts";
import { type Html, html, renderPage } from "./html.ts";

const addresses: [string, string][] = [
  [
    "PUT /accounts/{name}",
    "makes test credentials: { stripe_webhook_url, stripe_settlement_ms, stripe_booking_ms, carrier_prompts }",
  ],
  [
    "/v1/…",
    "Stripe's API (Checkout Sessions, payment intents, charges, refunds, disputes, balance transactions, events)",
  ],
  ["/checkout/c/{session}", "Stripe's hosted checkout; POST …/pay takes number, exp, cvc, name form-encoded"],
  ["/2010-04-01/…", "Twilio's API (Messages)"],
  ["/carrier/oauth/token", "the carrier's token endpoint (client credentials)"],
  ["/carrier/carrier-billing/v0.5/payments…", "the carrier's API (CAMARA carrier billing)"],
  [
    "/carrier/carrier-billing-refund/v0.3/payments/{id}/refunds…",
    "its refunds (CAMARA carrier billing refund)",
  ],
  ["GET /phones, /phones/{number}", "virtual phones"],
  ["GET /phones/{number}/messages, …/prompts", "the same as JSON"],
  ["POST /phones/{number}/approve, …/decline", "answers the oldest open prompt, or { payment_id }"],
  ["GET /mailbox, /mailbox/mails?to=", "mail that was sent by SMTP, as a page and as JSON"],
  ["GET /requests?service=&account=&since=", "what the three services were asked"],
  ["POST, GET, DELETE /faults", "faults, see below; DELETE /faults/{id} for one"],
  ["POST /events/redeliver", "sends a Stripe event again: { event_id, copies }"],
  ["GET /carrier-events?payment_id=&refund_id=", "the carrier's CloudEvents"],
  ["POST /carrier-events/redeliver", "sends one of them again: { event_id, copies }"],
  ["POST /hurry", "what waits for { id } happens now: expiries, run-outs, settlements, retries"],
  ["POST /reset", "empties everything but the accounts"],
  ["GET /health", "answers { ok: true }"],
];

/** Renders the front page. */
export function frontPage(sandbox: Sandbox): Answer {
  const phones = recentPhones(sandbox, 20);
  const faults = sandbox.faults.list();
  const accounts = sandbox.accounts.select("true");
  return renderPage({
    title: "Sandbox",
    body: html`<main class="wide">
<h1>Sandbox</h1>
<p>It stands in for Stripe, Twilio and a phone carrier while you develop and test. No money moves and no text is
sent: texts and carrier prompts arrive on <a href="/phones">virtual phones</a>.</p>

<h2>Phones</h2>
${phones.length === 0 && html`<p class="soft">Nothing has arrived yet. Any number has a page: <a href="/phones/+4790000000">/phones/+4790000000</a></p>`}
<ul>${phones.map((number) => html`<li><a href="${phonePath(number)}">${number}</a></li>`)}</ul>

<h2>Cards</h2>
<p class="soft">Any future expiry, any code of three digits. Every other number is declined.</p>
${table(Object.entries(testCards).map(([number, { meaning }]) => [number.replace(/(.{4})(?=.)/g, "$1 "), meaning]))}
<p class="soft">Stripe's fee is 2.9 % and 0.30 in the currency of the charge; a dispute costs 15.00, and the fee stays
paid when the dispute is won. A dispute is decided by the evidence's uncategorized_text: winning_evidence, losing_evidence,
escalate_inquiry_evidence. Money is available at once, or stripe_settlement_ms later; what is captured in the background is booked at once, or stripe_booking_ms later. An amount that is reserved can be captured for seven days.</p>
<p>From a script: <code>curl -i -d 'number=4242424242424242&amp;exp=12/40&amp;cvc=123' ${sandbox.publicUrl}/checkout/c/{session}/pay</code></p>
<p class="soft">It answers 303 to the success address, or 200 with the page that says why not. A card that needs 3-D Secure
answers 303 to …/authenticate, which takes answer=complete or answer=fail.</p>

<h2>Numbers that Twilio refuses</h2>
${table(Object.entries(magicRecipients).map(([number, { code, message }]) => [number, `${code}: ${message(number)}`]))}

<h2>Phone numbers: what becomes of a text</h2>
<p class="soft">By the last two digits of the number that is billed.</p>
${table(sorted(fates).map(([ending, { meaning }]) => [`…${ending}`, meaning]))}
<p class="soft">Texts to all others are delivered.</p>

<h2>Phone numbers: what the carrier does</h2>
<p class="soft">By the last two digits. All others ask the owner on the phone.</p>
${table(sorted(subscribers).map(([ending, { meaning }]) => [`…${ending}`, meaning]))}
<p class="soft">An account with carrier_prompts: false has a carrier that charges ordinary numbers without asking.</p>

<h2>Phone numbers: what the carrier does with refunds</h2>
<p class="soft">By the last two digits of the number that was charged; it is charged as ordinary numbers are.
Refunds to all others succeed at once.</p>
${table(sorted(refundSubscribers).map(([ending, { meaning }]) => [`…${ending}`, meaning]))}

<h2>The carrier's limits</h2>
<p class="soft">Most for one payment, and most for one subscriber and calendar month.</p>
${table(Object.entries(limits).map(([currency, { payment, month }]) => [currency, `${payment}, ${month}`]))}

<h2>Faults switched on</h2>
${
  faults.length === 0
    ? html`<p class="soft">None.</p>`
    : html`<ul>${faults.map((fault) => html`<li><code>${JSON.stringify(fault)}</code></li>`)}</ul>`
}

<h2>Accounts</h2>
<p class="soft">${accounts.map((account) => account.id).join(", ") || "None yet."}</p>

<h2>Addresses</h2>
${table(addresses.map(([address, meaning]) => [html`<code>${address}</code>`, meaning]))}

<h2>Simulations</h2>
<p><code>${'POST /control/simulate… { "action": … }'}</code></p>
${table(simulations.map(([address, meaning]) => [html`<code>${address}</code>`, meaning]))}
<p class="soft">Does what a payer, a subscriber, a bank, a network or the clock does, with all that follows. It answers 200
with the new status, 404 for an id that there is not, 409 where the state does not allow it.</p>

<h2>Faults</h2>
<p><code>${'POST /faults { "service": "stripe" | "twilio" | "carrier", "fault": …, "times": 1 }'}</code></p>
${table(Object.entries(faultKinds).map(([kind, meaning]) => [html`<code>${kind}</code>`, meaning]))}
<p class="soft">Optional: times (unlimited), path and type (regular expressions on the path and on a notification's
event type), method, account. A restart clears all faults.</p>
</main>`,
  });
}

/** Entries by their keys; a record puts `11` before `00`. */
function sorted<T>(record: Record<string, T>): [string, T][] {
  return Object.entries(record).sort(([left], [right]) => left.localeCompare(right));
}

function table(rows: (readonly [Html | string, Html | string])[]): Html {
  return html`<table>${rows.map(([name, meaning]) => html`<tr><td>${name}</td><td>${meaning}</td></tr>`)}</table>`;
}
