// Faults that tests switch on. Two families: those that befall a request to a service, and those that
// befall the notifications a service sends. Kept in memory: a restart clears them.
import { randomUUID } from "node:crypto";

export type ServiceName = "stripe" | "twilio" | "carrier";

export type RequestFaultKind = "delay" | "error" | "rate_limit" | "lost_answer" | "reset";

export type NotificationFaultKind =
  | "duplicate_notifications"
  | "reorder_notifications"
  | "never_notify"
  | "delay_notifications";

export type Fault = {
  id: string;
  service: ServiceName;
  fault: RequestFaultKind | NotificationFaultKind;
  /** How long to hold; for `delay` and `delay_notifications`. */
  ms: number;
  /** For `delay`: hold before the request takes effect, or hold the answer. */
  when: "before" | "after";
  /** For `error`: the status to answer with. */
  status: number;
  /** For `error`: let the request take effect first. */
  after: boolean;
  /** For `error`: the service gives the same answer again to whoever repeats the request with its key. */
  kept: boolean;
  /** For `rate_limit`: the value of Retry-After. */
  seconds: number;
  /** For `duplicate_notifications`: how often each one is sent in all. */
  copies: number;
  /** How many more requests or notifications it befalls; null for no end. */
  times: number | null;
  /** Regular expression on the path of the request, or of the notification's target. */
  path: string | null;
  /** Regular expression on the type of a notification's event (for Twilio: on its status). */
  type: string | null;
  method: string | null;
  account: string | null;
};

/** What will befall one request. */
export type RequestPlan = {
  delayBeforeMs: number;
  delayAfterMs: number;
  /** At most one way to spoil the answer. */
  spoiler: Fault | null;
};

/** What will befall one notification. */
export type NotificationPlan = { isDropped: boolean; isHeld: boolean; delayMs: number; copies: number };

export type Faults = {
  add: (fault: Omit<Fault, "id">) => Fault;
  list: () => Fault[];
  remove: (id: string) => boolean;
  clear: () => void;
  planRequest: (service: ServiceName, account: string | null, method: string, path: string) => RequestPlan;
  planNotification: (service: ServiceName, account: string, path: string, type: string) => NotificationPlan;
};

/**
 * Opens an empty list of faults.
 * A plan takes what it uses of `times` when it is made, so two requests at once cannot share the last one.
 */
export function openFaults(): Faults {
  let faults: Fault[] = [];

  function take(fault: Fault): void {
    if (fault.times === null) {
      return;
    }
    fault.times -= 1;
    if (fault.times <= 0) {
      faults = faults.filter((other) => other !== fault);
    }
  }

  return {
    add(fault) {
      const added = { ...fault, id: randomUUID() };
      faults.push(added);
      return added;
    },
    list: () => [...faults],
    remove(id) {
      const before = faults.length;
      faults = faults.filter((fault) => fault.id !== id);
      return faults.length < before;
    },
    clear() {
      faults = [];
    },
    planRequest(service, account, method, path) {
      const plan: RequestPlan = { delayBeforeMs: 0, delayAfterMs: 0, spoiler: null };
      for (const fault of [...faults]) {
        if (!isMeant(fault, service, account, path) || (fault.method && fault.method !== method)) {
          continue;
        }
        if (fault.fault === "delay") {
          take(fault);
          plan[fault.when === "before" ? "delayBeforeMs" : "delayAfterMs"] += fault.ms;
        } else if (isSpoiler(fault) && !plan.spoiler) {
          take(fault);
          plan.spoiler = fault;
        }
      }
      return plan;
    },
    planNotification(service, account, path, type) {
      const plan: NotificationPlan = { isDropped: false, isHeld: false, delayMs: 0, copies: 1 };
      for (const fault of [...faults]) {
        if (!isMeant(fault, service, account, path) || (fault.type && !new RegExp(fault.type).test(type))) {
          continue;
        }
        if (fault.fault === "never_notify") {
          plan.isDropped = true;
        } else if (fault.fault === "reorder_notifications") {
          plan.isHeld = true;
        } else if (fault.fault === "delay_notifications") {
          plan.delayMs += fault.ms;
        } else if (fault.fault === "duplicate_notifications") {
          plan.copies = Math.max(plan.copies, fault.copies);
        } else {
          continue;
        }
        take(fault);
      }
      return plan;
    },
  };
}

function isMeant(fault: Fault, service: ServiceName, account: string | null, path: string): boolean {
  return (
    fault.service === service &&
    (fault.account === null || fault.account === account) &&
    (fault.path === null || new RegExp(fault.path).test(path))
  );
}

function isSpoiler(fault: Fault): boolean {
  return (
    fault.fault === "error" ||
    fault.fault === "rate_limit" ||
    fault.fault === "lost_answer" ||
    fault.fault === "reset"
  );
}
