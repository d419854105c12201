// Where the merchant is called back, and how that went.

import { ActionForm } from "#components/dashboard/action-form.tsx";
import { Card, Empty, Facts, StateBadge } from "#components/dashboard/parts.tsx";
import { Alert } from "#components/ui/alert.tsx";
import { Field } from "#components/ui/field.tsx";
import { mayPerson } from "#lib/domain/permissions.ts";
import type { EndpointDetail } from "#lib/services/callbacks/endpoint-rows.ts";
import { listDeliveries } from "#lib/services/callbacks/get-deliveries.ts";
import { listCallbackEndpoints } from "#lib/services/callbacks/get-endpoints.ts";
import {
  createEndpointAction,
  deleteEndpointAction,
  resendAction,
  rotateSecretAction,
  switchEndpointAction,
  testEndpointAction,
} from "../actions/developers.ts";
import type { Format } from "../format.ts";
import { pageFrame } from "../page-frame.tsx";
import { type Place, type PlaceParams, requirePlace } from "../viewer.ts";

const DELIVERIES = 25;

export async function callbacksPage({ params }: { readonly params: Promise<PlaceParams> }) {
  const place = await requirePlace(params);
  const { mode, merchantId: merchant } = place.ctx.tenant;
  const where = { merchant, mode };
  const endpoints = await listCallbackEndpoints(place.ctx);
  const { items } = await listDeliveries(place.ctx, {
    filter: {},
    eventType: null,
    cursor: null,
    limit: DELIVERIES,
  });
  const mayResend = mayPerson(place.role, "callbacks.resend", mode);
  return await pageFrame({
    place,
    current: "callbacks",
    heading: "Callbacks",
    children: (format) => (
      <>
        {endpoints.length === 0 && <Empty>Nobody is called back yet.</Empty>}
        {endpoints.map((detail) => (
          <EndpointCard key={detail.endpoint.id} place={place} detail={detail} format={format} />
        ))}
        {mayPerson(place.role, "callbacks.write", mode) && (
          <Card heading="New endpoint">
            <ActionForm action={createEndpointAction.bind(null, where)} label="Add it">
              <Field name="url" label="Address" type="url" placeholder="https://" required={true} />
              <Field name="description" label="What it is for" maxLength={200} />
            </ActionForm>
          </Card>
        )}
        <Card heading="Newest deliveries">
          {items.length === 0 ? (
            <Empty>Nothing was delivered yet.</Empty>
          ) : (
            <ul className="divide-y divide-stone-200 dark:divide-stone-800">
              {items.map((delivery) => (
                <li
                  key={delivery.id}
                  className="flex flex-wrap items-center justify-between gap-3 py-3 text-sm"
                >
                  <div className="min-w-0">
                    <p className="font-medium">{delivery.eventType}</p>
                    <p className="break-all text-stone-600 dark:text-stone-400">
                      {format.time(delivery.createdAt)}, tries: {delivery.attempts}
                      {delivery.nextAttemptAt === null ? "" : `, next ${format.time(delivery.nextAttemptAt)}`}
                    </p>
                  </div>
                  <div className="flex flex-wrap items-center gap-3">
                    <StateBadge state={delivery.state} />
                    {mayResend && delivery.state !== "pending" && (
                      <ActionForm
                        action={resendAction.bind(null, where, delivery.id)}
                        label="Send again"
                        tone="plain"
                      />
                    )}
                  </div>
                </li>
              ))}
            </ul>
          )}
        </Card>
      </>
    ),
  });
}

const WHY_OFF: Readonly<Record<string, string>> = {
  merchant: "Switched off by your team.",
  failing: "Switched off after five days of failures.",
  gone: "Switched off by its own answer, 410 Gone.",
};

function EndpointCard({ place, detail, format }: { place: Place; detail: EndpointDetail; format: Format }) {
  const { endpoint } = detail;
  const { mode, merchantId: merchant } = place.ctx.tenant;
  const where = { merchant, mode };
  return (
    <Card heading={endpoint.description ?? (endpoint.isDefault ? "Default endpoint" : "Endpoint")}>
      {!endpoint.isEnabled && (
        <div className="mb-3">
          <Alert tone="warning">{WHY_OFF[endpoint.disabledReason ?? ""] ?? "Switched off."}</Alert>
        </div>
      )}
      {endpoint.isEnabled && endpoint.failingSince !== null && (
        <div className="mb-3">
          <Alert tone="warning">It has taken nothing since {format.time(endpoint.failingSince)}.</Alert>
        </div>
      )}
      <Facts
        facts={[
          ["Address", endpoint.url],
          ["About", endpoint.eventTypes?.join(", ") ?? "everything"],
          ["On", endpoint.isEnabled ? "yes" : "no"],
        ]}
      />
      {mayPerson(place.role, "callbacks.write", mode) && (
        <div className="mt-4 flex flex-wrap gap-3">
          <ActionForm
            action={testEndpointAction.bind(null, where, endpoint.id)}
            label="Send a test event"
            tone="plain"
          />
          <ActionForm
            action={rotateSecretAction.bind(null, where, endpoint.id)}
            label="New secret"
            tone="plain"
          />
          <ActionForm
            action={switchEndpointAction.bind(null, where, endpoint.id, !endpoint.isEnabled)}
            label={endpoint.isEnabled ? "Switch off" : "Switch on"}
            tone="plain"
          />
          <ActionForm
            action={deleteEndpointAction.bind(null, where, endpoint.id)}
            label="Delete"
            tone="danger"
          />
        </div>
      )}
    </Card>
  );
}
