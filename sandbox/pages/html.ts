// HTML with escaping by default, and the frame that every page of the sandbox has.
import { createHash } from "node:crypto";
import type { Answer } from "../http/message.ts";
import { style } from "./style.ts";

/** Markup that is safe to put into a page as it is. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

type Value = Html | string | number | null | undefined | false | readonly Value[];

/** Builds markup; every value that is not markup itself is escaped, null and false leave nothing. */
export function html(strings: TemplateStringsArray, ...values: Value[]): Html {
  return new Html(strings.map((text, index) => text + write(values[index])).join(""));
}

function write(value: Value): string {
  if (value === null || value === undefined || value === false) {
    return "";
  }
  if (value instanceof Html) {
    return value.markup;
  }
  return typeof value === "object" ? value.map(write).join("") : escapeText(String(value));
}

function escapeText(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

export type Page = {
  status?: number;
  title: string;
  body: Html;
  /** Extra markup for the head. */
  head?: Html;
  /** Inline script; the only one the page may run. */
  script?: string;
};

/** A whole page. Nothing but its own style and script can load, and no other site can frame it. */
export function renderPage(page: Page): Answer {
  const { script } = page;
  const policy = [
    "default-src 'none'",
    `style-src ${digest(style)}`,
    script ? `script-src ${digest(script)}` : "script-src 'none'",
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ];
  const markup = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${page.title}</title>
${page.head}
<style>${new Html(style)}</style>
</head>
<body>
${page.body}
${script ? new Html(`<script>${script}</script>`) : null}
</body>
</html>
`.markup;
  return {
    status: page.status ?? 200,
    headers: {
      "cache-control": "no-store",
      "content-security-policy": policy.join("; "),
      "content-type": "text/html; charset=utf-8",
      "referrer-policy": "same-origin",
      "x-content-type-options": "nosniff",
    },
    body: markup,
  };
}

function digest(content: string): string {
  return `'sha256-${createHash("sha256").update(content).digest("base64")}'`;
}
