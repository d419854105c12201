// What the sandbox answered, as a refusal where it did nothing.

import type { RailAccount } from "#db/queries/merchants.ts";
import { ServiceError, unreachable } from "#lib/domain/errors.ts";
import type { SimulationOutcome, SimulatorPort } from "#lib/domain/ports/simulator.ts";
import type { ServiceContext } from "../context.ts";

/**
 * @throws capability_missing  the account is a provider's own, or this installation has no sandbox
 */
export function requireSandbox(
  { simulator }: Pick<ServiceContext, "simulator">,
  account: Pick<RailAccount, "target"> | null,
): SimulatorPort {
  if (simulator !== null && account?.target === "sandbox") return simulator;
  throw new ServiceError("capability_missing", "Only what goes through the sandbox can be simulated.");
}

/**
 * @param state  what the subject is, for the sentence: `payment is succeeded`
 * @throws simulation_not_possible  its state does not allow it
 * @throws capability_missing       its rail has nothing of the kind
 * @throws service_unavailable      the sandbox did not answer; it may have been done
 */
export function requireDone(outcome: SimulationOutcome, action: string, state: string): void {
  switch (outcome.kind) {
    case "done":
      return;
    case "impossible":
      throw notPossible(`The ${state}: ${action} is not possible now.`);
    case "not_found":
      throw notPossible("The sandbox has no record of it.");
    case "unsupported":
      throw new ServiceError("capability_missing", `Its rail knows no ${action}.`, { pointer: "/action" });
    case "unknown":
      throw new ServiceError("service_unavailable", "The sandbox did not answer.", { retryAfterSeconds: 2 });
    default:
      unreachable(outcome);
  }
}

export function notPossible(detail: string): ServiceError {
  return new ServiceError("simulation_not_possible", detail);
}
