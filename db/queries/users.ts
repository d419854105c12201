// A merchant's people.

import { eq } from "drizzle-orm";
import type { MerchantId, UserId } from "#lib/domain/ids.ts";
import { memberships, users } from "../schema/people.ts";
import type { Tx } from "../transaction.ts";

export interface NewOwner {
  readonly merchantId: MerchantId;
  readonly userId: UserId;
  /** Lower case, ASCII. */
  readonly email: string;
  /** Argon2id, PHC string. */
  readonly passwordHash: string;
}

/** Makes a person the owner of a merchant; a known address gets the new password. */
export async function addOwner(tx: Tx, input: NewOwner): Promise<void> {
  const { merchantId, userId, email, passwordHash } = input;
  await tx.sql
    .insert(users)
    .values({ id: userId, email, passwordHash })
    .onConflictDoUpdate({ target: users.email, set: { passwordHash } });
  const [user] = await tx.sql.select({ id: users.id }).from(users).where(eq(users.email, email));
  if (user === undefined) throw new Error("The person was not stored.");
  await tx.sql.insert(memberships).values({ merchantId, userId: user.id, role: "owner" });
}
