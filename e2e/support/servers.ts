// Web servers of others on this machine: a merchant's site, an attacker's page.

import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Listens on loopback and a free port. */
export async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

export interface Site {
  /** Origin under the name `localhost`: the same site as the system, another origin. */
  readonly localhost: string;
  /** Origin under the number: another site altogether. */
  readonly numbered: string;
  /** Requests for documents, with path and query as they came. */
  readonly visits: readonly { readonly path: string; readonly headers: IncomingMessage["headers"] }[];
  close(): Promise<void>;
}

/** Serves one page under every path. */
export async function startSite(html: string): Promise<Site> {
  const visits: { path: string; headers: IncomingMessage["headers"] }[] = [];
  const server = createServer((request, response) => {
    if (request.url !== "/favicon.ico") visits.push({ path: request.url ?? "", headers: request.headers });
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(html);
  });
  const port = await portOf(server);
  return {
    localhost: `http://localhost:${port}`,
    numbered: `http://127.0.0.1:${port}`,
    visits,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
