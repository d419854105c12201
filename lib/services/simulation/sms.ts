// A test acts as the network that carries one text message.

import { setTimeout as sleep } from "node:timers/promises";
import { findRailAccount } from "#db/queries/merchants.ts";
import { findSms } from "#db/queries/sms-messages.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { SmsId } from "#lib/domain/ids.ts";
import type { SmsSimulation } from "#lib/domain/ports/simulator.ts";
import type { Sms } from "#lib/domain/records.ts";
import { requirePermission, type ServiceContext, transact } from "../context.ts";
import { notPossible, requireDone, requireSandbox } from "./outcome.ts";
import { requireTestMode } from "./test-mode.ts";

export interface SimulateSmsInput {
  readonly smsId: SmsId;
  readonly action: SmsSimulation;
}

const REPORT_TRIES = 20;
const REPORT_PAUSE_MS = 100;

/**
 * Lets the sandbox deliver or lose a text that it was given, and waits up to two seconds for its report.
 *
 * @throws permission_denied        a live key, or one without payments:write
 * @throws sms_not_found
 * @throws simulation_not_possible  it was not sent yet, or it is delivered or lost already
 * @throws capability_missing       not at the sandbox
 * @throws service_unavailable      the sandbox did not answer
 */
export async function simulateSms(ctx: ServiceContext, { smsId, action }: SimulateSmsInput): Promise<Sms> {
  requireTestMode(ctx);
  requirePermission(ctx, "simulation.use");
  const { sms, simulator } = await transact(ctx, async ({ tx, tenant }) => {
    const found = await findSms(tx, tenant, smsId);
    if (found === null) throw new ServiceError("sms_not_found", "There is no such message.");
    if (found.railAccountId === null || found.providerId === null) {
      throw notPossible(`The message is ${found.state}: the provider does not have it.`);
    }
    const account = await findRailAccount(tx, tenant, found.railAccountId);
    return { sms: { ...found, providerId: found.providerId }, simulator: requireSandbox(ctx, account) };
  });
  const outcome = await simulator.actOnSms(sms.providerId, action);
  requireDone(outcome, action, "message is delivered or lost already");
  return await awaitReport(ctx, sms);
}

/** The provider's report comes by itself; where it takes longer the message is returned as it is. */
async function awaitReport(ctx: ServiceContext, before: Sms): Promise<Sms> {
  let sms = before;
  for (let attempt = 0; attempt < REPORT_TRIES && sms.version === before.version; attempt += 1) {
    await sleep(REPORT_PAUSE_MS);
    sms = (await transact(ctx, ({ tx, tenant }) => findSms(tx, tenant, before.id))) ?? sms;
  }
  return sms;
}
