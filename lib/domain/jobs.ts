// Background work. Every handler may run twice, or run late: it re-reads the row it works on and does
// nothing where the work is done. A job always names its tenant.

import type { DeliveryId, ImportId, InvoiceId, NotificationId, PaymentId, RefundId, SmsId } from "./ids.ts";
import type { Tenant } from "./tenant.ts";

interface JobData {
  /** Sends one SMS: intent committed, provider asked, outcome committed. */
  "invoice.send_sms": Tenant & { readonly smsId: SmsId };
  /** Expires one invoice whose time has passed, after closing what its rail has open. */
  "invoice.expire": Tenant & { readonly invoiceId: InvoiceId };
  /** Closes what a rail still has open and nobody can use: the invoice has ended, or another method was chosen. */
  "payment.close": Tenant & { readonly paymentId: PaymentId };
  /** Asks the rail to take a reserved amount that is to be taken. */
  "payment.capture": Tenant & { readonly paymentId: PaymentId };
  /** Gives back what a rail has reserved for an attempt that is over, then plans the next try until that is so. */
  "payment.release": Tenant & { readonly paymentId: PaymentId; readonly asked: number };
  /** Asks the rail for the truth about one attempt, then plans the next question. */
  "payment.poll": Tenant & { readonly paymentId: PaymentId; readonly pollNumber: number };
  /** Asks the rail to send money back, or what became of that, then plans the next question. */
  "refund.settle": Tenant & { readonly refundId: RefundId; readonly pollNumber: number };
  /** Asks the rail about one stored message of its own, then plans the next question until it is answered. */
  "notification.apply": Tenant & { readonly notificationId: NotificationId; readonly asked: number };
  /** Makes one try of one delivery, then plans the next. */
  "callback.deliver": Tenant & { readonly deliveryId: DeliveryId; readonly attemptNumber: number };
  /** The same for receivers that did not take the last one or take long: they hold up nobody but each other. */
  "callback.retry": Tenant & { readonly deliveryId: DeliveryId; readonly attemptNumber: number };
  /** Checks rows of an import for a while, then hands what is left to the next such job. */
  "import.check": Tenant & { readonly importId: ImportId };
  /** The same for making invoices of the rows that are good. */
  "import.run": Tenant & { readonly importId: ImportId };
}

export type JobName = keyof JobData;
export type JobDataOf<N extends JobName> = JobData[N];

export interface JobPolicy {
  /** Jobs that one worker process runs at once. */
  readonly concurrency: number;
  /** Repeats after an unexpected error, with growing pauses; then the job waits in the dead-letter list. */
  readonly retryLimit: number;
}

export const JOB_POLICIES: { readonly [N in JobName]: JobPolicy } = {
  "invoice.send_sms": { concurrency: 16, retryLimit: 20 },
  "invoice.expire": { concurrency: 8, retryLimit: 20 },
  "payment.close": { concurrency: 8, retryLimit: 20 },
  "payment.capture": { concurrency: 8, retryLimit: 20 },
  "payment.release": { concurrency: 8, retryLimit: 20 },
  "payment.poll": { concurrency: 16, retryLimit: 20 },
  "refund.settle": { concurrency: 16, retryLimit: 20 },
  "notification.apply": { concurrency: 16, retryLimit: 20 },
  "callback.deliver": { concurrency: 32, retryLimit: 20 },
  "callback.retry": { concurrency: 32, retryLimit: 20 },
  "import.check": { concurrency: 2, retryLimit: 20 },
  "import.run": { concurrency: 2, retryLimit: 20 },
};

export const JOB_NAMES = Object.keys(JOB_POLICIES) as JobName[];

/** A job is leased for at most this long, so that the work of a dead worker is taken over soon. */
export const JOB_LEASE_SECONDS = 30;
