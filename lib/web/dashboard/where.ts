// Where a form of a merchant's page was sent from.

import { refresh } from "next/cache";
import type { ServiceContext } from "#lib/services/context.ts";
import { attempt, type FormState } from "./actions/outcome.ts";
import { type PlaceParams, requirePlace } from "./viewer.ts";

/** Runs a verb as the person who is signed in, at the merchant and in the mode of the page, which shows what it did. */
export async function atPlace(
  where: PlaceParams,
  work: (ctx: ServiceContext) => Promise<unknown>,
  done: string | ((result: unknown) => FormState),
): Promise<FormState> {
  const { ctx } = await requirePlace(Promise.resolve(where));
  const told = await attempt(() => work(ctx), done);
  refresh();
  return told;
}
