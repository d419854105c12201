// Where a client wants its notifications: `sink` and `sinkCredential` of a body.
import { refused } from "./errors.ts";
import { type Fields, needText, optionalObject, optionalText } from "./fields.ts";
import { parseInstant } from "./instants.ts";
import type { Sink } from "./records.ts";

/** A sink must be https; plain http is taken on loopback, because this is a sandbox. */
export function parseSink(body: Fields): Sink | null {
  const url = optionalText(body, "sink");
  const credential = parseCredential(optionalObject(body, "sinkCredential"));
  if (url === null) {
    return null;
  }
  if (!URL.canParse(url)) {
    throw refused("INVALID_ARGUMENT", "sink must be a URI.");
  }
  const { protocol, hostname } = new URL(url);
  const isLoopback = hostname === "localhost" || hostname === "[::1]" || /^127\./.test(hostname);
  if (protocol !== "https:" && !(protocol === "http:" && isLoopback)) {
    throw refused("INVALID_SINK");
  }
  return { url, token: credential?.token ?? null, expiresAt: credential?.expiresAt ?? null, isGone: false };
}

function parseCredential(credential: Fields | null): { token: string; expiresAt: number } | null {
  if (!credential) {
    return null;
  }
  const type = needText(credential, "credentialType");
  if (type === "PLAIN" || type === "REFRESHTOKEN") {
    throw refused("INVALID_CREDENTIAL");
  }
  if (type !== "ACCESSTOKEN") {
    throw refused("INVALID_ARGUMENT", "credentialType must be PLAIN, ACCESSTOKEN or REFRESHTOKEN.");
  }
  if (needText(credential, "accessTokenType") !== "bearer") {
    throw refused("INVALID_TOKEN");
  }
  const expiresAt = parseInstant(needText(credential, "accessTokenExpiresUtc"));
  if (expiresAt === null) {
    throw refused("INVALID_ARGUMENT", "accessTokenExpiresUtc must follow RFC 3339 and have a time zone.");
  }
  return { token: needText(credential, "accessToken"), expiresAt };
}
