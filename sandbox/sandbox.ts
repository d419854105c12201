// Everything the parts of the sandbox share.

import type { CarrierEvent, CarrierPayment, CarrierRefund, CarrierToken } from "./carrier/records.ts";
import type { Account } from "./control/accounts.ts";
import type { Faults } from "./control/faults.ts";
import type { Notifier } from "./control/notifications.ts";
import type { LoggedRequest, RequestLog } from "./control/request-log.ts";
import type { Mail } from "./mail/mailbox.ts";
import type { LivePhones } from "./phone/live.ts";
import type { Prompt } from "./phone/prompts.ts";
import type { Collection } from "./store/collection.ts";
import type { Database } from "./store/database.ts";
import type { Scheduler } from "./store/scheduler.ts";
import type {
  StoredAnswer,
  StoredBalance,
  StoredCharge,
  StoredDispute,
  StoredEvent,
  StoredIntent,
  StoredRefund,
  StoredSession,
} from "./stripe/records.ts";
import type { Message } from "./twilio/message.ts";

export type Sandbox = {
  /** Start of every address handed out, without a slash at the end. Known once the server listens. */
  publicUrl: string;
  database: Database;
  scheduler: Scheduler;
  faults: Faults;
  notifier: Notifier;
  requestLog: RequestLog;
  phones: LivePhones;
  accounts: Collection<Account>;
  requests: Collection<LoggedRequest>;
  messages: Collection<Message>;
  prompts: Collection<Prompt>;
  mails: Collection<Mail>;
  stripe: {
    sessions: Collection<StoredSession>;
    intents: Collection<StoredIntent>;
    charges: Collection<StoredCharge>;
    refunds: Collection<StoredRefund>;
    disputes: Collection<StoredDispute>;
    balance: Collection<StoredBalance>;
    events: Collection<StoredEvent>;
    answers: Collection<StoredAnswer>;
  };
  carrier: {
    tokens: Collection<CarrierToken>;
    payments: Collection<CarrierPayment>;
    refunds: Collection<CarrierRefund>;
    events: Collection<CarrierEvent>;
  };
};
