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
  {
    type: "invoice.paid",
    isCalledBack: true,
    note: "An accepted payment covers what is due, or the merchant marked it as paid.",
  },
  { type: "invoice.cancelled", isCalledBack: true, note: "The merchant withdrew it." },
  { type: "invoice.expired", isCalledBack: true, note: "Its time ran out unpaid." },
  { type: "invoice.reopened", isCalledBack: true, note: "An expired one can be paid again." },
  { type: "invoice.updated", isCalledBack: true, note: "The merchant changed what it says." },
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
  {
    type: "payment.validation_required",
    isCalledBack: false,
    note: "The carrier waits for a code, or for a word on a page of its own.",
  },
  {
    type: "payment.authorized",
    isCalledBack: true,
    note: "The amount is reserved; it is taken when the merchant confirms.",
  },
  {
    type: "payment.capture_requested",
    isCalledBack: false,
    note: "The merchant confirmed; the rail is asked to take the money.",
  },
  {
    type: "payment.cancel_requested",
    isCalledBack: false,
    note: "The reservation is being given back; the rail is asked.",
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
  { type: "payment.reviewed", isCalledBack: true, note: "A person decided what a doubtful record means." },
  { type: "payment.accepted", isCalledBack: true, note: "Surplus that now pays the invoice." },
  { type: "refund.created", isCalledBack: true, note: "Money is to go back; the rail is asked." },
  {
    type: "refund.unknown",
    isCalledBack: false,
    note: "The rail's answer was lost; it is asked until it is known.",
  },
  { type: "refund.succeeded", isCalledBack: true, note: "The rail sent the money back." },
  { type: "refund.failed", isCalledBack: true, note: "The rail refused, or took a sent refund back." },
  {
    type: "refund.needs_review",
    isCalledBack: true,
    note: "The rail's record contradicts ours; a person must look.",
  },
  {
    type: "dispute.inquiry",
    isCalledBack: true,
    note: "The payer's bank asks about a payment; no money moved.",
  },
  {
    type: "dispute.opened",
    isCalledBack: true,
    note: "The payer's bank took the money back until it has decided.",
  },
  {
    type: "dispute.won",
    isCalledBack: true,
    note: "The bank decided for the merchant and gave the money back.",
  },
  { type: "dispute.lost", isCalledBack: true, note: "The bank decided for the payer." },
  { type: "dispute.closed", isCalledBack: true, note: "A question of the bank's ended; no money moved." },
  { type: "endpoint.test", isCalledBack: true, note: "Asked for, to try one callback endpoint." },
  { type: "endpoint.failing", isCalledBack: true, note: "A callback endpoint has taken nothing for a day." },
  {
    type: "endpoint.disabled",
    isCalledBack: true,
    note: "A callback endpoint was switched off after five days of failures, or by its own 410.",
  },
  {
    type: "endpoint.recovered",
    isCalledBack: true,
    note: "A failing callback endpoint takes callbacks again.",
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
