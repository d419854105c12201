// Addresses that belong to nothing else: the front door says what this is, all others that they are not known.

import { getWebRuntime } from "#lib/context.ts";
import { renderPlainPage } from "./pages.tsx";
import { page } from "./respond.ts";
import { preferredLocale } from "./translator.ts";

/** GET / and everything that no other address serves. */
export async function getAnything(request: Request): Promise<Response> {
  const { deps } = getWebRuntime();
  const locale = preferredLocale(request.headers.get("accept-language"));
  const isHome = new URL(request.url).pathname === "/";
  return isHome
    ? await page(deps, renderPlainPage("home", locale))
    : await page(deps, renderPlainPage("not_found", locale), 404);
}
