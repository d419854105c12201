// The way into the dashboard of a live installation: the first owner, named by the environment.

import { endMailedTokens, insertMailedToken, listTeam } from "#db/queries/people.ts";
import { listTenants } from "#db/queries/routing/routes.ts";
import { withoutTenant } from "#db/transaction.ts";
import { parseEmail } from "#lib/domain/person.ts";
import type { ServiceDeps } from "#lib/services/context.ts";
import { Sentence } from "./sentence.ts";

const LIFE_MS = 7 * 86_400_000;

/**
 * Where a merchant has no owner and `MERCHANT_OWNER_EMAIL` names one, the address that makes them one: shown at this
 * start, and another one at the next until it is used. Null where there is nothing to do.
 *
 * @throws Sentence  the address is malformed
 */
export async function inviteFirstOwner(
  deps: ServiceDeps,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string | null> {
  const given = environment.MERCHANT_OWNER_EMAIL ?? "";
  if (given === "") return null;
  const email = parseEmail(given);
  if (email === null) throw new Sentence("MERCHANT_OWNER_EMAIL must be an address such as name@example.com.");
  const merchantIds = [...new Set((await listTenants(deps.db)).map(({ merchantId }) => merchantId))];
  return await withoutTenant(deps.db, async (tx) => {
    for (const merchantId of merchantIds) {
      const team = await listTeam(tx, merchantId);
      if (team.some(({ membership }) => membership.role === "owner")) continue;
      await endMailedTokens(tx, "invitation", email, merchantId);
      const token = deps.vault.random(43);
      const expiresAt = new Date(tx.now.getTime() + LIFE_MS);
      const tokenHash = deps.vault.hash(token);
      await insertMailedToken(tx, {
        tokenHash,
        kind: "invitation",
        email,
        merchantId,
        role: "owner",
        expiresAt,
      });
      return `${deps.addresses.origin}/dashboard/invitations/${token}`;
    }
    return null;
  });
}
