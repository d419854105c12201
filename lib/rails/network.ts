// What a failed call says about whether the other side has heard it.

/** The connection was never made, so nothing can have happened there. */
const NEVER_CONNECTED = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** True only where the request surely never left: anything else may have arrived. */
export function neverArrived(error: unknown): boolean {
  let current: unknown = error;
  for (let depth = 0; depth < 6 && current !== null && typeof current === "object"; depth += 1) {
    if ("code" in current && typeof current.code === "string" && NEVER_CONNECTED.has(current.code))
      return true;
    if ("errors" in current && Array.isArray(current.errors) && current.errors.length > 0) {
      return current.errors.every(neverArrived);
    }
    const next: unknown = "cause" in current ? current.cause : "detail" in current ? current.detail : null;
    current = next;
  }
  return false;
}
