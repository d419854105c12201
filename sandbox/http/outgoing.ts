// Sends one notification. Written on node:http so that the headers are exactly the service's own.
import { type ClientRequest, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";

export type Delivery = {
  /** HTTP status of the answer; 0 when there was none. */
  status: number;
  /** True when no connection came about, so that the receiver cannot have seen anything. */
  isUnreachable: boolean;
};

/** A receiver that has not answered by then counts as failed. */
const timeoutMs = 10_000;

/**
 * POSTs `body` to `url` and resolves with the status; never throws and never follows a redirect.
 * Credentials in the address go into an Authorization header, as the real services send them.
 */
export function post(url: string, headers: Record<string, string>, body: string): Promise<Delivery> {
  return new Promise((resolve) => {
    let isConnected = false;
    const fail = () => resolve({ status: 0, isUnreachable: !isConnected });
    const outgoing = open(url, { ...headers, "content-length": String(Buffer.byteLength(body)) });
    if (!outgoing) {
      fail();
      return;
    }
    // A deadline on the whole exchange: a receiver that trickles bytes must not hold it open.
    const deadline = setTimeout(() => outgoing.destroy(), timeoutMs);
    outgoing.on("socket", (socket) =>
      socket.on("connect", () => {
        isConnected = true;
      }),
    );
    outgoing.on("response", (answer) => {
      answer.on("error", fail);
      answer.resume();
      resolve({ status: answer.statusCode ?? 0, isUnreachable: false });
    });
    outgoing.on("error", fail);
    outgoing.on("close", () => {
      clearTimeout(deadline);
      fail();
    });
    outgoing.end(body);
  });
}

/** Null when the address is not one that can be posted to. */
function open(url: string, headers: Record<string, string>): ClientRequest | null {
  try {
    const target = new URL(url);
    const send = target.protocol === "https:" ? httpsRequest : httpRequest;
    return send({
      protocol: target.protocol,
      hostname: target.hostname.replace(/^\[|\]$/g, ""),
      port: target.port,
      path: target.pathname + target.search,
      method: "POST",
      headers,
      auth: target.username ? decodeURIComponent(`${target.username}:${target.password}`) : null,
      agent: false,
    });
  } catch {
    return null;
  }
}
