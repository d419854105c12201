// The addresses of the hosted checkout. Each POST ends in a redirect or in a page that says why not.
import { formFields } from "../http/body.ts";
import { type Answer, seeOther } from "../http/message.ts";
import { type Route, route } from "../http/router.ts";
import type { Sandbox } from "../sandbox.ts";
import { readCard } from "./cards.ts";
import { authenticationPage, cardPage, endedPage, unknownPage } from "./checkout-page.ts";
import { type Attempt, answerAuthentication, attemptPayment } from "./payments.ts";
import type { StoredSession } from "./records.ts";
import { currentSession } from "./sessions.ts";

/** Routes of the pages that the payer sees. */
export function checkoutRoutes(sandbox: Sandbox): Route[] {
  return [
    route("GET", "/checkout/c/:id", (_request, { id = "" }) => {
      const session = currentSession(sandbox, id);
      if (!session) {
        return unknownPage();
      }
      return session.wire.status === "open" ? cardPage(session) : endedPage(session, returnUrl(session), 200);
    }),
    route("POST", "/checkout/c/:id/pay", (request, { id = "" }) => {
      const session = currentSession(sandbox, id);
      if (session?.wire.status !== "open") {
        return afterTheEnd(session);
      }
      const { card, problem } = readCard(formFields(request));
      if (problem) {
        return cardPage(session, problem);
      }
      return afterAttempt(session, attemptPayment(sandbox, session, card));
    }),
    route("GET", "/checkout/c/:id/authenticate", (_request, { id = "" }) => {
      const session = currentSession(sandbox, id);
      return session?.pendingCard
        ? authenticationPage(session)
        : seeOther(`/checkout/c/${encodeURIComponent(id)}`);
    }),
    route("POST", "/checkout/c/:id/authenticate", (request, { id = "" }) => {
      const session = currentSession(sandbox, id);
      const isPassed = formFields(request).get("answer") === "complete";
      const attempt = session && answerAuthentication(sandbox, session, isPassed);
      return session && attempt ? afterAttempt(session, attempt) : afterTheEnd(session);
    }),
  ];
}

function afterAttempt(session: StoredSession, attempt: Attempt): Answer {
  if (attempt.result === "declined") {
    return cardPage(session, { field: null, message: attempt.message });
  }
  return seeOther(
    attempt.result === "needs_authentication"
      ? `/checkout/c/${session.id}/authenticate`
      : successUrl(session),
  );
}

/** A form sent twice: the second one of a paid session ends where the first did. */
function afterTheEnd(session: StoredSession | null): Answer {
  if (!session) {
    return unknownPage();
  }
  if (session.wire.status === "open") {
    return seeOther(`/checkout/c/${session.id}`);
  }
  return session.wire.status === "complete"
    ? seeOther(successUrl(session))
    : endedPage(session, returnUrl(session), 410);
}

function returnUrl(session: StoredSession): string | null {
  return session.wire.status === "complete" ? successUrl(session) : session.wire.cancel_url;
}

function successUrl(session: StoredSession): string {
  // Through URL, so that a header can carry it whatever letters it was given with.
  return new URL(session.wire.success_url.replaceAll("{CHECKOUT_SESSION_ID}", session.id)).href;
}
