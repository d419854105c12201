// Stands between one of our clients and the sandbox, and keeps what went over the wire.

import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly status: number;
  readonly answerHeaders: Headers;
  readonly answer: string;
}

export interface Recorder {
  readonly url: string;
  readonly exchanges: readonly Exchange[];
  close(): void;
}

/** Headers of one connection, which the next one makes for itself. */
const HOP = new Set(["host", "connection", "content-length", "transfer-encoding", "keep-alive"]);

export async function startRecorder(target: string): Promise<Recorder> {
  const exchanges: Exchange[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString("utf8");
    const method = request.method ?? "GET";
    const { pathname, search, searchParams } = new URL(request.url ?? "/", target);
    const answered = await fetch(`${target}${pathname}${search}`, {
      method,
      redirect: "manual",
      headers: Object.entries(request.headers)
        .filter(([name]) => !HOP.has(name))
        .map(([name, value]): [string, string] => [name, String(value)]),
      body: body === "" ? null : body,
    });
    const answer = await answered.text();
    exchanges.push({
      method,
      path: pathname,
      query: searchParams,
      headers: request.headers,
      body,
      status: answered.status,
      answerHeaders: answered.headers,
      answer,
    });
    const passed = [...answered.headers].filter(([name]) => !HOP.has(name) && name !== "content-encoding");
    response.writeHead(answered.status, Object.fromEntries(passed)).end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, exchanges, close: () => void server.close() };
}
