// A merchant's callback receiver. Verifies each request with the Standard Webhooks library, not with our code.

import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";
import { type Description, descriptionOf } from "../../test/description.ts";
import { demo } from "./demo.ts";
import { portOf } from "./servers.ts";

export interface Callback {
  readonly id: string;
  readonly type: string;
  readonly sequence: number;
  readonly mode: string;
  readonly api_version: string;
  readonly data: {
    readonly invoice: Readonly<Record<string, unknown>>;
    readonly payment?: Readonly<Record<string, unknown>>;
  };
}

/** What one test's invoice is called back at. */
export interface Inbox {
  /** For the invoice's `callback_url`. */
  readonly url: string;
  /** Verified callbacks in the order they came; an event that comes again is there once. */
  received(): readonly Callback[];
  /** The first callback of a type, awaited where it has not come yet. */
  next(type: string): Promise<Callback>;
  /** Requests that did not prove themselves. */
  refused(): readonly string[];
}

export interface CallbackListener {
  openInbox(): Inbox;
  close(): Promise<void>;
}

const WAIT_MS = 10_000;

interface Box {
  readonly callbacks: Callback[];
  readonly refused: string[];
  readonly waiting: Set<() => void>;
}

export async function startCallbackListener(): Promise<CallbackListener> {
  const boxes = new Map<string, Box>();
  const verifier = new Webhook(demo.callback_secret);
  const description = await descriptionOf(demo.base_url);
  const server = createServer(async (request, response) => {
    const box = boxes.get(request.url ?? "");
    const status = box === undefined ? 404 : accept(box, verifier, description, request, await text(request));
    response.writeHead(status).end();
  });
  const port = await portOf(server);
  return {
    openInbox() {
      const path = `/callbacks/${randomUUID()}`;
      const box: Box = { callbacks: [], refused: [], waiting: new Set() };
      boxes.set(path, box);
      return {
        url: `http://127.0.0.1:${port}${path}`,
        received: () => box.callbacks,
        refused: () => box.refused,
        next: (type) => next(box, type),
      };
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function accept(
  box: Box,
  verifier: Webhook,
  description: Description,
  request: IncomingMessage,
  body: string,
): number {
  try {
    const headers = Object.fromEntries(
      ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => [
        name,
        String(request.headers[name] ?? ""),
      ]),
    );
    const callback = verifier.verify(body, headers) as Callback;
    if (callback.id !== headers["webhook-id"]) throw new Error("The body is not the event that was signed.");
    description.checkCallback(callback);
    if (!box.callbacks.some((known) => known.id === callback.id)) box.callbacks.push(callback);
    for (const wake of box.waiting) wake();
    return 204;
  } catch (error) {
    box.refused.push(`${String(error)}: ${body.slice(0, 200)}`);
    return 400;
  }
}

async function next(box: Box, type: string): Promise<Callback> {
  const find = () => box.callbacks.find((callback) => callback.type === type);
  return await new Promise((resolve, reject) => {
    const finish = () => {
      const found = find();
      if (found === undefined) return;
      clearTimeout(timer);
      box.waiting.delete(finish);
      resolve(found);
    };
    const timer = setTimeout(() => {
      box.waiting.delete(finish);
      const came = box.callbacks.map((callback) => callback.type).join(", ") || "nothing";
      reject(new Error(`No ${type} in ${WAIT_MS / 1000} seconds; there came ${came}.`));
    }, WAIT_MS);
    box.waiting.add(finish);
    finish();
  });
}
