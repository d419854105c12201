// The one place that holds keys. Every purpose has its own key, derived from a numbered master key by
// HKDF-SHA256. Sealed values carry their key's number, so a new master key can be put first at any time.

import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";
import type { InvoiceId } from "#lib/domain/ids.ts";
import type { Msisdn } from "#lib/domain/msisdn.ts";
import type { DerivedLinkToken, Vault } from "#lib/domain/ports/vault.ts";
import { bytesToBase62 } from "./base62.ts";

export interface MasterKey {
  /** 1 to 255. */
  readonly id: number;
  /** 32 random bytes. */
  readonly bytes: Uint8Array;
}

const LINK_TOKEN_LENGTH = 22;
const IV_BYTES = 12;
const TAG_BYTES = 16;

type Purpose = "seal" | "phone" | "link" | `sign:${string}`;

/** A vault over master keys, the current one first. */
export function createVault(masterKeys: readonly [MasterKey, ...MasterKey[]]): Vault {
  const current = masterKeys[0];
  const derived = new Map<string, KeyObject>();

  function keyFor(purpose: Purpose, keyId: number): KeyObject {
    const name = `${keyId}:${purpose}`;
    const known = derived.get(name);
    if (known !== undefined) return known;
    const master = masterKeys.find((key) => key.id === keyId);
    if (master === undefined) throw new Error(`Master key ${keyId} is not configured.`);
    const bytes = hkdfSync("sha256", master.bytes, new Uint8Array(0), `billtext:${purpose}`, 32);
    // Node makes such an object of raw bytes at every use, which takes longer than the use.
    const key = createSecretKey(Buffer.from(bytes));
    derived.set(name, key);
    return key;
  }

  function mac(purpose: Purpose, keyId: number, text: string): Buffer {
    return createHmac("sha256", keyFor(purpose, keyId)).update(text).digest();
  }

  return {
    seal(plain, context) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv("aes-256-gcm", keyFor("seal", current.id), iv);
      cipher.setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()]);
      return Buffer.concat([Buffer.from([current.id]), iv, cipher.getAuthTag(), body]);
    },
    open(sealed, context) {
      const bytes = Buffer.from(sealed);
      const keyId = bytes.readUInt8(0);
      const iv = bytes.subarray(1, 1 + IV_BYTES);
      const tag = bytes.subarray(1 + IV_BYTES, 1 + IV_BYTES + TAG_BYTES);
      const decipher = createDecipheriv("aes-256-gcm", keyFor("seal", keyId), iv);
      decipher.setAAD(Buffer.from(context));
      decipher.setAuthTag(tag);
      const body = bytes.subarray(1 + IV_BYTES + TAG_BYTES);
      return Buffer.concat([decipher.update(body), decipher.final()]).toString("utf8");
    },
    phoneHashes(phone: Msisdn) {
      const [first, ...rest] = masterKeys;
      return [mac("phone", first.id, phone), ...rest.map((key) => mac("phone", key.id, phone))];
    },
    linkToken(invoiceId: InvoiceId, counter: number, keyId = current.id): DerivedLinkToken {
      const bytes = mac("link", keyId, `${invoiceId}:${counter}`).subarray(0, 18);
      const token = bytesToBase62(bytes, LINK_TOKEN_LENGTH);
      return { token, hash: sha256(token), keyId };
    },
    hash: sha256,
    sign(purpose, text, keyId = current.id) {
      return `${keyId}.${mac(`sign:${purpose}`, keyId, text).toString("base64url")}`;
    },
    verify(purpose, text, proof) {
      const dot = proof.indexOf(".");
      const keyId = Number(proof.slice(0, dot));
      if (dot < 1 || !masterKeys.some((key) => key.id === keyId)) return false;
      const given = Buffer.from(proof.slice(dot + 1), "base64url");
      const expected = mac(`sign:${purpose}`, keyId, text);
      return given.length === expected.length && timingSafeEqual(given, expected);
    },
    random(length) {
      return bytesToBase62(randomBytes(length + 1), length);
    },
  };
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
