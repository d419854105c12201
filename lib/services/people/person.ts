// Who is signed in, and as whom they act for a merchant.

import {
  findSession,
  listMemberships,
  type Membership,
  type User,
  updateSession,
} from "#db/queries/people.ts";
import { withoutTenant } from "#db/transaction.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { MerchantId, UserId } from "#lib/domain/ids.ts";
import type { Mode } from "#lib/domain/tenant.ts";
import { contextFor, type ServiceContext, type ServiceDeps } from "../context.ts";

/** Unused for this long a session is over. */
export const SESSION_IDLE_MS = 30 * 60_000;
/** However much it is used. */
export const SESSION_LIFE_MS = 12 * 3_600_000;
const TOUCH_MS = 60_000;

export interface Viewer {
  readonly id: UserId;
  readonly email: string;
  readonly name: string;
  readonly hasTotp: boolean;
  readonly sessionHash: Uint8Array;
  readonly sessionPublicId: string;
  /** False: the second factor is still to be given, and nothing else is allowed. */
  readonly isComplete: boolean;
  readonly memberships: readonly Membership[];
}

/** Reads a session on every request: null where there is none, or it has ended, or its person may not enter. */
export async function readViewer(deps: ServiceDeps, sessionId: string): Promise<Viewer | null> {
  const idHash = deps.vault.hash(sessionId);
  return await withoutTenant(deps.db, async (tx) => {
    const found = await findSession(tx, idHash);
    if (found === null) return null;
    const { session, user } = found;
    const isOver =
      session.revokedAt !== null ||
      session.expiresAt <= tx.now ||
      session.lastSeenAt.getTime() + SESSION_IDLE_MS <= tx.now.getTime();
    if (isOver || user.disabledAt !== null) return null;
    if (tx.now.getTime() - session.lastSeenAt.getTime() > TOUCH_MS) {
      await updateSession(tx, idHash, { lastSeenAt: tx.now });
    }
    const memberships = await listMemberships(tx, user.id);
    return toViewer(user, session, memberships);
  });
}

function toViewer(
  user: User,
  session: { readonly idHash: Uint8Array; readonly publicId: string; readonly completedAt: Date | null },
  memberships: readonly Membership[],
): Viewer {
  return {
    id: user.id,
    email: user.email,
    name: user.name,
    hasTotp: user.totpConfirmedAt !== null,
    sessionHash: session.idHash,
    sessionPublicId: session.publicId,
    isComplete: session.completedAt !== null,
    memberships,
  };
}

/**
 * The context in which a person acts for a merchant. Strangers to a merchant learn nothing of it.
 *
 * @throws not_found  the person is nothing to this merchant
 */
export function contextOfPerson(
  deps: ServiceDeps,
  viewer: Viewer,
  { merchantId, mode, correlationId }: PersonPlace,
): ServiceContext {
  const membership = viewer.memberships.find((one) => one.merchantId === merchantId);
  if (membership === undefined || !viewer.isComplete) {
    throw new ServiceError("not_found", "There is no such merchant.");
  }
  const actor = { kind: "user", id: viewer.id, role: membership.role } as const;
  return contextFor(deps, { merchantId, mode }, actor, correlationId);
}

export interface PersonPlace {
  readonly merchantId: MerchantId;
  readonly mode: Mode;
  readonly correlationId: string;
}
