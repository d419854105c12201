// Secrets of a development installation, made once and kept in the data folder. A live one brings its own.

import { createHmac, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

export interface Secrets {
  readonly masterKeys: string;
  readonly postgresPassword: string;
}

/** Reads the secrets, or makes them. */
export function loadSecrets(path: string): Secrets {
  if (existsSync(path)) return JSON.parse(readFileSync(path, "utf8")) as Secrets;
  const secrets: Secrets = {
    masterKeys: `1:${randomBytes(32).toString("base64")}`,
    postgresPassword: randomBytes(24).toString("base64url"),
  };
  writePrivate(path, secrets);
  return secrets;
}

/** Writes JSON that only this user can read, whole or not at all. */
export function writePrivate(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.tmp`;
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, path);
}

/** The password of a process's own login at the database. */
export function loginPassword(masterKeys: string, role: string): string {
  return createHmac("sha256", masterKeys).update(`database:${role}`).digest("base64url");
}
