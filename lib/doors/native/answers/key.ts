// Answers about API keys.

import { z } from "zod";
import { API_KEY_STATES } from "#lib/domain/api-key.ts";
import { SCOPES } from "#lib/domain/tenant.ts";
import { id, instant, listOf, mode, version } from "./shared.ts";

const fields = {
  id: id("apiKey"),
  object: z.literal("api_key"),
  mode,
  state: z.enum(API_KEY_STATES),
  version,
  name: z.string(),
  hint: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  allowed_networks: z.array(z.string()).nullable(),
  replaced_by: id("apiKey").nullable(),
  expires_at: instant.nullable(),
  revoked_at: instant.nullable(),
  last_used_at: instant.nullable(),
  created_at: instant,
};

export const apiKey = z
  .strictObject(fields)
  .meta({ id: "ApiKey", description: "A key of the API, without the key itself." });

export const newApiKey = z
  .strictObject({ ...fields, key: z.string().regex(/^btk_(test|live)_[0-9A-Za-z]{38}$/) })
  .meta({ id: "NewApiKey", description: "A key that was just made, with the key itself: shown this once." });

export const apiKeyList = listOf(apiKey).meta({
  id: "ApiKeyList",
  description: "A page of keys, newest first, those that are over among them.",
});
