// The one HTTP server. Nothing sent to it may end the process: whatever cannot be understood gets an error.
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Sandbox } from "../sandbox.ts";
import { type Service, serveApi } from "./api.ts";
import { readBody } from "./body.ts";
import { type Answer, AnswerError, failure, type OpenStream, type Request } from "./message.ts";
import { matchRoute, type Route } from "./router.ts";

/** Longer than any client keeps an idle connection, so that none is closed under a request being sent. */
const keepAliveMs = 75_000;

/** Creates the server; requests to a service's paths go to it, all others to the sandbox's own routes. */
export function createSandboxServer(
  sandbox: Sandbox,
  services: readonly Service[],
  routes: readonly Route[],
): Server {
  const server = createServer((incoming, response) => {
    serve(sandbox, services, routes, incoming, response).catch((error: unknown) => {
      // Reached when the connection broke while the request was read or the answer written.
      if (!isDisconnect(error)) {
        console.error(`${incoming.method} ${incoming.url} failed.`, error);
      }
      response.destroy();
    });
  });
  server.keepAliveTimeout = keepAliveMs;
  server.on("clientError", (_error, socket) => {
    if (socket.writable) {
      socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    }
  });
  return server;
}

async function serve(
  sandbox: Sandbox,
  services: readonly Service[],
  routes: readonly Route[],
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const settled: (() => void)[] = [];
  const body = await readBody(incoming);
  const url = parseUrl(incoming.url ?? "");
  if (!body) {
    write(incoming, response, failure(413, "body_too_large", "The body is larger than 1 MiB."));
    return;
  }
  if (!url) {
    write(incoming, response, failure(400, "invalid_path", "The path is not a valid one."));
    return;
  }
  const request: Request = {
    id: randomBytes(12).toString("hex"),
    method: incoming.method ?? "GET",
    path: url.pathname,
    query: url.searchParams,
    headers: incoming.headers,
    body,
    onSettled: (listener) => void settled.push(listener),
  };
  const service = services.find((candidate) => candidate.owns(request.path));
  try {
    const answer = service ? await serveApi(sandbox, service, request) : await serveOwn(routes, request);
    if (!answer) {
      incoming.socket.resetAndDestroy();
    } else if ("stream" in answer) {
      answer.stream(response);
    } else {
      write(incoming, response, answer);
    }
  } finally {
    for (const listener of settled) {
      listener();
    }
  }
}

async function serveOwn(routes: readonly Route[], request: Request): Promise<Answer | OpenStream> {
  const match = matchRoute(routes, request.method, request.path);
  if (match.found === "other_method") {
    return failure(405, "method_not_allowed", "That path does not take this method.");
  }
  if (match.found === "nothing") {
    return failure(404, "not_found", "There is nothing at that path; the front page lists what there is.");
  }
  try {
    return await match.handler(request, match.params);
  } catch (error) {
    if (error instanceof AnswerError) {
      return error.answer;
    }
    console.error(`${request.method} ${request.path} failed.`, error);
    return failure(500, "internal", "The sandbox failed; its log says more.");
  }
}

function write(incoming: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const headers: Record<string, string> = { ...answer.headers };
  // A 204 has no body and may not announce one.
  if (answer.status !== 204) {
    headers["content-length"] = String(Buffer.byteLength(answer.body));
  }
  response.writeHead(answer.status, headers);
  response.end(incoming.method === "HEAD" ? "" : answer.body);
}

/** The path is appended to a fixed host, so that `//host/path` stays a path. */
function parseUrl(target: string): URL | null {
  try {
    return target.startsWith("/") ? new URL(`http://sandbox${target}`) : null;
  } catch {
    return null;
  }
}

function isDisconnect(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : "";
  return code === "ECONNRESET" || code === "EPIPE" || code === "ERR_STREAM_PREMATURE_CLOSE";
}
