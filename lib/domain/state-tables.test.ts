import { describe, expect, it } from "vitest";
import { DISPUTE_EVENTS, DISPUTE_STATES, DISPUTE_TRANSITIONS } from "./dispute.ts";
import { INVOICE_EVENTS, INVOICE_STATES, INVOICE_TRANSITIONS } from "./invoice.ts";
import { MANDATE_EVENTS, MANDATE_STATES, MANDATE_TRANSITIONS } from "./mandate.ts";
import { isOpenPayment, PAYMENT_EVENTS, PAYMENT_STATES, PAYMENT_TRANSITIONS } from "./payment.ts";
import { REFUND_EVENTS, REFUND_STATES, REFUND_TRANSITIONS } from "./refund.ts";
import { SMS_EVENTS, SMS_STATES, SMS_TRANSITIONS } from "./sms.ts";
import { legalEvents, nextState, type StateTable } from "./state-table.ts";
import { TRANSFER_EVENTS, TRANSFER_STATES, TRANSFER_TRANSITIONS } from "./transfer.ts";

interface Machine {
  readonly states: readonly string[];
  readonly events: readonly string[];
  readonly table: StateTable<string, string>;
  readonly initial: string;
  /** Every edge, written out by hand: `from event to`. */
  readonly edges: readonly string[];
}

const MACHINES: Readonly<Record<string, Machine>> = {
  payment: {
    states: PAYMENT_STATES,
    events: PAYMENT_EVENTS,
    table: PAYMENT_TRANSITIONS,
    initial: "created",
    edges: [
      "created submitted pending",
      "created cancelled cancelled",
      "created failed failed",
      "created expired expired",
      "pending validation_required pending_validation",
      "pending authorized authorized",
      "pending succeeded succeeded",
      "pending failed failed",
      "pending cancelled cancelled",
      "pending expired expired",
      "pending_validation code_accepted pending",
      "pending_validation authorized authorized",
      "pending_validation succeeded succeeded",
      "pending_validation failed failed",
      "pending_validation cancelled cancelled",
      "pending_validation expired expired",
      "authorized capture_requested authorized",
      "authorized cancel_requested authorized",
      "authorized succeeded succeeded",
      "authorized failed failed",
      "authorized cancelled cancelled",
      "authorized expired expired",
      "expired succeeded_late succeeded",
      "cancelled succeeded_late succeeded",
      "failed succeeded_late succeeded",
    ],
  },
  invoice: {
    states: INVOICE_STATES,
    events: INVOICE_EVENTS,
    table: INVOICE_TRANSITIONS,
    initial: "open",
    edges: [
      "open paid paid",
      "open edited open",
      "open paid_outside paid",
      "expired paid_outside paid",
      "open cancelled cancelled",
      "open expired expired",
      "expired paid_late paid",
      "expired reopened open",
      "cancelled paid_after_cancel paid",
    ],
  },
  refund: {
    states: REFUND_STATES,
    events: REFUND_EVENTS,
    table: REFUND_TRANSITIONS,
    initial: "pending",
    edges: [
      "pending succeeded succeeded",
      "pending failed failed",
      "succeeded failed_late failed",
      "failed succeeded_late succeeded",
    ],
  },
  dispute: {
    states: DISPUTE_STATES,
    events: DISPUTE_EVENTS,
    table: DISPUTE_TRANSITIONS,
    initial: "inquiry",
    edges: [
      "inquiry opened open",
      "inquiry closed closed",
      "open won won",
      "open lost lost",
      "lost won_late won",
    ],
  },
  transfer: {
    states: TRANSFER_STATES,
    events: TRANSFER_EVENTS,
    table: TRANSFER_TRANSITIONS,
    initial: "created",
    edges: ["created submitted pending", "pending succeeded succeeded", "pending failed failed"],
  },
  mandate: {
    states: MANDATE_STATES,
    events: MANDATE_EVENTS,
    table: MANDATE_TRANSITIONS,
    initial: "pending",
    edges: [
      "pending approved active",
      "pending rejected rejected",
      "pending expired expired",
      "active revoked revoked",
      "active expired expired",
    ],
  },
  sms: {
    states: SMS_STATES,
    events: SMS_EVENTS,
    table: SMS_TRANSITIONS,
    initial: "queued",
    edges: [
      "queued claimed sending",
      "queued skipped skipped",
      "queued refused failed",
      "queued accepted sent",
      "sending returned queued",
      "sending accepted sent",
      "sending refused failed",
      "sent delivered delivered",
      "sent undelivered undelivered",
      "undelivered delivered delivered",
      "failed delivered delivered",
    ],
  },
};

describe.each(Object.entries(MACHINES))("%s", (_name, { states, events, table, initial, edges }) => {
  const expected = new Map(
    edges.map((edge) => {
      const [from, event, to] = edge.split(" ");
      return [`${from} ${event}`, to];
    }),
  );

  it("has exactly the edges that were agreed, and refuses every other event in every state", () => {
    for (const state of states) {
      for (const event of events) {
        expect(nextState(table, state, event), `${state} + ${event}`).toBe(
          expected.get(`${state} ${event}`) ?? null,
        );
      }
    }
  });

  it("names each edge once", () => {
    expect(table).toHaveLength(edges.length);
  });

  it("can reach every state from its first one", () => {
    const reached = new Set([initial]);
    for (const state of reached)
      for (const event of legalEvents(table, state)) reached.add(nextState(table, state, event) ?? state);
    expect([...reached].sort()).toEqual([...states].sort());
  });

  it("uses every event", () => {
    expect(new Set(table.map((edge) => edge.event))).toEqual(new Set(events));
  });
});

describe("payment", () => {
  it("leaves succeeded by no event: money that was taken is never forgotten", () => {
    expect(legalEvents(PAYMENT_TRANSITIONS, "succeeded")).toEqual([]);
  });

  it("calls exactly those states open in which the rail may still take the money", () => {
    expect(PAYMENT_STATES.filter(isOpenPayment)).toEqual([
      "created",
      "pending",
      "pending_validation",
      "authorized",
    ]);
  });
});
