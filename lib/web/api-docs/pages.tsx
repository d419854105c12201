// The API's pages: static markup made of the description, kept once made.

import type { ReactElement } from "react";
import { CallbacksPage } from "#components/api-docs/callbacks.tsx";
import { ApiDocsDocument, FIXED_PAGES } from "#components/api-docs/document.tsx";
import { type ApiDocument, slug, tagsInUse } from "#components/api-docs/model.ts";
import { ErrorsPage, ObjectsPage, TagPage } from "#components/api-docs/reference.tsx";
import { StartPage } from "#components/api-docs/start.tsx";
import { API_DOCS_STYLE_HASH } from "#components/api-docs/styles.generated.ts";
import { getWebRuntime } from "#lib/context.ts";
import { CALLBACK_PAUSES_SECONDS } from "#lib/domain/schedule.ts";
import { toHtml } from "../markup.ts";
import { getAnything } from "../payer/home.ts";

const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "public, max-age=300",
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'none'",
    `style-src '${API_DOCS_STYLE_HASH}'`,
    "img-src data:",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "x-robots-tag": "noindex",
  "strict-transport-security": "max-age=31536000",
};

/** By address; there are only as many as there are pages. */
const made = new Map<string, Promise<string>>();

/** GET /docs/api and the pages below it; `page` is empty for the first. */
export async function getApiDocs(request: Request, document: ApiDocument, page: string): Promise<Response> {
  const { origin } = getWebRuntime().deps.addresses;
  const element = pageOf(document, page, origin);
  if (element === null) return await getAnything(request);
  const html = made.get(page) ?? toHtml(element);
  made.set(page, html);
  return new Response(await html, { headers: HEADERS });
}

function pageOf(document: ApiDocument, page: string, origin: string): ReactElement | null {
  const frame = (title: string, content: ReactElement, isTagged = false) => (
    <ApiDocsDocument document={document} title={title} page={page} isTagged={isTagged}>
      {content}
    </ApiDocsDocument>
  );
  if (page === "") return frame("Start here", <StartPage document={document} origin={origin} />);
  const tag = tagsInUse(document).find(({ name }) => slug(name) === page);
  if (tag !== undefined) return frame(tag.name, <TagPage document={document} tag={tag.name} />, true);
  const fixed = FIXED_PAGES.find((candidate) => candidate.slug === page);
  if (fixed === undefined) return null;
  switch (fixed.slug) {
    case "callbacks-and-events":
      return frame(
        fixed.title,
        <CallbacksPage document={document} pausesSeconds={CALLBACK_PAUSES_SECONDS} />,
      );
    case "objects":
      return frame(fixed.title, <ObjectsPage document={document} />);
    case "errors":
      return frame(fixed.title, <ErrorsPage document={document} />);
  }
}
