// Errors in Stripe's shape: https://docs.stripe.com/api/errors
import { type Answer, AnswerError, json } from "../http/message.ts";

export type StripeErrorFields = {
  type: "invalid_request_error" | "idempotency_error" | "api_error";
  message: string;
  code?: string;
  param?: string;
  /** The intent as it is, where its status is what stands in the way. */
  payment_intent?: object;
};

/** An error answer. */
export function errorAnswer(status: number, fields: StripeErrorFields): Answer {
  const documentation = fields.code
    ? { doc_url: `https://docs.stripe.com/error-codes/${fields.code.replaceAll("_", "-")}` }
    : {};
  return json(status, { error: { ...fields, ...documentation } });
}

/**
 * A parameter that Stripe would refuse before it begins to execute the request. Such an answer is not kept
 * under the request's idempotency key.
 */
export class ParameterError extends AnswerError {
  constructor(param: string, message: string, code?: string) {
    super(
      errorAnswer(400, {
        type: "invalid_request_error",
        message,
        ...(code ? { code } : {}),
        ...(param ? { param } : {}),
      }),
      message,
    );
  }
}

/** A refusal that comes out of executing the request. */
export function refused(status: number, fields: Omit<StripeErrorFields, "type">): AnswerError {
  return new AnswerError(errorAnswer(status, { type: "invalid_request_error", ...fields }), fields.message);
}

/** 404 for an id that this account does not have. */
export function missing(kind: string, id: string, param: string): AnswerError {
  return refused(404, { code: "resource_missing", message: `No such ${kind}: '${id}'`, param });
}

/** What Stripe says to a request that never reached an endpoint, or that failed within. */
export function plainFailure(status: number, method: string, path: string): Answer {
  if (status === 404) {
    return errorAnswer(404, {
      type: "invalid_request_error",
      message: `Unrecognized request URL (${method}: ${path}). Please see https://docs.stripe.com or we can help at https://support.stripe.com/.`,
    });
  }
  if (status === 405) {
    return errorAnswer(405, {
      type: "invalid_request_error",
      message: `Invalid request method (${method}: ${path}).`,
    });
  }
  if (status === 429) {
    return errorAnswer(429, {
      type: "invalid_request_error",
      code: "rate_limit",
      message: "Request rate limit exceeded. Learn more at https://docs.stripe.com/rate-limits.",
    });
  }
  if (status >= 500) {
    return errorAnswer(status, {
      type: "api_error",
      message: "An unknown error occurred. Please contact us at https://support.stripe.com/.",
    });
  }
  return errorAnswer(status, { type: "invalid_request_error", message: "The request was refused." });
}
