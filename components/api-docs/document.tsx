// The frame of the API's pages: no script, one inlined style, the way to every other page.

import type { ReactNode } from "react";
import { type ApiDocument, operationsOf, slug, tagsInUse } from "./model.ts";
import { API_DOCS_STYLE } from "./styles.generated.ts";

export const ROOT = "/docs/api";

/** Pages besides those of the nouns. */
export const FIXED_PAGES = [
  { slug: "callbacks-and-events", title: "Callbacks and events" },
  { slug: "objects", title: "Objects" },
  { slug: "errors", title: "Errors" },
] as const;

export interface ApiDocsDocumentProps {
  readonly document: ApiDocument;
  readonly title: string;
  /** The page's address below the root; empty for the first page. */
  readonly page: string;
  /** Operations stand with their calls beside them. */
  readonly isTagged?: boolean;
  readonly children: ReactNode;
}

export function ApiDocsDocument({ document, title, page, isTagged = false, children }: ApiDocsDocumentProps) {
  return (
    <html lang="en" dir="ltr">
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        {/* An icon of nothing: without it browsers ask for one. */}
        <link rel="icon" href="data:," />
        <title>{`${title} · ${document.info.title}`}</title>
        {/* Our own built style; its hash is in the page's policy. */}
        {/* biome-ignore lint/security/noDangerouslySetInnerHtml: React would escape the style's quotes. */}
        <style dangerouslySetInnerHTML={{ __html: API_DOCS_STYLE }} />
      </head>
      <body>
        <a className="skip" href="#main">
          Skip to the text
        </a>
        <header>
          <p className="bar">
            <a href={ROOT}>{document.info.title}</a> <span>{document.info.version}</span>
          </p>
        </header>
        <div className="frame">
          <nav aria-label="Pages">
            <ul>
              <NavLink to="" title="Start here" page={page} />
              {tagsInUse(document).map(({ name }) => (
                <NavLink key={name} to={slug(name)} title={name} page={page}>
                  <ul>
                    {operationsOf(document, name).map(({ operation: { operationId, summary } }) => (
                      <li key={operationId}>
                        <a href={`#${operationId}`}>{summary}</a>
                      </li>
                    ))}
                  </ul>
                </NavLink>
              ))}
              {FIXED_PAGES.map((fixed) => (
                <NavLink key={fixed.slug} to={fixed.slug} title={fixed.title} page={page} />
              ))}
            </ul>
          </nav>
          <main id="main" {...(isTagged ? { className: "tagged" } : {})}>
            {children}
          </main>
        </div>
      </body>
    </html>
  );
}

/** The page that is open shows what is on it. */
function NavLink(props: {
  readonly to: string;
  readonly title: string;
  readonly page: string;
  readonly children?: ReactNode;
}) {
  const { to, title, page, children } = props;
  const isOpen = to === page;
  return (
    <li>
      <a href={to === "" ? ROOT : `${ROOT}/${to}`} {...(isOpen ? { "aria-current": "page" } : {})}>
        {title}
      </a>
      {isOpen && children}
    </li>
  );
}
