// Examples as text for a shell: with $API and $KEY set it works against the demo as it stands.

import { ROUTES } from "../routes.ts";
import { type Call, EXAMPLES, NOUNS, STEPS, type Step, type StepName } from "./examples.ts";

/** What an operation's example is refused with in the demo; null where it succeeds. */
export function refusalInDemo(operationId: string): string | null {
  return EXAMPLES[operationId]?.refused?.code ?? null;
}

/** The shell text for one operation. What nothing is made for is left as `$ID`: a test finds it. */
export function curlFor(method: string, path: string): string {
  const operation = operationAt(method, path);
  if (operation === undefined) throw new Error(`There is no ${method} ${path}.`);
  const { after = [], query, body, refused } = EXAMPLES[operation.doc.id] ?? {};
  const nouns = [...path.matchAll(PLACEHOLDER)].flatMap(([, noun = ""]) => NOUNS[noun] ?? []);
  const call: Call = {
    method,
    path: path.replaceAll(PLACEHOLDER, (_, noun: string) => `${noun}/$${NOUNS[noun]?.variable ?? "ID"}`),
    ...(query === undefined ? {} : { query }),
    ...(body === undefined ? {} : { body }),
  };
  const given = inOrder(after);
  const made = new Set(given.map((name) => STEPS[name].variable));
  const missing = nouns.filter(({ variable }) => !made.has(variable)).map(({ step }) => step);
  const steps = inOrder([...after, ...missing]).map((name) => render(STEPS[name]));
  const last = curl(call);
  return [
    ...steps,
    refused === undefined ? last : `# ${refused.why}: refused with ${refused.code}\n${last}`,
  ].join("\n\n");
}

const PLACEHOLDER = /([a-z-]+)\/\{\w+\}/g;

function operationAt(method: string, path: string): Described | undefined {
  const routes: Readonly<Record<string, Readonly<Partial<Record<string, Described>>>>> = ROUTES;
  return routes[path]?.[method];
}

interface Described {
  readonly doc: { readonly id: string };
  readonly isKeyed: boolean;
}

/** Each once, what others need first. */
function inOrder(names: readonly StepName[]): StepName[] {
  const ordered = names.flatMap((name): StepName[] => [...inOrder(STEPS[name].after ?? []), name]);
  return [...new Set(ordered)];
}

/** All that is kept of an answer is the first id in it. */
function render({ what, call, variable, isAwaited = false, until }: Step): string {
  const asked = curl(call, true);
  const kept = `${variable}=$(${asked} \\\n  | grep -o '"id":"[^"]*' | head -n 1 | cut -d '"' -f 4)`;
  const text =
    until !== undefined
      ? `until ${asked} \\\n  | grep -q '${until}'; do sleep 1; done`
      : variable === undefined
        ? `${asked} > /dev/null`
        : isAwaited
          ? `until ${kept} && [ -n "$${variable}" ]; do sleep 1; done`
          : kept;
  return `# ${what}\n${text}`;
}

function curl({ method, path, query, body }: Call, isShort = false): string {
  const isKeyed = operationAt(method, path.replace(/\?.*$/, "").replaceAll(/\$[A-Z_]+/g, "{id}"))?.isKeyed;
  const search = query === undefined ? "" : `?${new URLSearchParams(query).toString()}`;
  const parts = [
    `curl -sS ${method === "GET" ? "" : `-X ${method} `}"$API${path}${search}"`,
    '-H "Authorization: Bearer $KEY"',
    // A fresh one each time it is run.
    ...(isKeyed === true ? ['-H "Idempotency-Key: demo-$RANDOM$RANDOM"'] : []),
    ...(body === undefined
      ? []
      : ['-H "Content-Type: application/json"', `-d '${shellJson(body, isShort)}'`]),
  ];
  return parts.join(" \\\n  ");
}

/** JSON inside single quotes; variables stand outside of them. */
function shellJson(body: unknown, isShort: boolean): string {
  const json = isShort ? layOut(body, Number.POSITIVE_INFINITY) : layOut(body, LINE_LENGTH);
  return json
    .replaceAll("\n", "\n  ")
    .replaceAll(/"(\$\(.*?\))"|'|\$([A-Z_]+)/g, (found, command?: string, variable?: string) => {
      if (command !== undefined) return `"'"${command}"'"`;
      return variable === undefined ? found.replace("'", "'\\''") : `'"$${variable}"'`;
    });
}

const LINE_LENGTH = 60;

/** JSON for people: what is short stands on one line. */
function layOut(value: unknown, lineLength: number): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{ ", " }"];
  const parts = Array.isArray(value)
    ? value.map((child) => layOut(child, lineLength))
    : Object.entries(value).map(([key, child]) => `"${key}": ${layOut(child, lineLength)}`);
  const line = `${open}${parts.join(", ")}${close}`;
  if (parts.length === 0) return `${open}${close}`.replaceAll(" ", "");
  if (line.length <= lineLength && !line.includes("\n")) return line;
  return `${open.trim()}\n${parts.map((part) => `  ${part.replaceAll("\n", "\n  ")}`).join(",\n")}\n${close.trim()}`;
}
