// `/phones`: the virtual phones, as pages and as JSON.
import { answerPayment } from "../carrier/decide.ts";
import type { OneStep } from "../carrier/one-step.ts";
import { formFields, invalid, jsonObject, mediaType } from "../http/body.ts";
import { type Answer, failure, json, type Request, seeOther } from "../http/message.ts";
import { type Route, route } from "../http/router.ts";
import type { Sandbox } from "../sandbox.ts";
import { phonePath, readNumber } from "./number.ts";
import { phoneListPage, phonePage } from "./phone-page.ts";
import { openPrompts, promptsOf } from "./prompts.ts";

/** Routes of the virtual phones. */
export function phoneRoutes(sandbox: Sandbox, oneStep: OneStep): Route[] {
  const messages = (number: string) => sandbox.messages.select("body->>'$.to' = ?", number);
  return [
    route("GET", "/phones", () => phoneListPage(recentPhones(sandbox, 200))),
    route("GET", "/phones/:number", (_request, params) => {
      const number = numberOf(params);
      return phonePage(number, messages(number), promptsOf(sandbox, number));
    }),
    route("GET", "/phones/:number/stream", (_request, params) => sandbox.phones.watch(numberOf(params))),
    route("GET", "/phones/:number/messages", (_request, params) =>
      json(200, {
        messages: messages(numberOf(params)).map((message) => ({
          sid: message.id,
          from: message.from,
          to: message.to,
          body: message.body,
          status: message.status,
          received_at: new Date(message.createdAt).toISOString(),
        })),
      }),
    ),
    route("GET", "/phones/:number/prompts", (_request, params) =>
      json(200, {
        prompts: promptsOf(sandbox, numberOf(params)).map((prompt) => ({
          payment_id: prompt.id,
          text: prompt.text,
          merchant: prompt.merchant,
          amount: prompt.amount,
          description: prompt.description,
          state: prompt.state,
          created_at: new Date(prompt.createdAt).toISOString(),
          answered_at: prompt.answeredAt === null ? null : new Date(prompt.answeredAt).toISOString(),
        })),
      }),
    ),
    route("POST", "/phones/:number/approve", (request, params) =>
      answerPrompt(sandbox, oneStep, request, numberOf(params), true),
    ),
    route("POST", "/phones/:number/decline", (request, params) =>
      answerPrompt(sandbox, oneStep, request, numberOf(params), false),
    ),
  ];
}

/** Numbers that got a text or a prompt, the most recent first. */
export function recentPhones(sandbox: Sandbox, limit: number): string[] {
  const seen = [
    ...sandbox.messages
      .newest(1_000, "true")
      .map((message) => ({ number: message.to, at: message.createdAt })),
    ...sandbox.prompts
      .newest(1_000, "true")
      .map((prompt) => ({ number: prompt.phone, at: prompt.createdAt })),
  ];
  seen.sort((left, right) => right.at - left.at);
  return [...new Set(seen.map((one) => one.number))].slice(0, limit);
}

function numberOf(params: Record<string, string>): string {
  const number = readNumber(params.number ?? "");
  if (!number) {
    throw invalid("invalid_number", "The path must name a phone number in E.164, for example +4790000000.");
  }
  return number;
}

/** The page's own form gets a redirect back to the page, everybody else JSON. */
function answerPrompt(
  sandbox: Sandbox,
  oneStep: OneStep,
  request: Request,
  number: string,
  isApproved: boolean,
): Answer {
  const isForm = mediaType(request) === "application/x-www-form-urlencoded" && request.body.length > 0;
  const wanted = isForm ? formFields(request).get("payment_id") : jsonObject(request).payment_id;
  const prompt = openPrompts(sandbox, number).find((open) => !wanted || open.id === wanted);
  const payment = prompt && sandbox.carrier.payments.find(prompt.id);
  if (prompt && payment) {
    answerPayment(sandbox, oneStep, payment, isApproved);
  }
  if (isForm) {
    return seeOther(phonePath(number));
  }
  if (!prompt || !payment) {
    return failure(404, "no_open_prompt", "No such prompt is open on this phone.");
  }
  return json(200, { payment_id: prompt.id, answer: isApproved ? "approved" : "declined" });
}
