// Operations on API keys.

import { z } from "zod";
import { apiKeyState, NETWORKS_MAX, OVERLAP_HOURS_DEFAULT, OVERLAP_HOURS_MAX } from "#lib/domain/api-key.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import { type ApiKeyId, parseId } from "#lib/domain/ids.ts";
import { SCOPES } from "#lib/domain/tenant.ts";
import { parseNetwork } from "#lib/http/network.ts";
import type { ServiceContext } from "#lib/services/context.ts";
import { type KeyedRequest, once } from "#lib/services/idempotency/once.ts";
import { createKey } from "#lib/services/keys/create.ts";
import { getKey, type KeyView, listKeys } from "#lib/services/keys/get.ts";
import { revokeKey } from "#lib/services/keys/revoke.ts";
import { rotateKey } from "#lib/services/keys/rotate.ts";
import type { NewKey } from "#lib/services/keys/rules.ts";
import { updateKey } from "#lib/services/keys/update.ts";
import { rule } from "../faults.ts";
import { line } from "../text.ts";
import { apiKey, apiKeyList, newApiKey } from "./answers/key.ts";
import { cursor, instant, limit, version } from "./fields.ts";
import { keyedOperation, operation, toAnswer } from "./operation.ts";
import { noQuery } from "./schemas.ts";

const TAG = "Keys";

const name = line(60);

const scopes = z
  .array(z.enum(SCOPES))
  .min(1)
  .refine((list) => new Set(list).size === list.length, rule("repeated", "must not name a scope twice"));

const network = z.string().transform((text, ctx) => {
  const parsed = parseNetwork(text);
  if (parsed !== null) return parsed;
  ctx.addIssue({
    code: "custom",
    ...rule("invalid_format", "must be an IP address, or a network by its first address: 203.0.113.0/24"),
  });
  return z.NEVER;
});

const networks = z
  .array(network)
  .min(1)
  .max(NETWORKS_MAX)
  .refine((list) => new Set(list).size === list.length, rule("repeated", "must not name a network twice"));

export const listKeysQuery = z.strictObject({ cursor: cursor.optional(), limit });

export const createKeyBody = z.strictObject({
  name,
  scopes,
  expires_at: instant.nullable().optional(),
  allowed_networks: networks.nullable().optional(),
});

export const updateKeyBody = z.strictObject({
  version,
  name: name.optional(),
  scopes: scopes.optional(),
  allowed_networks: networks.nullable().optional(),
});

export const rotateKeyBody = z
  .strictObject({
    overlap_hours: z.int().min(0).max(OVERLAP_HOURS_MAX).default(OVERLAP_HOURS_DEFAULT),
    expires_at: instant.nullable().optional(),
  })
  .default({ overlap_hours: OVERLAP_HOURS_DEFAULT });

export const revokeKeyBody = z.strictObject({ force: z.boolean().default(false) }).default({ force: false });

export const listKeysOperation = operation({
  query: listKeysQuery,
  doc: {
    id: "listKeys",
    tag: TAG,
    summary: "List keys",
    details: "The keys of the caller's mode, newest first, those that are over among them.",
    status: 200,
    answer: apiKeyList,
    errors: [],
  },
  run: async ({ ctx, query }) => {
    const page = await listKeys(ctx, query.cursor ?? null, query.limit);
    return { data: page.items.map(renderKey), next_cursor: page.nextCursor };
  },
});

export const getKeyOperation = operation({
  query: noQuery,
  doc: {
    id: "getKey",
    tag: TAG,
    summary: "Get a key",
    status: 200,
    answer: apiKey,
    errors: ["key_not_found"],
  },
  run: async ({ ctx, params }) => renderKey(await getKey(ctx, keyId(params))),
});

export const createKeyOperation = keyedOperation({
  scope: "keys:write",
  body: createKeyBody,
  query: noQuery,
  doc: {
    id: "createKey",
    tag: TAG,
    summary: "Make a key",
    details:
      "Of the caller's mode, with scopes that the caller holds, usable from no more networks and for no longer than the caller's own key. The answer alone has the key itself; the same key and body give it again for 72 hours, to the same caller only.",
    status: 201,
    answer: newApiKey,
    errors: ["scope_not_held", "restriction_not_kept", "key_limit_reached", "expiry_out_of_range"],
  },
  run: async ({ ctx, body, keyed }) =>
    await once(ctx, ofCaller(ctx, keyed), async (inTx) => {
      const made = await createKey(inTx, {
        name: body.name,
        scopes: body.scopes,
        ...(body.expires_at === undefined ? {} : { expiresAt: body.expires_at }),
        ...(body.allowed_networks === undefined ? {} : { allowedNetworks: body.allowed_networks }),
      });
      return toAnswer(201, renderNewKey(made));
    }),
});

export const updateKeyOperation = operation({
  body: updateKeyBody,
  query: noQuery,
  doc: {
    id: "updateKey",
    tag: TAG,
    summary: "Change a key",
    details:
      "Its name, its networks, or fewer scopes; a scope or a network that it lacks only where the caller's own key has it.",
    status: 200,
    answer: apiKey,
    errors: [
      "key_not_found",
      "version_conflict",
      "key_state_conflict",
      "scope_not_held",
      "restriction_not_kept",
    ],
  },
  run: async ({ ctx, params, body }) =>
    renderKey(
      await updateKey(ctx, keyId(params), {
        version: body.version,
        ...(body.name === undefined ? {} : { name: body.name }),
        ...(body.scopes === undefined ? {} : { scopes: body.scopes }),
        ...(body.allowed_networks === undefined ? {} : { allowedNetworks: body.allowed_networks }),
      }),
    ),
});

export const rotateKeyOperation = keyedOperation({
  scope: "keys:write",
  body: rotateKeyBody,
  query: noQuery,
  doc: {
    id: "rotateKey",
    tag: TAG,
    summary: "Replace a key",
    details:
      "A new key with the same name, scopes and networks, which the caller's own key must cover, as it must the new one's end. The old one works for `overlap_hours` more, 24 unless given.",
    status: 201,
    answer: newApiKey,
    errors: [
      "key_not_found",
      "scope_not_held",
      "restriction_not_kept",
      "key_state_conflict",
      "key_limit_reached",
      "expiry_out_of_range",
    ],
  },
  run: async ({ ctx, params, body, keyed }) => {
    const id = keyId(params);
    return await once(ctx, ofCaller(ctx, keyed), async (inTx) => {
      const made = await rotateKey(inTx, id, {
        overlapHours: body.overlap_hours,
        ...(body.expires_at === undefined ? {} : { expiresAt: body.expires_at }),
      });
      return toAnswer(201, renderNewKey(made));
    });
  },
});

export const revokeKeyOperation = operation({
  body: revokeKeyBody,
  query: noQuery,
  doc: {
    id: "revokeKey",
    tag: TAG,
    summary: "Revoke a key",
    details:
      "At once: the next request with it is refused. The last key with `keys:write` only with `force`, since no key could be made by the API after it.",
    status: 200,
    answer: apiKey,
    errors: ["key_not_found", "key_state_conflict"],
  },
  run: async ({ ctx, params, body }) =>
    renderKey(await revokeKey(ctx, keyId(params), { isForced: body.force })),
});

/** The stored answer holds a key: nobody but who was given it gets it again. */
function ofCaller({ actor }: ServiceContext, keyed: KeyedRequest): KeyedRequest {
  return { ...keyed, route: `${keyed.route} by ${actor.id}` };
}

function renderKey({ record, now }: KeyView) {
  return {
    id: record.id,
    object: "api_key",
    mode: record.mode,
    state: apiKeyState(record, now),
    version: record.version,
    name: record.name,
    hint: record.hint,
    scopes: record.scopes,
    allowed_networks: record.allowedNetworks,
    replaced_by: record.replacedBy,
    expires_at: record.expiresAt?.toISOString() ?? null,
    revoked_at: record.revokedAt?.toISOString() ?? null,
    last_used_at: record.lastUsedAt?.toISOString() ?? null,
    created_at: record.createdAt.toISOString(),
  };
}

function renderNewKey(made: NewKey) {
  return { ...renderKey(made), key: made.secret };
}

/** A malformed id reads as one that does not exist. */
function keyId(params: Readonly<Record<string, string>>): ApiKeyId {
  const id = parseId("apiKey", params.id ?? "");
  if (id === null) throw new ServiceError("key_not_found", "There is no such key.");
  return id;
}
