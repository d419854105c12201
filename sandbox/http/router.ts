// Finds the handler for a method and a path with `:name` segments.
import type { Handler } from "./message.ts";

export type Route = { method: string; segments: string[]; handler: Handler };

export type Match =
  | { found: "handler"; handler: Handler; params: Record<string, string> }
  | { found: "other_method" }
  | { found: "nothing" };

/** Declares a route, for example `route("GET", "/phones/:number", handler)`. */
export function route(method: string, path: string, handler: Handler): Route {
  return { method, segments: path.split("/"), handler };
}

/** HEAD is answered as GET; the server leaves the body out. */
export function matchRoute(routes: readonly Route[], method: string, path: string): Match {
  const wanted = method === "HEAD" ? "GET" : method;
  const segments = path.split("/");
  let isKnownPath = false;
  for (const candidate of routes) {
    const params = matchSegments(candidate.segments, segments);
    if (!params) {
      continue;
    }
    if (candidate.method === wanted) {
      return { found: "handler", handler: candidate.handler, params };
    }
    isKnownPath = true;
  }
  return { found: isKnownPath ? "other_method" : "nothing" };
}

function matchSegments(pattern: string[], segments: string[]): Record<string, string> | null {
  if (pattern.length !== segments.length) {
    return null;
  }
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? "";
    if (!part.startsWith(":")) {
      if (part !== segment) {
        return null;
      }
      continue;
    }
    const value = decodeSegment(segment);
    if (!value) {
      return null;
    }
    params[part.slice(1)] = value;
  }
  return params;
}

/** Empty for a segment whose percent-escapes are not valid, which then matches nothing. */
function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return "";
  }
}
