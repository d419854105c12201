// The native door on the web process's runtime.

import { getWebRuntime } from "#lib/context.ts";
import { descriptionHandlers } from "#lib/doors/native/openapi/serve.ts";
import { notFoundHandlers, routeHandlers } from "#lib/doors/native/operation.ts";
import { ROUTES, type RoutePath } from "#lib/doors/native/routes.ts";

const deps = () => getWebRuntime().deps;

/** Handlers for one address, with the operations that the table of routes has for it. */
export function serveNative(path: RoutePath) {
  return routeHandlers(deps, path, ROUTES[path]);
}

export function serveDescription() {
  return descriptionHandlers(deps);
}

export function serveNothing() {
  return notFoundHandlers(deps);
}
