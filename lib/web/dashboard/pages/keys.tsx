// The keys that programs call the API with.

import { ActionForm } from "#components/dashboard/action-form.tsx";
import { Card, Empty, StateBadge } from "#components/dashboard/parts.tsx";
import { Field } from "#components/ui/field.tsx";
import { grantableScopes, mayPerson } from "#lib/domain/permissions.ts";
import { SCOPES } from "#lib/domain/tenant.ts";
import { type KeyView, listKeys } from "#lib/services/keys/get.ts";
import { createKeyAction, revokeKeyAction, rotateKeyAction } from "../actions/developers.ts";
import type { Format } from "../format.ts";
import { pageFrame } from "../page-frame.tsx";
import { type Place, type PlaceParams, requirePlace } from "../viewer.ts";
import { NoRight } from "./no-right.tsx";

const KEYS_MAX = 100;

export async function keysPage({ params }: { readonly params: Promise<PlaceParams> }) {
  const place = await requirePlace(params);
  const { mode, merchantId: merchant } = place.ctx.tenant;
  const where = { merchant, mode };
  const may = mayPerson(place.role, "keys.read", mode);
  const keys = may ? (await listKeys(place.ctx, null, KEYS_MAX)).items : [];
  return await pageFrame({
    place,
    current: "keys",
    heading: "API keys",
    children: (format) =>
      may ? (
        <>
          <Card heading={`Keys of ${mode} mode`}>
            {keys.length === 0 ? (
              <Empty>No keys yet.</Empty>
            ) : (
              <ul className="divide-y divide-stone-200 dark:divide-stone-800">
                {keys.map((view) => (
                  <KeyRow key={view.record.id} place={place} view={view} format={format} />
                ))}
              </ul>
            )}
          </Card>
          <Card heading="New key">
            <ActionForm action={createKeyAction.bind(null, where)} label="Make the key">
              <Field name="name" label="Name" hint="What it is for." maxLength={100} required={true} />
              <fieldset className="space-y-2">
                <legend className="mb-1 text-sm font-medium">What it may do</legend>
                {grantableScopes(place.role, mode, SCOPES).map((scope) => (
                  <label key={scope} className="flex items-center gap-2 text-sm">
                    <input type="checkbox" name={scope} className="size-4" /> {scope}
                  </label>
                ))}
              </fieldset>
            </ActionForm>
          </Card>
        </>
      ) : (
        <NoRight role={place.role} permission="keys.read" />
      ),
  });
}

function KeyRow({ place, view, format }: { place: Place; view: KeyView; format: Format }) {
  const { record, now } = view;
  const { mode, merchantId: merchant } = place.ctx.tenant;
  const where = { merchant, mode };
  const isOver = record.revokedAt !== null || (record.expiresAt !== null && record.expiresAt <= now);
  return (
    <li className="space-y-3 py-4 text-sm">
      <div className="flex flex-wrap justify-between gap-2">
        <div className="min-w-0">
          <p className="font-medium break-words">{record.name}</p>
          <p className="font-mono break-all">{record.hint}</p>
          <p className="text-stone-600 dark:text-stone-400">{record.scopes.join(", ")}</p>
          <p className="text-stone-600 dark:text-stone-400">
            {record.lastUsedAt === null ? "Never used" : `Last used ${format.time(record.lastUsedAt)}`}
            {record.expiresAt === null ? "" : `; ends ${format.time(record.expiresAt)}`}
          </p>
        </div>
        <StateBadge state={record.revokedAt !== null ? "revoked" : isOver ? "over" : "in use"} />
      </div>
      {!isOver && mayPerson(place.role, "keys.write", mode) && (
        <div className="flex flex-wrap gap-3">
          {record.replacedBy === null && (
            <ActionForm action={rotateKeyAction.bind(null, where, record.id)} label="Replace" tone="plain" />
          )}
          <ActionForm action={revokeKeyAction.bind(null, where, record.id)} label="Revoke" tone="danger" />
        </div>
      )}
    </li>
  );
}
