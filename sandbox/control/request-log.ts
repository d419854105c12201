// What the three services were asked. Tests read it to see that a call was made once, late or not at all.
import { randomUUID } from "node:crypto";
import { invalid, isRecord, mediaType } from "../http/body.ts";
import { header, json, type Request } from "../http/message.ts";
import { type Route, route } from "../http/router.ts";
import type { Sandbox } from "../sandbox.ts";
import type { Collection, Entry } from "../store/collection.ts";
import type { ServiceName } from "./faults.ts";

export type LoggedRequest = Entry & {
  service: ServiceName;
  method: string;
  path: string;
  query: string;
  /** Milliseconds since 1970, UTC. */
  at: number;
  durationMs: number | null;
  /** Null while running, and for good when the connection was dropped. */
  status: number | null;
  /** Id of the x-correlator header. */
  correlator: string | null;
  /** Stripe's Idempotency-Key header, or the carrier's clientCorrelator. */
  idempotencyKey: string | null;
  /** Kind of the fault that spoiled the answer. */
  fault: string | null;
};

export type RequestLog = {
  begin: (service: ServiceName, account: string | null, request: Request) => LoggedRequest;
  finish: (entry: LoggedRequest, status: number | null, fault: string | null) => void;
};

/** Entries kept; the oldest go first. */
const sizeLimit = 5_000;
const trimEvery = 500;

/** Opens the log on its collection. */
export function openRequestLog(entries: Collection<LoggedRequest>): RequestLog {
  let sinceTrim = 0;
  return {
    begin(service, account, request) {
      const entry: LoggedRequest = {
        id: randomUUID(),
        account: account ?? "",
        service,
        method: request.method,
        path: request.path,
        query: request.query.toString(),
        at: Date.now(),
        durationMs: null,
        status: null,
        correlator: header(request, "x-correlator") ?? null,
        idempotencyKey: header(request, "idempotency-key") ?? clientCorrelator(request),
        fault: null,
      };
      entries.insert(entry);
      sinceTrim += 1;
      if (sinceTrim >= trimEvery) {
        sinceTrim = 0;
        entries.trim(sizeLimit);
      }
      return entry;
    },
    finish(entry, status, fault) {
      entries.save({ ...entry, status, fault, durationMs: Date.now() - entry.at });
    },
  };
}

/** `GET /requests`: the log, oldest first. */
export function requestLogRoutes(sandbox: Sandbox): Route[] {
  return [
    route("GET", "/requests", ({ query }) => {
      const service = query.get("service");
      const account = query.get("account");
      const since = parseSince(query.get("since"));
      const found = sandbox.requests.select(
        "(?1 is null or body->>'$.service' = ?1) and (?2 is null or account = ?2) and body->>'$.at' >= ?3",
        service,
        account,
        since,
      );
      return json(200, { requests: found.map(render) });
    }),
  ];
}

function render(entry: LoggedRequest) {
  return {
    id: entry.id,
    service: entry.service,
    account: entry.account || null,
    method: entry.method,
    path: entry.path,
    query: entry.query,
    at: new Date(entry.at).toISOString(),
    duration_ms: entry.durationMs,
    status: entry.status,
    correlator: entry.correlator,
    idempotency_key: entry.idempotencyKey,
    fault: entry.fault,
  };
}

/** Takes an instant as ISO 8601 or as milliseconds since 1970. */
function parseSince(text: string | null): number {
  if (!text) {
    return 0;
  }
  const instant = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isNaN(instant)) {
    throw invalid("invalid_since", "since must be an ISO 8601 instant or milliseconds since 1970.");
  }
  return instant;
}

function clientCorrelator(request: Request): string | null {
  if (mediaType(request) !== "application/json") {
    return null;
  }
  try {
    const body: unknown = JSON.parse(request.body.toString("utf8"));
    const transaction = isRecord(body) ? body.amountTransaction : null;
    const correlator = isRecord(transaction) ? transaction.clientCorrelator : null;
    return typeof correlator === "string" ? correlator : null;
  } catch {
    return null;
  }
}
