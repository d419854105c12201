// A bill made by hand.

import { ActionForm } from "#components/dashboard/action-form.tsx";
import { Card } from "#components/dashboard/parts.tsx";
import { Alert } from "#components/ui/alert.tsx";
import { Field } from "#components/ui/field.tsx";
import { SelectField } from "#components/ui/select-field.tsx";
import { getWebRuntime } from "#lib/context.ts";
import { CURRENCIES } from "#lib/domain/currency.ts";
import { mayPerson } from "#lib/domain/permissions.ts";
import { createInvoiceAction } from "../actions/invoice.ts";
import { pageFrame } from "../page-frame.tsx";
import { type PlaceParams, requirePlace } from "../viewer.ts";

export async function newInvoicePage({ params }: { readonly params: Promise<PlaceParams> }) {
  const place = await requirePlace(params);
  const { mode, merchantId } = place.ctx.tenant;
  const may = mayPerson(place.role, "invoices.create", mode);
  const once = getWebRuntime().deps.vault.random(22);
  return await pageFrame({
    place,
    current: "invoices",
    heading: "New invoice",
    children: () =>
      may ? (
        <Card heading="What to bill, and whom">
          <ActionForm
            action={createInvoiceAction.bind(null, { merchant: merchantId, mode })}
            label="Make the invoice"
          >
            <input type="hidden" name="once" value={once} />
            <Field
              name="phone"
              label="Phone"
              type="tel"
              hint="With the country's code, such as +47 900 00 000."
              required={true}
              autoComplete="off"
            />
            <div className="grid grid-cols-[1fr_7rem] gap-3">
              <Field name="amount" label="Amount" inputMode="decimal" required={true} autoComplete="off" />
              <SelectField name="currency" label="Currency" options={CURRENCIES} defaultValue="NOK" />
            </div>
            <Field
              name="description"
              label="What it is for"
              maxLength={200}
              required={true}
              autoComplete="off"
            />
            <Field name="reference" label="Your reference" maxLength={100} autoComplete="off" />
            <Field
              name="days"
              label="Can be paid for how many days"
              type="number"
              min={1}
              max={365}
              defaultValue={30}
            />
            <label className="flex items-center gap-2 text-sm">
              <input type="checkbox" name="send" defaultChecked={true} className="size-4" />
              Send the text message now
            </label>
          </ActionForm>
        </Card>
      ) : (
        <Alert tone="warning">The role {place.role} may not make invoices here.</Alert>
      ),
  });
}
