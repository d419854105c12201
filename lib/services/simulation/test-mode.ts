// Simulation is for test keys.

import { ServiceError } from "#lib/domain/errors.ts";
import type { ServiceContext } from "../context.ts";

/**
 * @throws permission_denied  the caller acts on real money
 */
export function requireTestMode({ tenant }: Pick<ServiceContext, "tenant">): void {
  if (tenant.mode === "test") return;
  throw new ServiceError("permission_denied", "Only a test key simulates.");
}
