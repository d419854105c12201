// What a merchant changes about an invoice that is on its way.

import type { InvoiceId } from "#lib/domain/ids.ts";
import { editInvoice } from "#lib/services/invoices/edit.ts";
import { markPaid } from "#lib/services/invoices/mark-paid.ts";
import { canBePaid, close, closeCurrent, isOpen, planClosing, tell } from "../model.ts";
import type { CrashPoint } from "../world.ts";
import { type Command, command, hasInvoice, invoiceAt } from "./command.ts";

/** The merchant was paid in another way. */
export function payOutside(index: number, crash: CrashPoint | null): Command {
  return command({
    name: `payOutside(${index})`,
    crash,
    isPossible: hasInvoice,
    perform: async (model, world) => {
      const { id, shop } = invoiceAt(model, index);
      await markPaid(world.shops[shop].ctx, id as InvoiceId, {
        reference: null,
        bind: async () => undefined,
      });
    },
    expect: (model, run) => {
      const invoice = invoiceAt(model, index);
      const isUnpaid = () => invoice.state === "open" || invoice.state === "expired";
      if (isUnpaid()) closeCurrent(run, invoice);
      if (!isUnpaid()) return "invoice_state_conflict";
      invoice.state = "paid";
      tell(invoice, "invoice.paid");
      planClosing(invoice);
      return "ok";
    },
  });
}

/** The merchant asks for another amount; nobody may still pay the old one. */
export function reprice(index: number, amountMinor: number, crash: CrashPoint | null): Command {
  return command({
    name: `reprice(${index}, ${amountMinor})`,
    crash,
    isPossible: hasInvoice,
    perform: async (model, world) => {
      const { id, shop } = invoiceAt(model, index);
      const { rows } = await world.system.superuser.query("select version from invoices where id = $1", [id]);
      await editInvoice(world.shops[shop].ctx, id as InvoiceId, {
        version: rows[0].version,
        changes: { amountMinor: BigInt(amountMinor) },
      });
    },
    expect: (model, run) => {
      const invoice = invoiceAt(model, index);
      if (!canBePaid(invoice)) return "invoice_state_conflict";
      if (invoice.amountMinor === amountMinor) return "ok";
      for (const attempt of invoice.attempts.filter(isOpen)) {
        close(run, invoice, attempt);
        if (isOpen(attempt)) return "attempt_in_progress";
      }
      // The rail had the money: the payer was faster.
      if (!canBePaid(invoice)) return "invoice_state_conflict";
      invoice.amountMinor = amountMinor;
      tell(invoice, "invoice.updated");
      return "ok";
    },
  });
}
