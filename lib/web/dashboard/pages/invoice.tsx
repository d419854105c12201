// One invoice: what it says, what happened to it, and what can be done now.

import { notFound } from "next/navigation";
import { ActionForm } from "#components/dashboard/action-form.tsx";
import { Card, Facts, StateBadge } from "#components/dashboard/parts.tsx";
import { Timeline } from "#components/dashboard/timeline.tsx";
import { Field } from "#components/ui/field.tsx";
import { ServiceError } from "#lib/domain/errors.ts";
import { parseId } from "#lib/domain/ids.ts";
import { type InvoiceAction, invoiceActions } from "#lib/domain/invoice.ts";
import { money, toDecimal } from "#lib/domain/money.ts";
import { mayPerson, type Permission } from "#lib/domain/permissions.ts";
import type { Payment } from "#lib/domain/records.ts";
import { refundableMinor } from "#lib/domain/refund.ts";
import { getInvoice, type InvoiceDetail } from "#lib/services/invoices/get.ts";
import { listTimeline } from "#lib/services/invoices/timeline.ts";
import { cancelAction, markPaidAction, refundAction, reopenAction, sendAction } from "../actions/invoice.ts";
import type { Format } from "../format.ts";
import { pageFrame } from "../page-frame.tsx";
import { describeEntry } from "../timeline-text.ts";
import { type Place, type PlaceParams, requirePlace } from "../viewer.ts";

interface Asked {
  readonly params: Promise<PlaceParams & { readonly id: string }>;
}

const ENTRIES_MAX = 100;

export async function invoicePage({ params }: Asked) {
  const place = await requirePlace(params);
  const id = parseId("invoice", (await params).id);
  if (id === null) notFound();
  const detail = await getInvoice(place.ctx, id).catch((error: unknown) => {
    if (error instanceof ServiceError && error.code === "invoice_not_found") notFound();
    throw error;
  });
  const { entries } = await listTimeline(place.ctx, id, 0, ENTRIES_MAX);
  const { invoice } = detail;
  return await pageFrame({
    place,
    current: "invoices",
    heading: invoice.description,
    actions: <StateBadge state={invoice.state} />,
    children: (format) => (
      <div className="grid items-start gap-6 lg:grid-cols-[1fr_20rem]">
        <div className="space-y-6">
          <Card heading="Invoice">
            <Facts facts={invoiceFacts(detail, format)} />
          </Card>
          {detail.payments.map((payment) => (
            <PaymentCard key={payment.id} place={place} payment={payment} format={format} />
          ))}
          <Card heading="What happened">
            <Timeline entries={entries.map((entry) => describeEntry(entry, format))} />
          </Card>
        </div>
        <InvoiceActions place={place} detail={detail} />
      </div>
    ),
  });
}

function invoiceFacts({ invoice, payUrl }: InvoiceDetail, format: Format) {
  const { currency } = invoice.amountDue;
  return [
    ["Amount", format.money(invoice.amountDue)],
    ["Paid", format.money(money(invoice.amountPaidMinor, currency))],
    ["Payer", `phone ending in ${invoice.phoneLast4}`],
    ["Your reference", invoice.merchantReference],
    ["Made", format.time(invoice.createdAt)],
    ["Due", invoice.dueAt === null ? null : format.day(invoice.dueAt)],
    ["Can be paid until", format.time(invoice.expiresAt)],
    [
      "Link",
      <a key="link" href={payUrl} className="underline" rel="noreferrer">
        {payUrl}
      </a>,
    ],
    ["Id", invoice.id],
  ] as const;
}

function PaymentCard({ place, payment, format }: { place: Place; payment: Payment; format: Format }) {
  const left = refundableMinor(payment);
  const canRefund =
    payment.state === "succeeded" &&
    left > 0n &&
    mayPerson(place.role, "refunds.create", place.ctx.tenant.mode);
  const { currency } = payment.amount;
  return (
    <Card heading={`Payment by ${payment.method.replaceAll("_", " ")}`}>
      <Facts
        facts={[
          ["State", <StateBadge key="state" state={payment.state} />],
          ["Amount", format.money(payment.amount)],
          ["Money", payment.disposition],
          [
            "Refunded",
            payment.refundedMinor === 0n ? null : format.money(money(payment.refundedMinor, currency)),
          ],
          ["Declined", payment.declineCode?.replaceAll("_", " ") ?? null],
          ["To be looked at", payment.reviewReason],
          ["Id", payment.id],
        ]}
      />
      {canRefund && (
        <details className="mt-4">
          <summary className="cursor-pointer text-sm font-medium">Refund</summary>
          <div className="mt-3">
            <ActionForm
              action={refundAction.bind(null, whereOf(place), payment.id, String(left))}
              label="Send the money back"
              tone="danger"
              whenDone={null}
            >
              <Field
                name="amount"
                id={`amount-${payment.id}`}
                label={`Amount in ${currency}`}
                hint={`At most ${format.money(money(left, currency))}.`}
                inputMode="decimal"
                defaultValue={toDecimal(money(left, currency))}
                required={true}
              />
              <Field
                name="reason"
                id={`reason-${payment.id}`}
                label="Why"
                hint="For your records."
                maxLength={200}
              />
            </ActionForm>
          </div>
        </details>
      )}
    </Card>
  );
}

const whereOf = ({ ctx }: Place): PlaceParams => ({ merchant: ctx.tenant.merchantId, mode: ctx.tenant.mode });

const PERMISSION_OF: { readonly [A in InvoiceAction]?: Permission } = {
  send: "invoices.send",
  mark_paid: "invoices.mark_paid",
  cancel: "invoices.cancel",
  reopen: "invoices.reopen",
};

/** What is legal now, and what this person may do. */
function InvoiceActions({ place, detail }: { readonly place: Place; readonly detail: InvoiceDetail }) {
  const { invoice, now } = detail;
  const where = whereOf(place);
  const can = (action: InvoiceAction) => {
    const permission = PERMISSION_OF[action];
    const isLegal = invoiceActions(invoice, now).includes(action);
    return isLegal && permission !== undefined && mayPerson(place.role, permission, place.ctx.tenant.mode);
  };
  const any = (["send", "mark_paid", "cancel", "reopen"] as const).some(can);
  if (!any) return null;
  return (
    <Card heading="What you can do">
      <div className="space-y-5">
        {can("send") && (
          <ActionForm
            action={sendAction.bind(null, where, invoice.id)}
            label="Send the text message again"
            tone="plain"
          />
        )}
        {can("reopen") && (
          <ActionForm action={reopenAction.bind(null, where, invoice.id)} label="Open it again" tone="plain">
            <Field name="days" label="For how many days" type="number" min={1} max={365} defaultValue={30} />
          </ActionForm>
        )}
        {can("mark_paid") && (
          <details>
            <summary className="cursor-pointer text-sm font-medium">Paid in another way</summary>
            <div className="mt-3">
              <ActionForm
                action={markPaidAction.bind(null, where, invoice.id)}
                label="Mark as paid"
                tone="plain"
              >
                <Field name="outside_reference" label="Reference" hint="For your records." maxLength={100} />
              </ActionForm>
            </div>
          </details>
        )}
        {can("cancel") && (
          <details>
            <summary className="cursor-pointer text-sm font-medium">Withdraw</summary>
            <div className="mt-3 space-y-3">
              <p className="text-sm">Nobody can pay it then. This cannot be undone.</p>
              <ActionForm
                action={cancelAction.bind(null, where, invoice.id)}
                label="Withdraw it"
                tone="danger"
              />
            </div>
          </details>
        )}
      </div>
    </Card>
  );
}
