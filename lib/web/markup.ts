// Components as whole pages of HTML.

import type { ReactElement } from "react";

/** The page as text, without anything that a script would need. */
export async function toHtml(element: ReactElement): Promise<string> {
  // Next refuses a static import of this module in its bundles.
  const { renderToStaticMarkup } = await import("react-dom/server");
  return `<!doctype html>${renderToStaticMarkup(element)}`;
}
