// Sends one callback: no redirect, no cookie, no proxy, a bounded time and a bounded answer, and the socket
// goes to the address that was checked.

import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIPv6, type LookupFunction } from "node:net";
import { ServiceError } from "#lib/domain/errors.ts";
import type { CallbackPort, CallbackRequest, CallbackResult, VettedUrl } from "#lib/domain/ports/callback.ts";
import { before, checkHost, checkUrl, type GuardOptions } from "./guard.ts";
import { signatureHeaders } from "./signature.ts";

export interface SenderOptions extends GuardOptions {
  /** For the whole try, the name's resolution included, in milliseconds. */
  readonly timeoutMs: number;
  /** For the connection, in milliseconds. */
  readonly connectTimeoutMs: number;
}

const RESPONSE_BYTES_MAX = 16 * 1024;
const RESPONSE_KEPT = 2 * 1024;
const HEADER_BYTES_MAX = 16 * 1024;
/** A request of the merchant waits for this. */
const VET_TIMEOUT_MS = 4_000;
const USER_AGENT = "Billtext-Callback/1";

export function createCallbackSender(options: SenderOptions): CallbackPort {
  return {
    async vet(text, mode, pointer) {
      const refuse = (detail: string) => new ServiceError("url_not_allowed", detail, { pointer });
      const checked = checkUrl(text, mode, options);
      if (!checked.isAllowed) throw refuse(checked.reason);
      const host = await withDeadline(Math.min(options.timeoutMs, VET_TIMEOUT_MS), (deadline) =>
        checkHost(checked, options, deadline),
      );
      if (host.kind === "blocked") throw refuse(host.reason);
      return checked.url.href as VettedUrl;
    },
    async post(request) {
      const startedAt = performance.now();
      const end = (rest: Partial<CallbackResult>): CallbackResult => ({
        isDelivered: false,
        status: null,
        failure: null,
        isBlocked: false,
        retryAfterSeconds: null,
        responseText: "",
        resolvedIp: null,
        ...rest,
        durationMs: Math.round(performance.now() - startedAt),
      });
      const checked = checkUrl(request.url, request.mode, options);
      if (!checked.isAllowed) return end({ failure: checked.reason, isBlocked: true });
      return await withDeadline(options.timeoutMs, async (deadline) => {
        const host = await checkHost(checked, options, deadline);
        if (host.kind !== "address") return end({ failure: host.reason, isBlocked: host.kind === "blocked" });
        const answer = await exchange(checked.url, host.ip, request, options, deadline);
        return end({ ...answer, resolvedIp: host.ip });
      });
    },
  };
}

/** Not AbortSignal.timeout: its timer would not keep a process alive that waits for nothing else. */
async function withDeadline<T>(ms: number, work: (deadline: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), ms);
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}

async function exchange(
  url: URL,
  ip: string,
  request: CallbackRequest,
  options: SenderOptions,
  deadline: AbortSignal,
): Promise<Partial<CallbackResult>> {
  try {
    const response = await before(deadline, send(url, ip, request, options, deadline));
    const responseText = await before(deadline, readSome(response, deadline));
    const status = response.statusCode ?? 0;
    return {
      isDelivered: status >= 200 && status < 300,
      status,
      retryAfterSeconds: retryAfter(response.headers["retry-after"], request.now),
      responseText,
    };
  } catch (error) {
    return { failure: failureText(error, deadline) };
  }
}

function send(
  url: URL,
  ip: string,
  request: CallbackRequest,
  options: SenderOptions,
  deadline: AbortSignal,
): Promise<IncomingMessage> {
  const body = Buffer.from(request.body);
  return new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = open(url, ip, request, body.byteLength, deadline);
    const connecting = setTimeout(
      () => outgoing.destroy(new Error("The connection took too long.")),
      options.connectTimeoutMs,
    );
    const event = url.protocol === "https:" ? "secureConnect" : "connect";
    outgoing.once("socket", (socket) => socket.once(event, () => clearTimeout(connecting)));
    outgoing.once("response", resolve);
    outgoing.once("error", reject);
    // Node tells of an answer 101 by this event alone, neither as an answer nor as an error.
    outgoing.once("upgrade", (_response, socket) => {
      socket.destroy();
      reject(new Error("The receiver changed the protocol."));
    });
    // Last of all events: whatever ended the request without one of the others ends the wait too.
    outgoing.once("close", () => {
      clearTimeout(connecting);
      reject(new Error("The connection was closed without an answer."));
    });
    outgoing.end(body);
  });
}

function open(
  url: URL,
  ip: string,
  request: CallbackRequest,
  length: number,
  signal: AbortSignal,
): ClientRequest {
  const family = isIPv6(ip) ? 6 : 4;
  // Node asks this for names only; the names it may ask about have been resolved and checked.
  const lookup: LookupFunction = (_hostname, lookupOptions, done) => {
    if (lookupOptions.all === true) done(null, [{ address: ip, family }]);
    else done(null, ip, family);
  };
  const start = url.protocol === "https:" ? httpsRequest : httpRequest;
  return start(url, {
    method: "POST",
    agent: false,
    lookup,
    signal,
    maxHeaderSize: HEADER_BYTES_MAX,
    headers: {
      "content-type": "application/json",
      "content-length": length,
      "user-agent": USER_AGENT,
      accept: "*/*",
      "accept-encoding": "identity",
      connection: "close",
      ...signatureHeaders({
        eventId: request.eventId,
        body: request.body,
        secrets: request.secrets,
        at: request.now,
      }),
    },
  });
}

/** The status is what counts: an answer that is too long, or breaks off, has been given all the same. One that
 * is still trickling at the deadline has not. */
async function readSome(response: IncomingMessage, deadline: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response) {
      const bytes: Buffer = chunk;
      chunks.push(bytes);
      size += bytes.byteLength;
      if (size >= RESPONSE_BYTES_MAX) break;
    }
  } catch (error) {
    if (deadline.aborted) throw error;
  }
  response.destroy();
  return Buffer.concat(chunks).subarray(0, RESPONSE_KEPT).toString("utf8").replaceAll("\u0000", "");
}

/** Seconds, or a date; bounded by the schedule. */
function retryAfter(value: string | undefined, now: Date): number | null {
  if (value === undefined) return null;
  if (/^\d{1,9}$/.test(value)) return Number(value);
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, Math.round((at - now.getTime()) / 1000));
}

function failureText(error: unknown, deadline: AbortSignal): string {
  if (deadline.aborted) return "No answer in time.";
  if (!(error instanceof Error)) return "No answer.";
  const code = "code" in error && typeof error.code === "string" ? error.code : null;
  return code ?? error.message;
}
