// Facts in the outbox. Each row says who causes it; `isCalledBack` tells whether merchants are called back.

export interface EventKind {
  readonly type: string;
  readonly isCalledBack: boolean;
  readonly note: string;
}

const CATALOGUE = [
  { type: "invoice.created", isCalledBack: false, note: "The merchant made it and has the answer already." },
  {
    type: "invoice.opened",
    isCalledBack: true,
    note: "The link was first opened by what looks like a person.",
  },
  { type: "invoice.paid", isCalledBack: true, note: "An accepted payment covers what is due." },
  { type: "invoice.cancelled", isCalledBack: true, note: "The merchant withdrew it." },
  { type: "invoice.expired", isCalledBack: true, note: "Its time ran out unpaid." },
  { type: "invoice.reopened", isCalledBack: true, note: "An expired one can be paid again." },
  {
    type: "payment.started",
    isCalledBack: false,
    note: "A method was chosen; the intent is stored, the rail is asked next.",
  },
  {
    type: "payment.unknown",
    isCalledBack: false,
    note: "The rail's answer was lost; it is asked until it is known.",
  },
  {
    type: "payment.superseded",
    isCalledBack: false,
    note: "Another method was chosen; this one may still go through.",
  },
  { type: "payment.succeeded", isCalledBack: true, note: "The rail took the money and it was accepted." },
  {
    type: "payment.surplus",
    isCalledBack: true,
    note: "The rail took money that pays nothing; it is owed back.",
  },
  { type: "payment.failed", isCalledBack: true, note: "The rail declined." },
  { type: "payment.cancelled", isCalledBack: true, note: "Given up before the money was taken." },
  { type: "payment.expired", isCalledBack: true, note: "The rail's own deadline passed." },
  {
    type: "payment.needs_review",
    isCalledBack: true,
    note: "The rail's record contradicts ours; a person must look.",
  },
  { type: "sms.queued", isCalledBack: false, note: "An SMS was asked for." },
  { type: "sms.sent", isCalledBack: true, note: "The provider took it." },
  { type: "sms.delivered", isCalledBack: true, note: "The phone has it." },
  {
    type: "sms.undelivered",
    isCalledBack: true,
    note: "The provider could not deliver it, or refused it for good.",
  },
  { type: "sms.skipped", isCalledBack: false, note: "Not sent: the invoice was no longer open." },
] as const satisfies readonly EventKind[];

export type EventType = (typeof CATALOGUE)[number]["type"];

export const EVENT_CATALOGUE: readonly (EventKind & { readonly type: EventType })[] = CATALOGUE;

export const EVENT_TYPES: readonly EventType[] = CATALOGUE.map((kind) => kind.type);

export function isCalledBack(type: EventType): boolean {
  return CATALOGUE.some((kind) => kind.type === type && kind.isCalledBack);
}
