// The nouns that operations are grouped by, in the order people meet them.

export const TAGS = [
  { name: "Invoices", description: "Bill a phone number, and see what became of it." },
  { name: "Payments", description: "Attempts to pay an invoice: by phone bill, card or mobile money." },
  { name: "Refunds", description: "Money back to the payer." },
  { name: "Disputes", description: "Payers who ask their bank for the money back." },
  { name: "Events", description: "Everything that happened, in order." },
  { name: "Callbacks", description: "Where events are sent to, and every try to deliver them." },
  { name: "Messages", description: "Text messages." },
  { name: "Keys", description: "API keys and what they may do." },
  { name: "Merchant", description: "Who you are to payers, and your defaults." },
  { name: "Simulation", description: "Make things happen in test mode." },
  { name: "Description", description: "This description." },
] as const;
