// Errors of the CAMARA definition, with its messages.
import { type Answer, AnswerError, json } from "../http/message.ts";

const catalogue = {
  INVALID_ARGUMENT: [400, "Client specified an invalid argument, request body or query param."],
  INVALID_CREDENTIAL: [400, "Only Access token is supported"],
  INVALID_TOKEN: [400, "Only bearer token is supported"],
  INVALID_SINK: [400, "sink not valid for the specified protocol"],
  OUT_OF_RANGE: [400, "Client specified an invalid range."],
  "CARRIER_BILLING.INVALID_DATE_RANGE": [400, "Client specified an invalid date range."],
  "CARRIER_BILLING.TOO_MANY_MATCHING_RECORDS": [
    400,
    "Too many matching records found. Specify additional/suitable criteria to limit the number of records.",
  ],
  "CARRIER_BILLING.INVALID_AUTHORIZATION_ID": [400, "Invalid authorizationId."],
  "CARRIER_BILLING.INVALID_CODE": [400, "Invalid code."],
  "CARRIER_BILLING.VALIDATION_FAILED": [
    400,
    "the maximum number of attempts have been consumed for this validation.",
  ],
  UNAUTHENTICATED: [
    401,
    "Request not authenticated due to missing, invalid, or expired credentials. A new authentication is required.",
  ],
  PERMISSION_DENIED: [403, "Client does not have sufficient permissions to perform this action."],
  "CARRIER_BILLING.PAYMENT_DENIED": [403, "Payment denied by business."],
  NOT_FOUND: [404, "The specified resource is not found."],
  IDENTIFIER_NOT_FOUND: [404, "phoneNumber not found."],
  METHOD_NOT_ALLOWED: [405, "The requested method is not allowed/supported on the target resource."],
  NOT_ACCEPTABLE: [
    406,
    "The server cannot produce a response matching the content requested by the client through `Accept-*` headers.",
  ],
  ALREADY_EXISTS: [409, "The resource that a client tried to create already exists."],
  "CARRIER_BILLING.PAYMENT_CONFIRMED": [409, "Payment has been confirmed."],
  "CARRIER_BILLING.PAYMENT_CANCELLED": [409, "Payment has been cancelled."],
  GONE: [410, "Access to the target resource is no longer available."],
  FAILED_PRECONDITION: [412, "Request cannot be executed in the current system state."],
  UNSUPPORTED_MEDIA_TYPE: [
    415,
    "The server refuses to accept the request because the payload format is in an unsupported format.",
  ],
  SERVICE_NOT_APPLICABLE: [422, "The service is not available for the provided identifier."],
  MISSING_IDENTIFIER: [422, "The phone number cannot be identified."],
  "CARRIER_BILLING.UNAUTHORIZED_AMOUNT": [422, "Unauthorized amount requested."],
  "CARRIER_BILLING.USER_AMOUNT_THRESHOLD_OVERPASSED": [
    422,
    "Unauthorized payment request. Accumulated user mobile payments overpass account amount threshold.",
  ],
  "CARRIER_BILLING_REFUND.INVALID_DATE_RANGE": [400, "Client specified an invalid date range."],
  "CARRIER_BILLING_REFUND.TOO_MANY_MATCHING_RECORDS": [
    400,
    "Too many matching records found. Specify additional/suitable criteria to limit the number of records.",
  ],
  "CARRIER_BILLING_REFUND.REFUND_DENIED": [403, "Refund denied by business."],
  "CARRIER_BILLING_REFUND.PAYMENT_NOT_ELIGIBLE_FOR_REFUND": [403, "Payment not eligible for refund."],
  "CARRIER_BILLING_REFUND.UNAUTHORIZED_AMOUNT": [422, "Unauthorized amount requested."],
  "CARRIER_BILLING_REFUND.USER_AMOUNT_THRESHOLD_OVERPASSED": [
    422,
    "Unauthorized refund request. Accumulated user mobile refunds overpass account amount threshold.",
  ],
  "CARRIER_BILLING_REFUND.INVALID_PAYMENT_STATUS": [422, "Payment is not yet completed."],
  "CARRIER_BILLING_REFUND.TAXES_MANAGEMENT_MISMATCH": [
    422,
    "Inconsistent isTaxIncluded value with regards to related payment.",
  ],
  "CARRIER_BILLING_REFUND.REFUND_DETAILS_MISMATCH": [
    422,
    "Inconsistent refundDetails information with regards to related payment.",
  ],
  TOO_MANY_REQUESTS: [429, "Rate limit reached."],
  INTERNAL: [500, "Unknown server error. Typically a server bug."],
  NOT_IMPLEMENTED: [501, "This functionality is not implemented yet."],
  BAD_GATEWAY: [502, "An upstream internal service cannot be reached."],
  UNAVAILABLE: [503, "Service Unavailable."],
  TIMEOUT: [504, "Request timeout exceeded."],
} as const satisfies Record<string, readonly [number, string]>;

export type CamaraCode = keyof typeof catalogue;

/** An error answer; `message` replaces the definition's own. */
export function camaraAnswer(code: CamaraCode, message?: string): Answer {
  const [status, usual] = catalogue[code];
  return json(status, { status, code, message: message ?? usual });
}

/** Ends the request with this error. */
export function refused(code: CamaraCode, message?: string): AnswerError {
  return new AnswerError(camaraAnswer(code, message), code);
}

/** The error that goes with a bare status. */
export function plainFailure(status: number): Answer {
  const found = Object.entries(catalogue).find(([, [known]]) => known === status)?.[0] as
    | CamaraCode
    | undefined;
  if (found) {
    return camaraAnswer(found);
  }
  return json(status, {
    status,
    code: status >= 500 ? "INTERNAL" : "INVALID_ARGUMENT",
    message: "The request failed.",
  });
}
