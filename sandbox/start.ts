// Puts the sandbox together and starts it.
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { startDeliveries } from "./carrier/deliver.ts";
import { openOneStep } from "./carrier/one-step.ts";
import { startDenials } from "./carrier/payment.ts";
import { startRefunds } from "./carrier/refund.ts";
import { carrierService } from "./carrier/routes.ts";
import { startTwoStep } from "./carrier/two-step.ts";
import { validationRoutes } from "./carrier/validation-page.ts";
import { accountRoutes } from "./control/accounts.ts";
import { faultRoutes } from "./control/fault-routes.ts";
import { openFaults } from "./control/faults.ts";
import { openNotifier } from "./control/notifications.ts";
import { redeliverRoutes } from "./control/redeliver.ts";
import { openRequestLog, requestLogRoutes } from "./control/request-log.ts";
import { simulateRoutes } from "./control/simulate-routes.ts";
import { timeRoutes } from "./control/time-routes.ts";
import { json } from "./http/message.ts";
import { route } from "./http/router.ts";
import { createSandboxServer } from "./http/server.ts";
import { mailboxRoutes, startMailServer } from "./mail/mailbox.ts";
import { frontPage } from "./pages/front-page.ts";
import { openLivePhones } from "./phone/live.ts";
import { phoneRoutes } from "./phone/routes.ts";
import type { Sandbox } from "./sandbox.ts";
import { openCollection } from "./store/collection.ts";
import { openDatabase } from "./store/database.ts";
import { openScheduler } from "./store/scheduler.ts";
import { startAftermath } from "./stripe/aftermath.ts";
import { startSettlement } from "./stripe/balance.ts";
import { startAuthorizationExpiry } from "./stripe/captures.ts";
import { checkoutRoutes } from "./stripe/checkout-routes.ts";
import { startDisputes } from "./stripe/disputes.ts";
import { startWebhooks } from "./stripe/events.ts";
import { startLateBooking, startLateSettlement } from "./stripe/payments.ts";
import { startRefundOutcomes } from "./stripe/refunds.ts";
import { stripeService } from "./stripe/routes.ts";
import { startSessionExpiry } from "./stripe/sessions.ts";
import { twilioService } from "./twilio/routes.ts";
import { startDelivery } from "./twilio/send.ts";

export type SandboxOptions = {
  /** 0 picks a free port. */
  port: number;
  host: string;
  /** Where mail is taken; left out, none is. */
  smtpPort?: number | undefined;
  /** Start of every address handed out; by default `http://localhost:<port>`. */
  publicUrl?: string | undefined;
  /** Folder of the database; without it everything is forgotten at the end. */
  dataDir?: string | undefined;
  /** How long the carrier holds a synchronous create call for its subscriber at most; 8 seconds. */
  holdMs?: number;
};

export type RunningSandbox = {
  port: number;
  publicUrl: string;
  /** Ends open connections and closes the database; what was pending goes on at the next start. */
  close: () => Promise<void>;
};

/** Starts the sandbox; rejects when it cannot listen. */
export async function startSandbox(options: SandboxOptions): Promise<RunningSandbox> {
  const sandbox = openSandbox(options.dataDir);
  const oneStep = openOneStep(sandbox, options.holdMs ?? 8_000);
  startWebhooks(sandbox);
  startSessionExpiry(sandbox);
  startLateSettlement(sandbox);
  startLateBooking(sandbox);
  startRefundOutcomes(sandbox);
  startAuthorizationExpiry(sandbox);
  startSettlement(sandbox);
  startAftermath(sandbox);
  startDisputes(sandbox);
  startDelivery(sandbox);
  startDeliveries(sandbox);
  startDenials(sandbox);
  startTwoStep(sandbox);
  startRefunds(sandbox);
  const services = [stripeService(sandbox), twilioService(sandbox), carrierService(sandbox, oneStep)];
  const server = createSandboxServer(sandbox, services, [
    route("GET", "/", () => frontPage(sandbox)),
    route("GET", "/health", () => json(200, { ok: true })),
    ...accountRoutes(sandbox),
    ...checkoutRoutes(sandbox),
    ...validationRoutes(sandbox),
    ...phoneRoutes(sandbox, oneStep),
    ...mailboxRoutes(sandbox),
    ...requestLogRoutes(sandbox),
    ...faultRoutes(sandbox),
    ...redeliverRoutes(sandbox),
    ...timeRoutes(sandbox),
    ...simulateRoutes(sandbox, oneStep),
  ]);
  server.listen(options.port, options.host);
  let stopMail = async () => {};
  try {
    await once(server, "listening");
    if (options.smtpPort !== undefined) {
      stopMail = await startMailServer(sandbox, options.smtpPort, options.host);
    }
  } catch (error) {
    sandbox.database.close();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  sandbox.publicUrl = (options.publicUrl ?? `http://localhost:${port}`).replace(/\/+$/, "");
  sandbox.scheduler.start();
  return {
    port,
    publicUrl: sandbox.publicUrl,
    async close() {
      sandbox.scheduler.stop();
      await stopMail();
      server.close();
      server.closeAllConnections();
      await once(server, "close");
      sandbox.database.close();
    },
  };
}

function openSandbox(dataDir: string | undefined): Sandbox {
  const database = openDatabase(dataDir);
  const scheduler = openScheduler(database);
  const faults = openFaults();
  const requests: Sandbox["requests"] = openCollection(database, "requests");
  return {
    publicUrl: "",
    database,
    scheduler,
    faults,
    notifier: openNotifier(scheduler, faults),
    requestLog: openRequestLog(requests),
    phones: openLivePhones(),
    accounts: openCollection(database, "accounts"),
    requests,
    messages: openCollection(database, "messages"),
    prompts: openCollection(database, "prompts"),
    mails: openCollection(database, "mails"),
    stripe: {
      sessions: openCollection(database, "stripe_sessions"),
      intents: openCollection(database, "stripe_payment_intents"),
      charges: openCollection(database, "stripe_charges"),
      refunds: openCollection(database, "stripe_refunds"),
      disputes: openCollection(database, "stripe_disputes"),
      balance: openCollection(database, "stripe_balance_transactions"),
      events: openCollection(database, "stripe_events"),
      answers: openCollection(database, "stripe_idempotency"),
    },
    carrier: {
      tokens: openCollection(database, "carrier_tokens"),
      payments: openCollection(database, "carrier_payments"),
      refunds: openCollection(database, "carrier_refunds"),
      events: openCollection(database, "carrier_events"),
    },
  };
}
