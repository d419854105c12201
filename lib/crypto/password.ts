// Passwords: Argon2id, stored as PHC strings, so that parameters can grow.

import { argon2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

const derive = promisify(argon2);

/** 19 MiB, two passes, one lane: OWASP's first recommendation. */
const PARAMETERS = { memory: 19_456, passes: 2, parallelism: 1 } as const;
const TAG_BYTES = 32;

const encode = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64").replace(/=+$/, "");

/** `$argon2id$v=19$m=…,t=…,p=…$<salt>$<tag>`, salted anew each time. */
export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(16);
  const tag = await derive("argon2id", { message: password, nonce, tagLength: TAG_BYTES, ...PARAMETERS });
  const { memory, passes, parallelism } = PARAMETERS;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${encode(nonce)}$${encode(tag)}`;
}

const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** Stands in where there is no password, so that looking for one takes as long as having it. */
const NOBODYS = hashPassword(randomBytes(16).toString("hex"));

/** True where the password is the one; takes as long where `stored` is null. */
export async function isPassword(password: string, stored: string | null): Promise<boolean> {
  const [, memory, passes, parallelism, salt, tag] = PHC.exec(stored ?? (await NOBODYS)) ?? [];
  if (salt === undefined || tag === undefined) throw new Error("A stored password is malformed.");
  const expected = Buffer.from(tag, "base64");
  const derived = await derive("argon2id", {
    message: password,
    nonce: Buffer.from(salt, "base64"),
    tagLength: expected.length,
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
  });
  return timingSafeEqual(derived, expected) && stored !== null;
}
