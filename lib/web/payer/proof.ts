// Proof that a form was sent from our own page, and of the amount that the page showed.

import { isCurrencyCode } from "#lib/domain/currency.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import { type Money, money } from "#lib/domain/money.ts";
import type { ServiceDeps } from "#lib/services/context.ts";

const PURPOSE = "payer-form";

/** The value of the form's hidden field: what the page asks for, and that it is ours. */
export function formProof(deps: Pick<ServiceDeps, "vault">, token: string, asked: Money): string {
  const terms = `${asked.amountMinor}${asked.currency}`;
  return `${terms}~${deps.vault.sign(PURPOSE, `${token}:${terms}`)}`;
}

/** What the page that a form was sent from asked for. */
export type Shown =
  | { readonly kind: "amount"; readonly amount: Money }
  /** The form proves nothing, as one that no page of ours made. */
  | { readonly kind: "nothing" }
  /** There is a proof and it cannot be read, as on a page from before an upgrade. */
  | { readonly kind: "unreadable" };

/**
 * Fetch metadata decides where the browser sends it, else the origin. Where neither tells (a client that is no
 * browser, or a browser that hides the origin because of our referrer policy), the form's hidden field must
 * prove that the page was read.
 *
 * @throws permission_denied  sent from elsewhere, or not proved
 */
export function requireOwnForm(
  deps: Pick<ServiceDeps, "vault" | "addresses">,
  request: Request,
  token: string,
  proof: string | null,
): Shown {
  const shown = readProof(deps, token, proof);
  const site = request.headers.get("sec-fetch-site");
  const origin = request.headers.get("origin");
  const isOurs =
    site !== null
      ? site === "same-origin" || site === "none"
      : origin !== null && origin !== "null"
        ? origin === deps.addresses.origin
        : shown.kind === "amount";
  if (!isOurs) throw new ServiceError("permission_denied", "This form was not sent from our page.");
  return shown;
}

function readProof(deps: Pick<ServiceDeps, "vault">, token: string, proof: string | null): Shown {
  if (proof === null) return { kind: "nothing" };
  const [, terms = "", amountMinor = "", currency = "", signature = ""] =
    /^((\d{1,8})([A-Z]{3}))~(.+)$/.exec(proof) ?? [];
  const isProved = isCurrencyCode(currency) && deps.vault.verify(PURPOSE, `${token}:${terms}`, signature);
  return isProved ? { kind: "amount", amount: money(BigInt(amountMinor), currency) } : { kind: "unreadable" };
}
