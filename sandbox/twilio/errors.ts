// Errors in Twilio's shape: https://www.twilio.com/docs/api/errors
import { type Answer, AnswerError, json } from "../http/message.ts";

/** An error answer. */
export function twilioError(status: number, code: number, message: string): Answer {
  const body = { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status };
  return json(status, body, status === 401 ? { "www-authenticate": 'Basic realm="Twilio API"' } : {});
}

/** Ends the request with a 400. */
export function refused(code: number, message: string): AnswerError {
  return new AnswerError(twilioError(400, code, message), message);
}

/** What Twilio says to a request that never reached a resource, or that failed within. */
export function plainFailure(status: number, path: string): Answer {
  if (status === 404) {
    return twilioError(404, 20404, `The requested resource ${path} was not found`);
  }
  if (status === 405) {
    return twilioError(405, 20004, "Method not allowed");
  }
  if (status === 429) {
    return twilioError(429, 20429, "Too Many Requests");
  }
  return status >= 500
    ? twilioError(status, 20500, "An internal server error has occurred")
    : twilioError(status, 20001, "The request was refused");
}
