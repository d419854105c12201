// Payer pages on the wire: static markup, no script, no cookie, and a policy that allows neither.

import type { ReactElement } from "react";
import { PAYER_STYLE_HASH } from "#components/payer/styles.generated.ts";
import type { ServiceDeps } from "#lib/services/context.ts";
import { toHtml } from "../markup.ts";

/** Where the hosted card page is: browsers apply form-action to the redirect that follows our form. */
const HOSTED_CHECKOUT_ORIGIN = "https://checkout.stripe.com";

/** Renders a page. `status` 200 unless it says that something is not there or not possible. */
export async function page(
  deps: Pick<ServiceDeps, "addresses">,
  element: ReactElement,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return new Response(await toHtml(element), {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": policy(deps.addresses.sandboxUrl),
      ...COMMON_HEADERS,
      ...headers,
    },
  });
}

/** After a POST, and wherever another page serves the payer. */
export function seeOther(location: string): Response {
  return new Response(null, { status: 303, headers: { location, ...COMMON_HEADERS } });
}

const COMMON_HEADERS = {
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "x-robots-tag": "noindex, nofollow",
  "strict-transport-security": "max-age=31536000",
};

function policy(sandboxUrl: string | null): string {
  const hosted = sandboxUrl === null ? HOSTED_CHECKOUT_ORIGIN : `${HOSTED_CHECKOUT_ORIGIN} ${sandboxUrl}`;
  return [
    "default-src 'none'",
    "script-src 'none'",
    `style-src '${PAYER_STYLE_HASH}'`,
    "img-src 'self' data:",
    `form-action 'self' ${hosted}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}
