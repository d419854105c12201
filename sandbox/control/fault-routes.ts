// `/faults`: tests switch faults on and off here.
import { invalid, jsonObject } from "../http/body.ts";
import { AnswerError, empty, failure, json } from "../http/message.ts";
import { type Route, route } from "../http/router.ts";
import type { Sandbox } from "../sandbox.ts";
import type { Fault, ServiceName } from "./faults.ts";

const services = ["stripe", "twilio", "carrier"] as const satisfies readonly ServiceName[];

/** Every kind with what it does, as the front page shows it. */
export const faultKinds: Record<Fault["fault"], string> = {
  delay: "holds the request before it takes effect, or with when: after the answer to it, for ms",
  error:
    "answers with status (500); with after: true the request takes effect first, with kept: true Stripe gives the answer again for its key",
  rate_limit: "answers 429 with Retry-After: seconds (1)",
  lost_answer: "lets the request take effect, then drops the connection",
  reset: "drops the connection before anything happens",
  duplicate_notifications: "sends each notification copies (2) times",
  reorder_notifications: "holds each first notification until the next one was sent, at most 3 seconds",
  never_notify: "sends no notification at all",
  delay_notifications: "sends each notification ms later",
};

/** Routes to add, list and clear faults. */
export function faultRoutes(sandbox: Sandbox): Route[] {
  return [
    route("POST", "/faults", (request) => {
      const fault = sandbox.faults.add(parseFault(jsonObject(request)));
      return json(201, fault);
    }),
    route("GET", "/faults", () => json(200, { faults: sandbox.faults.list() })),
    route("DELETE", "/faults", () => {
      sandbox.faults.clear();
      return empty(204);
    }),
    route("DELETE", "/faults/:id", (_request, params) => {
      if (!sandbox.faults.remove(params.id ?? "")) {
        const message = "There is no such fault; it may have run out.";
        throw new AnswerError(failure(404, "fault_not_found", message), message);
      }
      return empty(204);
    }),
  ];
}

function parseFault(body: Record<string, unknown>): Omit<Fault, "id"> {
  const service = services.find((name) => name === body.service);
  const kind = kindOf(body.fault);
  if (!service) {
    throw invalid("invalid_service", `service must be one of ${services.join(", ")}.`);
  }
  if (!kind) {
    throw invalid("invalid_fault", `fault must be one of ${Object.keys(faultKinds).join(", ")}.`);
  }
  if (body.when !== undefined && body.when !== "before" && body.when !== "after") {
    throw invalid("invalid_when", "when must be before or after.");
  }
  for (const name of ["after", "kept"]) {
    if (body[name] !== undefined && typeof body[name] !== "boolean") {
      throw invalid(`invalid_${name}`, `${name} must be true or false.`);
    }
  }
  const needsMs = kind === "delay" || kind === "delay_notifications";
  return {
    service,
    fault: kind,
    ms: whole(body, "ms", needsMs ? null : 0, 0, 600_000) ?? 0,
    when: body.when ?? "before",
    status: whole(body, "status", 500, 400, 599) ?? 500,
    after: body.after === true,
    kept: body.kept === true,
    seconds: whole(body, "seconds", 1, 0, 86_400) ?? 1,
    copies: whole(body, "copies", 2, 1, 1_000) ?? 2,
    times: body.times === undefined ? null : whole(body, "times", null, 1, 1_000_000),
    path: pattern(body, "path"),
    type: pattern(body, "type"),
    method: text(body, "method")?.toUpperCase() ?? null,
    account: text(body, "account"),
  };
}

function kindOf(value: unknown): Fault["fault"] | null {
  return typeof value === "string" && Object.hasOwn(faultKinds, value) ? (value as Fault["fault"]) : null;
}

/** A whole number in a range; `fallback` null means that the field is required. */
function whole(
  body: Record<string, unknown>,
  name: string,
  fallback: number | null,
  min: number,
  max: number,
): number | null {
  const value = body[name] ?? fallback;
  if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) {
    throw invalid(`invalid_${name}`, `${name} must be a whole number from ${min} to ${max}.`);
  }
  return value;
}

function text(body: Record<string, unknown>, name: string): string | null {
  const value = body[name];
  if (value === undefined || value === null) {
    return null;
  }
  if (typeof value !== "string") {
    throw invalid(`invalid_${name}`, `${name} must be a text.`);
  }
  return value;
}

function pattern(body: Record<string, unknown>, name: string): string | null {
  const value = text(body, name);
  try {
    new RegExp(value ?? "");
    return value;
  } catch {
    throw invalid(`invalid_${name}`, `${name} must be a regular expression.`);
  }
}
