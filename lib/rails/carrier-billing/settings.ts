// What a carrier's account is set to, by agreement with the carrier.

import { z } from "zod";
import type { OpenRailAccount } from "#lib/domain/ports/rail.ts";

const SETTINGS = z.object({
  /** True where the carrier itself asks the phone's owner: by its prompt, its code or its link. */
  asksPayer: z.boolean().default(false),
  /** What the carrier sends back: nothing, whole payments only, or parts too. */
  refunds: z.enum(["none", "total", "partial"]).default("partial"),
  /** Two: every amount is reserved first, and confirmed or given back afterwards. */
  steps: z.enum(["one", "two"]).default("one"),
  /** Endings of numbers that are charged in two steps where all others are in one. */
  twoStepEndings: z.array(z.string().regex(/^\d{1,12}$/)).default([]),
  /** How long the carrier keeps an amount reserved; the API itself does not say. */
  reservationMinutes: z.int().min(1).max(43_200).nullable().default(null),
});
export type CarrierSettings = z.infer<typeof SETTINGS>;

export function readSettings({ settings }: Pick<OpenRailAccount, "settings">): CarrierSettings {
  return SETTINGS.parse(settings);
}

/** True where an amount is reserved first; `phone` is asked about where numbers differ. */
export function hasTwoSteps(settings: CarrierSettings, phone: string | undefined): boolean {
  return (
    settings.steps === "two" ||
    (phone !== undefined && settings.twoStepEndings.some((ending) => phone.endsWith(ending)))
  );
}
