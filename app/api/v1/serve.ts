// The native door on the web process's runtime.

import { getWebRuntime } from "#lib/context.ts";
import { notFoundHandlers, type Operation, routeHandlers } from "#lib/doors/native/operation.ts";

const deps = () => getWebRuntime().deps;

export function serveNative(
  route: string,
  operations: Partial<Record<"GET" | "POST" | "PUT" | "PATCH" | "DELETE", Operation>>,
) {
  return routeHandlers(deps, route, operations);
}

export function serveNothing() {
  return notFoundHandlers(deps);
}
