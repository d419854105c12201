// Tells open phone pages that something arrived.
import { EventEmitter } from "node:events";
import type { OpenStream } from "../http/message.ts";

export type LivePhones = {
  /** Something changed on this number's phone. */
  changed: (phone: string) => void;
  /** A stream of server-sent events: one `change` for each change on this number's phone. */
  watch: (phone: string) => OpenStream;
};

const heartbeatMs = 15_000;

/** Opens the switchboard between phones and pages. */
export function openLivePhones(): LivePhones {
  const changes = new EventEmitter();
  // One listener for each open page; there is no number of those that would mean a leak.
  changes.setMaxListeners(0);
  return {
    changed: (phone) => void changes.emit(phone),
    watch: (phone) => ({
      stream(response) {
        response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
        response.write("retry: 1000\n\n");
        const tell = () => void response.write("event: change\ndata: {}\n\n");
        const heartbeat = setInterval(() => response.write(":\n\n"), heartbeatMs);
        changes.on(phone, tell);
        response.on("close", () => {
          clearInterval(heartbeat);
          changes.off(phone, tell);
        });
      },
    }),
  };
}
