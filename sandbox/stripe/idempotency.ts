// Idempotency keys as API v1 has them: https://docs.stripe.com/api/idempotent_requests

import type { Account } from "../control/accounts.ts";
import { type Answer, AnswerError, header, type Request } from "../http/message.ts";
import type { Sandbox } from "../sandbox.ts";
import { errorAnswer, ParameterError } from "./errors.ts";

/** Keys may be forgotten once they are this old; here they are. */
const lifetimeMs = 24 * 60 * 60 * 1_000;

export type Idempotency = (account: Account, request: Request, execute: () => Answer) => Answer;

/**
 * Runs POST requests at most once per key.
 *
 * The first answer that came out of executing the request is kept and given again to the same request, a 500
 * included. Refused parameters are not kept. While an answer is on its way (a fault may hold it), a twin gets
 * 409: the real service could not know either that the first one will succeed.
 */
export function openIdempotency(sandbox: Sandbox): Idempotency {
  const running = new Set<string>();

  return (account, request, execute) => {
    const key = header(request, "idempotency-key");
    if (!key) {
      return execute();
    }
    if (key.length > 255) {
      throw new ParameterError("", "Idempotency keys must be at most 255 characters.");
    }
    const id = entryId(account, key);
    if (running.has(id)) {
      throw conflict(key);
    }
    const known = sandbox.stripe.answers.find(id);
    if (known && Date.now() - known.at < lifetimeMs) {
      return replay(known, key, request);
    }
    running.add(id);
    request.onSettled(() => running.delete(id));
    // One transaction: a kill may not leave an effect whose key is forgotten.
    const answer = sandbox.database.transaction(() => {
      const { answer, isKept } = run(execute);
      if (isKept) {
        keepAnswer(sandbox, account, request, answer);
      }
      return answer;
    });
    return { ...answer, headers: { ...answer.headers, "idempotency-key": key } };
  };
}

/** Keeps the answer to a request under its key, in place of any that was kept before. */
export function keepAnswer(sandbox: Sandbox, account: Account, request: Request, answer: Answer): void {
  const key = header(request, "idempotency-key");
  if (!key) {
    return;
  }
  const id = entryId(account, key);
  sandbox.stripe.answers.remove(id);
  sandbox.stripe.answers.insert({
    id,
    account: account.id,
    method: request.method,
    path: request.path,
    parameters: canonical(request),
    status: answer.status,
    body: answer.body,
    requestId: request.id,
    at: Date.now(),
  });
}

function entryId(account: Account, key: string): string {
  return `${account.id} ${key}`;
}

function run(execute: () => Answer): { answer: Answer; isKept: boolean } {
  try {
    return { answer: execute(), isKept: true };
  } catch (error) {
    if (error instanceof AnswerError) {
      return { answer: error.answer, isKept: !(error instanceof ParameterError) };
    }
    throw error;
  }
}

function replay(
  known: {
    method: string;
    path: string;
    parameters: string;
    status: number;
    body: string;
    requestId: string;
  },
  key: string,
  request: Request,
): Answer {
  if (known.path !== request.path || known.method !== request.method) {
    throw mismatch(
      `Keys for idempotent requests can only be used for the same endpoint they were first used for ('${request.path}' vs '${known.path}'). Try using a key other than '${key}' if you meant to execute a different request.`,
    );
  }
  if (known.parameters !== canonical(request)) {
    throw mismatch(
      `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
    );
  }
  return {
    status: known.status,
    headers: {
      "content-type": "application/json; charset=utf-8",
      "idempotency-key": key,
      "idempotent-replayed": "true",
      "original-request": `req_${known.requestId}`,
    },
    body: known.body,
  };
}

/** Parameters in one order, so that the same ones compare equal however they were written. */
function canonical(request: Request): string {
  const pairs = [...new URLSearchParams(request.body.toString("utf8"))].map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
  );
  return pairs.sort().join("&");
}

function mismatch(message: string): AnswerError {
  return new AnswerError(errorAnswer(400, { type: "idempotency_error", message }), message);
}

function conflict(key: string): AnswerError {
  const message = `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}. If you believe this to be an error, please try again in a short while.`;
  return new AnswerError(
    errorAnswer(409, { type: "invalid_request_error", code: "idempotency_key_in_use", message }),
    message,
  );
}
