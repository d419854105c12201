// Notifications on their way out, for all three services: stored until delivered, retried on a schedule,
// and subject to the notification faults.
import type { JobOutcome, Scheduler } from "../store/scheduler.ts";
import type { Faults, ServiceName } from "./faults.ts";

export type Verdict = "delivered" | "retry" | "give_up";

export type Notification = {
  service: ServiceName;
  account: string;
  /** Id of the event; all its deliveries share it. */
  subject: string;
  /** Type of the event, for faults that name one. */
  type: string;
  /** Address as it stands now, for faults that name a path. */
  url: string;
  /** What the service needs to send it. */
  payload: unknown;
};

export type Sender = {
  /** Waits between attempts; after the last one the notification is given up. */
  retryMs: readonly number[];
  send: (payload: unknown) => Promise<Verdict>;
};

export type Notifier = {
  register: (service: ServiceName, sender: Sender) => void;
  notify: (notification: Notification) => void;
  clear: () => void;
};

type Outbound = { service: ServiceName; account: string; payload: unknown; releases: number | null };

const jobKind = "notification.deliver";

/** A held notification leaves by then even when no other one follows. */
const holdMs = 3_000;

/** Opens the notifier and takes over its jobs, including those left by an earlier process. */
export function openNotifier(scheduler: Scheduler, faults: Faults): Notifier {
  const senders = new Map<ServiceName, Sender>();
  /** The job held back for each account of a service, waiting to be overtaken. */
  const held = new Map<string, number>();

  scheduler.handle(jobKind, async (job): Promise<JobOutcome> => {
    const outbound = job.payload as Outbound;
    const sender = senders.get(outbound.service);
    const key = `${outbound.service}:${outbound.account}`;
    if (held.get(key) === job.id) {
      held.delete(key);
    }
    const verdict = (await sender?.send(outbound.payload)) ?? "give_up";
    if (outbound.releases !== null) {
      scheduler.release(outbound.releases);
    }
    const retryInMs = sender?.retryMs[job.attempt];
    return verdict === "retry" && retryInMs !== undefined ? { retryInMs } : undefined;
  });

  return {
    register: (service, sender) => void senders.set(service, sender),
    notify({ service, account, subject, type, url, payload }) {
      const path = URL.canParse(url) ? new URL(url).pathname : "";
      const plan = faults.planNotification(service, account, path, type);
      if (plan.isDropped) {
        return;
      }
      const key = `${service}:${account}`;
      const releases = held.get(key) ?? null;
      held.delete(key);
      const isHeld = plan.isHeld && releases === null;
      for (let copy = 0; copy < plan.copies; copy += 1) {
        const outbound: Outbound = { service, account, payload, releases: copy === 0 ? releases : null };
        const jobId = scheduler.schedule({
          kind: jobKind,
          subject,
          payload: outbound,
          delayMs: plan.delayMs + (isHeld ? holdMs : 0),
        });
        if (isHeld) {
          held.set(key, jobId);
        }
      }
    },
    clear: () => held.clear(),
  };
}
