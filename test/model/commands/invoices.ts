// What a merchant and the clock do to an invoice.

import type { InvoiceId } from "#lib/domain/ids.ts";
import { cancelInvoice } from "#lib/services/invoices/cancel.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { sendInvoice } from "#lib/services/invoices/send.ts";
import { recordOpening } from "#lib/services/payers/record-opening.ts";
import { openLink, viewInvoice } from "#lib/services/payers/view.ts";
import { freshPhone, invoiceInput } from "../../database/helpers.ts";
import { canBePaid, closeCurrent, planClosing, type ShopName, tell } from "../model.ts";
import type { CrashPoint } from "../world.ts";
import { type Command, command, hasInvoice, invoiceAt } from "./command.ts";

export function create(shop: ShopName, ending: string, shouldSendSms: boolean): Command {
  const phone = () => freshPhone(ending);
  return {
    check: () => true,
    async run(model, world) {
      const number = phone();
      const input = invoiceInput({ phone: number, shouldSendSms });
      const { invoice, payUrl } = await createInvoice(world.shops[shop].ctx, input);
      const made = {
        id: invoice.id,
        payUrl,
        shop,
        phone: number,
        ending,
        amountMinor: Number(input.amount.amountMinor),
        state: "open" as const,
        isOver: false,
        isOpened: false,
        attempts: [],
        events: new Map(),
      };
      tell(made, "invoice.created");
      model.invoices.push(made);
    },
    toString: () => `create(${shop}, …${ending}${shouldSendSms ? ", SMS" : ""})`,
  };
}

export function resend(index: number): Command {
  return command({
    name: `resend(${index})`,
    isPossible: hasInvoice,
    perform: async (model, world) => {
      const { id, shop } = invoiceAt(model, index);
      await sendInvoice(world.shops[shop].ctx, id as InvoiceId);
    },
    expect: (model) => (canBePaid(invoiceAt(model, index)) ? "ok" : "invoice_state_conflict"),
  });
}

let openings = 0;

/** The link is opened, by a person or by what looks for previews; the page is shown. */
export function open(index: number, isBot: boolean): Command {
  return command({
    name: `open(${index}${isBot ? ", bot" : ""})`,
    isPossible: hasInvoice,
    perform: async (model, world) => {
      const { payUrl } = invoiceAt(model, index);
      openings += 1;
      const token = payUrl.slice(payUrl.lastIndexOf("/") + 1);
      const ctx = await openLink(world.system.deps, token, `req_opening_${openings}`);
      await recordOpening(ctx, isBot);
      await viewInvoice(ctx);
    },
    expect: (model) => {
      const invoice = invoiceAt(model, index);
      if (!isBot && !invoice.isOpened) {
        invoice.isOpened = true;
        tell(invoice, "invoice.opened");
      }
      return "ok";
    },
  });
}

export function cancel(index: number, crash: CrashPoint | null): Command {
  return command({
    name: `cancel(${index})`,
    crash,
    isPossible: hasInvoice,
    perform: async (model, world) => {
      const { id, shop } = invoiceAt(model, index);
      await cancelInvoice(world.shops[shop].ctx, id as InvoiceId);
    },
    expect: (model, run) => {
      const invoice = invoiceAt(model, index);
      if (invoice.state === "open") closeCurrent(run, invoice);
      if (invoice.state === "cancelled") return "ok";
      if (invoice.state !== "open") return "invoice_state_conflict";
      invoice.state = "cancelled";
      tell(invoice, "invoice.cancelled");
      planClosing(invoice);
      return "ok";
    },
  });
}

/** Its time passes; nobody has noticed yet. */
export function runOut(index: number): Command {
  return command({
    name: `runOut(${index})`,
    isPossible: (model) => hasInvoice(model) && !invoiceAt(model, index).isOver,
    perform: async (model, { system }) => {
      const { id } = invoiceAt(model, index);
      await system.superuser.query(
        "update invoices set expires_at = now() - interval '1 second' where id = $1",
        [id],
      );
      await system.superuser.query(
        "update invoice_deadlines set due_at = now() - interval '1 second' where invoice_id = $1",
        [id],
      );
    },
    expect: (model) => {
      invoiceAt(model, index).isOver = true;
      return "ok";
    },
  });
}
