// Which methods an invoice can be paid with, by the merchant's accounts and the rails' own bounds.

import type { MerchantProfile, RailAccount } from "#db/queries/merchants.ts";
import {
  type AmountBounds,
  type MethodOffer,
  type MethodTerms,
  offerMethod,
  tightest,
} from "#lib/domain/eligibility.ts";
import type { Money } from "#lib/domain/money.ts";
import type { PaymentMethod } from "#lib/domain/payment.ts";
import type { Rail } from "#lib/domain/ports/rail.ts";
import type { ServiceDeps } from "../context.ts";

export interface UsableMethod {
  readonly rail: Rail;
  readonly account: RailAccount;
}

/**
 * The rail and the merchant's enabled account for a method, or null where there is none in this mode, or one at a
 * sandbox that this installation does not have. A rail that leaves consent to us is of no use to a merchant who
 * cannot send our code.
 */
export function findMethod(
  deps: ServiceDeps,
  profile: MerchantProfile,
  method: PaymentMethod,
): UsableMethod | null {
  const rail = deps.rails[method];
  const account = usableAccount(deps, profile, method);
  if (rail === undefined || account === undefined) return null;
  const canAsk = rail.capabilities(account).asksPayer || usableAccount(deps, profile, "sms") !== undefined;
  return canAsk ? { rail, account } : null;
}

function usableAccount(
  { addresses }: Pick<ServiceDeps, "addresses">,
  profile: MerchantProfile,
  kind: RailAccount["kind"],
): RailAccount | undefined {
  return profile.accounts.find(
    ({ kind: found, isEnabled, target }) =>
      found === kind && isEnabled && (target === "provider" || addresses.sandboxUrl !== null),
  );
}

/** What stands between the amount and each of the given methods, in the given order. */
export function offerMethods(
  deps: ServiceDeps,
  profile: MerchantProfile,
  methods: readonly PaymentMethod[],
  amount: Money,
): MethodOffer[] {
  return methods.map((method) => {
    const usable = findMethod(deps, profile, method);
    return offerMethod(method, usable === null ? null : termsOf(method, usable), amount);
  });
}

function termsOf(method: PaymentMethod, { rail, account }: UsableMethod): MethodTerms {
  return {
    method,
    boundsFor: (currency) => tightest(rail.boundsFor(currency), merchantBounds(account, currency)),
  };
}

/** An empty map sets no bounds; otherwise a currency that is not named is not offered. */
function merchantBounds(account: RailAccount, currency: string): AmountBounds | null {
  const bounds = account.bounds[currency];
  if (bounds === undefined) {
    return Object.keys(account.bounds).length === 0 ? { minMinor: null, maxMinor: null } : null;
  }
  return {
    minMinor: bounds.min === undefined ? null : BigInt(bounds.min),
    maxMinor: bounds.max === undefined ? null : BigInt(bounds.max),
  };
}
