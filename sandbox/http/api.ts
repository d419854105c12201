// The way of one request through one of the three services: logged, and spoiled where a fault says so.
import { setTimeout as sleep } from "node:timers/promises";
import type { Account } from "../control/accounts.ts";
import type { Fault, ServiceName } from "../control/faults.ts";
import type { Sandbox } from "../sandbox.ts";
import { type Answer, AnswerError, type Request } from "./message.ts";
import { matchRoute, type Route } from "./router.ts";

export type Service = {
  name: ServiceName;
  owns: (path: string) => boolean;
  routes: Route[];
  /** Whose credentials the request carries, if any; must not throw. */
  identify: (request: Request) => Account | undefined;
  /** An error in the service's own shape. */
  fail: (request: Request, status: number) => Answer;
  /** Keeps an answer for whoever repeats the request, where the service does that. */
  keep?: (request: Request, answer: Answer) => void;
  /** Whatever every request to the service must pass before its route is looked up. */
  admit: (request: Request) => void;
  /** Headers that every answer of the service carries. */
  dress: (request: Request, answer: Answer) => Answer;
};

/** Serves one request; null in place of an answer means that the connection is to be dropped. */
export async function serveApi(sandbox: Sandbox, service: Service, request: Request): Promise<Answer | null> {
  const account = service.identify(request)?.id ?? null;
  const entry = sandbox.requestLog.begin(service.name, account, request);
  const plan = sandbox.faults.planRequest(service.name, account, request.method, request.path);
  await pause(plan.delayBeforeMs);
  let answer = spoilBefore(service, request, plan.spoiler);
  if (answer === undefined) {
    const honest = await answerOf(service, request);
    await pause(plan.delayAfterMs);
    answer = spoilAfter(service, request, plan.spoiler, honest);
  }
  const dressed = answer && service.dress(request, answer);
  sandbox.requestLog.finish(entry, dressed?.status ?? null, plan.spoiler?.fault ?? null);
  return dressed;
}

/** Undefined: the request goes ahead. */
function spoilBefore(service: Service, request: Request, spoiler: Fault | null): Answer | null | undefined {
  if (spoiler?.fault === "reset") {
    return null;
  }
  if (spoiler?.fault === "rate_limit") {
    const answer = service.fail(request, 429);
    return { ...answer, headers: { ...answer.headers, "retry-after": String(spoiler.seconds) } };
  }
  return spoiler?.fault === "error" && !spoiler.after ? failAs(service, request, spoiler) : undefined;
}

function spoilAfter(
  service: Service,
  request: Request,
  spoiler: Fault | null,
  honest: Answer,
): Answer | null {
  if (spoiler?.fault === "lost_answer") {
    return null;
  }
  return spoiler?.fault === "error" ? failAs(service, request, spoiler) : honest;
}

function failAs(service: Service, request: Request, { status, kept }: Fault): Answer {
  const answer = service.fail(request, status);
  if (kept) {
    service.keep?.(request, answer);
  }
  return answer;
}

async function answerOf(service: Service, request: Request): Promise<Answer> {
  try {
    service.admit(request);
    const match = matchRoute(service.routes, request.method, request.path);
    if (match.found !== "handler") {
      return service.fail(request, match.found === "nothing" ? 404 : 405);
    }
    const answer = await match.handler(request, match.params);
    if ("stream" in answer) {
      throw new Error("A service does not stream.");
    }
    return answer;
  } catch (error) {
    if (error instanceof AnswerError) {
      return error.answer;
    }
    console.error(`${request.method} ${request.path} failed.`, error);
    return service.fail(request, 500);
  }
}

async function pause(ms: number): Promise<void> {
  if (ms > 0) {
    // Unreferenced, so that a held answer does not hold up the end of the process.
    await sleep(ms, undefined, { ref: false });
  }
}
