// API keys: `btk_test_` or `btk_live_`, 32 random base62 characters, and a 6-character checksum, so that a
// mistyped key is refused without a look-up and a leak scanner can be sure of a hit.
// Scanning pattern: btk_(test|live)_[0-9A-Za-z]{38}

import { crc32 } from "node:zlib";
import type { Mode } from "#lib/domain/tenant.ts";
import { toBase62 } from "./base62.ts";

const SHAPE = /^(btk_(test|live)_[0-9A-Za-z]{32})([0-9A-Za-z]{6})$/;

/** Builds a key from 32 random base62 characters (190 bits). Shown once; only its SHA-256 is stored. */
export function formatApiKey(mode: Mode, random: string): string {
  const body = `btk_${mode}_${random}`;
  return `${body}${checksum(body)}`;
}

/** True where the text has the shape of a key and its checksum agrees; says nothing about whether it exists. */
export function isApiKeyShape(text: string): boolean {
  const match = SHAPE.exec(text);
  return match !== null && checksum(match[1] ?? "") === match[3];
}

/** What may be shown of a key afterwards: its kind and the first four random characters. */
export function apiKeyHint(key: string): string {
  return key.slice(0, "btk_test_".length + 4);
}

function checksum(body: string): string {
  return toBase62(BigInt(crc32(body)), 6);
}
