// Proof that a form was sent from our own page.

import { ServiceError } from "#lib/domain/errors.ts";
import type { ServiceDeps } from "#lib/services/context.ts";

const PURPOSE = "payer-form";

/** The value of the form's hidden field. */
export function formProof(deps: Pick<ServiceDeps, "vault">, token: string): string {
  return deps.vault.sign(PURPOSE, token);
}

/**
 * Fetch metadata decides where the browser sends it, else the origin. Where neither tells (a client that is no
 * browser, or a browser that hides the origin because of our referrer policy), the form's hidden field must
 * prove that the page was read.
 *
 * @throws permission_denied  sent from elsewhere, or not proved
 */
export function requireSameOrigin(
  deps: Pick<ServiceDeps, "vault" | "addresses">,
  request: Request,
  token: string,
  proof: string | null,
): void {
  const site = request.headers.get("sec-fetch-site");
  const origin = request.headers.get("origin");
  const isOurs =
    site !== null
      ? site === "same-origin" || site === "none"
      : origin !== null && origin !== "null"
        ? origin === deps.addresses.origin
        : deps.vault.verify(PURPOSE, token, proof ?? "");
  if (!isOurs) throw new ServiceError("permission_denied", "This form was not sent from our page.");
}
