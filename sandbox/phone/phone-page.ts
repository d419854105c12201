// How a virtual phone looks.
import type { Answer } from "../http/message.ts";
import { type Html, html, renderPage } from "../pages/html.ts";
import type { Message } from "../twilio/message.ts";
import { phonePath } from "./number.ts";
import type { Prompt } from "./prompts.ts";

/**
 * Fetches the page again when something arrives, and puts its content in place of the old one. A button that
 * is being used keeps its focus by its id.
 */
const liveScript = `
const screen = () => document.getElementById("screen");
async function refresh() {
  const answer = await fetch(location.pathname, { headers: { accept: "text/html" } });
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("screen");
  const focused = document.activeElement?.id;
  if (fresh) screen().replaceWith(fresh);
  if (focused) document.getElementById(focused)?.focus();
}
const source = new EventSource(location.pathname.replace(/\\/$/, "") + "/stream");
source.addEventListener("change", refresh);
source.addEventListener("open", refresh);
`;

/** The screen of one number: open prompts on top, then every text, newest first. */
export function phonePage(number: string, messages: readonly Message[], prompts: readonly Prompt[]): Answer {
  const open = prompts.filter((prompt) => prompt.state === "open");
  const answered = prompts.filter((prompt) => prompt.state !== "open");
  const entries = [
    ...messages.map((message) => ({ at: message.createdAt, markup: bubble(message) })),
    ...answered.map((prompt) => ({ at: prompt.answeredAt ?? prompt.createdAt, markup: note(prompt) })),
  ].sort((left, right) => right.at - left.at);
  return renderPage({
    title: `Phone ${number}`,
    head: html`<noscript><meta http-equiv="refresh" content="3"></noscript>`,
    script: liveScript,
    body: html`<main>
<div class="phone">
<header><h1>${number}</h1><p class="soft"><a href="/phones">All phones</a></p></header>
<div id="screen">
${open.map((prompt) => question(number, prompt))}
${entries.map((entry) => entry.markup)}
${entries.length + open.length === 0 && html`<p class="soft">Nothing has arrived yet.</p>`}
</div>
</div>
</main>`,
  });
}

/** Phones that something has arrived on. */
export function phoneListPage(numbers: readonly string[]): Answer {
  return renderPage({
    title: "Phones",
    body: html`<main>
<p><a href="/">Sandbox</a></p>
<h1>Phones</h1>
${numbers.length === 0 && html`<p class="soft">No text and no prompt has arrived on any phone yet.</p>`}
<ul>${numbers.map((number) => html`<li><a href="${phonePath(number)}">${number}</a></li>`)}</ul>
</main>`,
  });
}

function question(number: string, prompt: Prompt): Html {
  const button = (
    action: string,
    label: string,
    look: string,
  ) => html`<form method="post" action="${phonePath(number)}/${action}">
<input type="hidden" name="payment_id" value="${prompt.id}">
<button id="${action}-${prompt.id}" class="${look}">${label}</button>
</form>`;
  return html`<section class="prompt">
<p><strong>${prompt.text}</strong></p>
<p class="soft">${prompt.description}</p>
<div class="pair">${button("approve", "Approve", "")}${button("decline", "Decline", "quiet")}</div>
</section>`;
}

function note(prompt: Prompt): Html {
  const outcome = { approved: "approved", declined: "declined", closed: "no longer open", open: "open" }[
    prompt.state
  ];
  return html`<p class="sender soft">Carrier, ${time(prompt.answeredAt ?? prompt.createdAt)}</p>
<p class="bubble">${prompt.text} <span class="tag">${outcome}</span></p>`;
}

function bubble(message: Message): Html {
  const isLost = message.status === "undelivered" || message.status === "failed";
  return html`<p class="sender soft">${message.from}, ${time(message.createdAt)} ${
    isLost && html`<span class="tag bad">${message.status}</span>`
  }</p>
<p class="bubble">${linked(message.body)}</p>`;
}

/** Addresses in a text become links; punctuation at their end stays outside, as phones do it. */
function linked(text: string): Html {
  const parts = text.split(/(https?:\/\/[^\s<>"]*[^\s<>".,;:!?)'\]])/g);
  return html`${parts.map((part, index) => (index % 2 === 1 ? html`<a href="${part}">${part}</a>` : part))}`;
}

function time(instant: number): Html {
  const iso = new Date(instant).toISOString();
  return html`<time datetime="${iso}">${iso.slice(11, 19)} UTC</time>`;
}
