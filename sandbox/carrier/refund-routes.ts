// CAMARA carrier-billing-refund v0.3: all four operations.
import type { Account } from "../control/accounts.ts";
import { json } from "../http/message.ts";
import { type Route, route } from "../http/router.ts";
import type { Sandbox } from "../sandbox.ts";
import { correlatorOf, jsonBody, ownPayment, requireScope } from "./endpoint.ts";
import { refused } from "./errors.ts";
import { type ListKind, listAnswer } from "./lists.ts";
import { parseRefund } from "./parse-refund.ts";
import type { CarrierRefund } from "./records.ts";
import { createRefund, refundsPath, renderRefund } from "./refund.ts";
import { renderRemaining } from "./refund-amounts.ts";
import { scopes } from "./token.ts";

const base = refundsPath(":payment");

/** Routes that make, read and list refunds of a payment, and tell what is left of it. */
export function refundRoutes(sandbox: Sandbox): Route[] {
  const refundList: ListKind<CarrierRefund> = {
    collection: sandbox.carrier.refunds,
    statusName: "refundStatus",
    statuses: ["processing", "denied", "succeeded"],
    dateName: "refundCreationDate",
    wrongRange: "CARRIER_BILLING_REFUND.INVALID_DATE_RANGE",
    tooMany: "CARRIER_BILLING_REFUND.TOO_MANY_MATCHING_RECORDS",
    render: renderRefund,
  };
  return [
    route("POST", base, (request, { payment: id = "" }) => {
      const account = requireScope(sandbox, request, scopes.createRefund);
      const input = parseRefund(jsonBody(request));
      const payment = ownPayment(sandbox, account, id);
      const refund = createRefund(sandbox, account, payment, input, correlatorOf(request));
      const location = `${sandbox.publicUrl}${refundsPath(id)}/${refund.id}`;
      return json(201, renderRefund(refund), { location });
    }),
    route("GET", base, (request, { payment: id = "" }) => {
      const account = requireScope(sandbox, request, scopes.readRefund);
      const payment = ownPayment(sandbox, account, id);
      const scope = { sql: "account = ? and body->>'$.paymentId' = ?", values: [account.id, payment.id] };
      return listAnswer(refundList, scope, request.query);
    }),
    route("GET", `${base}/remaining-amount`, (request, { payment: id = "" }) => {
      const account = requireScope(sandbox, request, scopes.readRefund);
      return json(200, renderRemaining(sandbox, ownPayment(sandbox, account, id)));
    }),
    route("GET", `${base}/:refund`, (request, { payment: paymentId = "", refund: id = "" }) => {
      const account = requireScope(sandbox, request, scopes.readRefund);
      return json(200, renderRefund(ownRefund(sandbox, account, paymentId, id)));
    }),
  ];
}

function ownRefund(sandbox: Sandbox, account: Account, paymentId: string, id: string): CarrierRefund {
  const refund = sandbox.carrier.refunds.find(id);
  if (refund?.account !== account.id || refund.paymentId !== paymentId) {
    throw refused("NOT_FOUND");
  }
  return refund;
}
