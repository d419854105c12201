// The tables of docs/api.md: events and error codes as the code has them. A test compares.

import { EVENT_CATALOGUE } from "../../lib/domain/events.ts";
import { STATUS_OF_CODE } from "../../lib/doors/native/errors.ts";

function between(page: string, name: string, content: string): string {
  const begin = `<!-- ${name}: begin -->`;
  const end = page.indexOf(`<!-- ${name}: end -->`);
  const start = page.indexOf(begin);
  if (start === -1 || end < start) throw new Error(`docs/api.md has no ${begin}`);
  return `${page.slice(0, start)}${begin}\n${content}\n${page.slice(end)}`;
}

function eventsTable(): string {
  const rows = EVENT_CATALOGUE.map(
    ({ type, isCalledBack, note }) => `| \`${type}\` | ${isCalledBack ? "yes" : ""} | ${note} |`,
  );
  return ["| Event | Callback | |", "| --- | --- | --- |", ...rows].join("\n");
}

function errorsTable(): string {
  const byStatus = Map.groupBy(Object.entries(STATUS_OF_CODE), ([, status]) => status);
  const rows = [...byStatus]
    .sort(([left], [right]) => left - right)
    .map(([status, codes]) => `| ${status} | ${codes.map(([code]) => `\`${code}\``).join(", ")} |`);
  return ["| Status | `code` |", "| --- | --- |", ...rows].join("\n");
}

/** docs/api.md with its tables as the code has them. */
export function withApiTables(page: string): string {
  return between(between(page, "events", eventsTable()), "errors", errorsTable());
}
