// The Checkout Session's own life: made open, then complete by a payment or expired.
import type { Account } from "../control/accounts.ts";
import type { Sandbox } from "../sandbox.ts";
import { checkAmount, checkCurrency } from "./currencies.ts";
import { ParameterError, refused } from "./errors.ts";
import { type Cause, emitEvent } from "./events.ts";
import { newId, nowSeconds } from "./ids.ts";
import type { StoredSession } from "./records.ts";
import { customerDetails, newLineItem, newSession } from "./session-object.ts";
import type { sessionParameters } from "./session-parameters.ts";
import type { VersionTraits } from "./versions.ts";

const expireJob = "stripe.expire_session";
const defaultLifeSeconds = 24 * 60 * 60;

type SessionParameters = ReturnType<ReturnType<typeof sessionParameters>>;

/** Registers the job that expires a session when its time has come. */
export function startSessionExpiry(sandbox: Sandbox): void {
  sandbox.scheduler.handle(expireJob, (job) => {
    const session = sandbox.stripe.sessions.find(job.subject);
    if (session?.wire.status === "open") {
      expireSession(sandbox, session);
    }
    return undefined;
  });
}

/** Makes an open session. Refuses totals that Stripe would refuse. */
export function createSession(
  sandbox: Sandbox,
  account: Account,
  parameters: SessionParameters,
  version: VersionTraits,
): StoredSession {
  const currency = commonCurrency(parameters);
  const lineItems = parameters.line_items.map(({ price_data, quantity }) =>
    newLineItem(price_data.product_data.name, currency, price_data.unit_amount, quantity),
  );
  const total = lineItems.reduce((sum, item) => sum + item.amount_total, 0);
  checkAmount(total, currency, "line_items");
  const id = newId("cs_test_a1", 56);
  const created = nowSeconds();
  const intentData = parameters.payment_intent_data;
  const allowed = parameters.allowed_payment_method_types;
  const session: StoredSession = {
    id,
    account: account.id,
    wire: newSession({
      id,
      allowed_payment_method_types: allowed ?? null,
      amount_subtotal: total,
      amount_total: total,
      cancel_url: parameters.cancel_url ?? null,
      client_reference_id: parameters.client_reference_id ?? null,
      created,
      currency,
      customer_details: parameters.customer_email ? customerDetails(parameters.customer_email, null) : null,
      customer_email: parameters.customer_email ?? null,
      expires_at: parameters.expires_at ?? created + defaultLifeSeconds,
      locale: parameters.locale ?? null,
      metadata: parameters.metadata,
      payment_method_types: ["card"],
      submit_type: parameters.submit_type ?? null,
      success_url: parameters.success_url,
      ui_mode: version.hostedMode,
      url: `${sandbox.publicUrl}/checkout/c/${id}`,
    }),
    lineItems,
    intentData: {
      description: intentData?.description ?? null,
      metadata: intentData?.metadata ?? {},
      statementDescriptorSuffix: intentData?.statement_descriptor_suffix ?? null,
      captureMethod: intentData?.capture_method ?? "automatic_async",
    },
    pendingCard: null,
  };
  sandbox.stripe.sessions.insert(session);
  sandbox.scheduler.schedule({
    kind: expireJob,
    subject: id,
    delayMs: session.wire.expires_at * 1_000 - Date.now(),
  });
  return session;
}

/** Ends an open session at somebody's word; any other one is refused. */
export function expireOnRequest(sandbox: Sandbox, session: StoredSession, cause?: Cause): StoredSession {
  if (session.wire.status !== "open") {
    throw refused(400, {
      message: `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of \`${session.wire.status}\`.`,
    });
  }
  return expireSession(sandbox, session, cause);
}

/** The session as it is now: one whose time has come is expired even before its job has run. */
export function currentSession(sandbox: Sandbox, id: string): StoredSession | null {
  const session = sandbox.stripe.sessions.find(id);
  const isOverdue = session?.wire.status === "open" && session.wire.expires_at <= nowSeconds();
  return session && isOverdue ? expireSession(sandbox, session) : session;
}

/** No longer to be expired by the clock. */
export function stopSessionExpiry(sandbox: Sandbox, session: StoredSession): void {
  sandbox.scheduler.cancel(expireJob, session.id);
}

function expireSession(sandbox: Sandbox, session: StoredSession, cause?: Cause): StoredSession {
  const expired: StoredSession = {
    ...session,
    wire: { ...session.wire, status: "expired", url: null },
    pendingCard: null,
  };
  sandbox.database.transaction(() => {
    const intent = session.wire.payment_intent && sandbox.stripe.intents.find(session.wire.payment_intent);
    if (intent) {
      sandbox.stripe.intents.save({
        ...intent,
        wire: {
          ...intent.wire,
          status: "canceled",
          canceled_at: nowSeconds(),
          cancellation_reason: "expired",
          next_action: null,
        },
      });
    }
    sandbox.stripe.sessions.save(expired);
    stopSessionExpiry(sandbox, expired);
    emitEvent(sandbox, session.account, "checkout.session.expired", expired.wire, cause);
  });
  return expired;
}

function commonCurrency(parameters: SessionParameters): string {
  const [first = "", ...others] = parameters.line_items.map((item) => item.price_data.currency);
  checkCurrency(first, "line_items[0][price_data][currency]");
  if (others.some((currency) => currency !== first)) {
    throw new ParameterError("line_items", "All line items must use the same currency.");
  }
  return first;
}
