// Draws the state tables. The README and docs/states.md hold what these functions return; a test compares.

import { DISPUTE_TRANSITIONS } from "../../lib/domain/dispute.ts";
import { INVOICE_TRANSITIONS } from "../../lib/domain/invoice.ts";
import { MANDATE_TRANSITIONS } from "../../lib/domain/mandate.ts";
import { PAYMENT_TRANSITIONS } from "../../lib/domain/payment.ts";
import { REFUND_TRANSITIONS } from "../../lib/domain/refund.ts";
import { SMS_TRANSITIONS } from "../../lib/domain/sms.ts";
import type { Edge } from "../../lib/domain/state-table.ts";
import { TRANSFER_TRANSITIONS } from "../../lib/domain/transfer.ts";

type AnyTable = readonly Edge<string, string>[];

const TABLES: readonly (readonly [name: string, table: AnyTable])[] = [
  ["Invoice", INVOICE_TRANSITIONS],
  ["Payment", PAYMENT_TRANSITIONS],
  ["Refund", REFUND_TRANSITIONS],
  ["Dispute", DISPUTE_TRANSITIONS],
  ["Transfer", TRANSFER_TRANSITIONS],
  ["Mandate", MANDATE_TRANSITIONS],
  ["SMS", SMS_TRANSITIONS],
];

const BEGIN = "<!-- states: begin -->";
const END = "<!-- states: end -->";

/** A Mermaid drawing: one arrow from state to state, labelled with every event that leads there. */
export function drawing(table: AnyTable): string {
  const arrows = new Map<string, { from: string; to: string; events: string[] }>();
  for (const { from, event, to } of table) {
    const arrow = arrows.get(`${from} ${to}`) ?? { from, to, events: [] };
    arrow.events.push(event);
    arrows.set(`${from} ${to}`, arrow);
  }
  const lines = [...arrows.values()].map(
    ({ from, to, events }) => `    ${from} --> ${to}: ${events.join(", ")}`,
  );
  return ["```mermaid", "stateDiagram-v2", `    [*] --> ${table[0]?.from}`, ...lines, "```"].join("\n");
}

/** The README with the drawings of the invoice and the payment put between its two marks. */
export function withDrawings(readme: string): string {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin === -1 || end < begin) throw new Error(`README.md has no ${BEGIN} … ${END}`);
  const drawn = `${BEGIN}\n**Invoice**\n\n${drawing(INVOICE_TRANSITIONS)}\n\n**Payment**\n\n${drawing(PAYMENT_TRANSITIONS)}\n`;
  return readme.slice(0, begin) + drawn + readme.slice(end);
}

/** docs/states.md: every edge of every table. */
export function statesPage(): string {
  const sections = TABLES.map(([name, table]) => {
    const rows = table.map(({ from, event, to, note }) => `| ${from} | ${event} | ${to} | ${note} |`);
    return [`## ${name}`, "", "| From | Event | To | |", "| --- | --- | --- | --- |", ...rows, ""].join("\n");
  });
  return [
    "# States",
    "",
    "Every legal step; anything else is refused, by the code and by the database.",
    "Made from the tables in `lib/domain` by `npm run docs`.",
    "",
    ...sections,
  ].join("\n");
}
