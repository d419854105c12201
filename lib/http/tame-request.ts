// Requests that the framework answers by itself before any door is asked, with 500 or in a way of its own, turned
// into ones that the doors answer.

/** The parts of a request that routing looks at; all are changed in place. */
export interface RoutedRequest {
  method?: string | undefined;
  url?: string | undefined;
  readonly headers?: Record<string, unknown>;
}

/**
 * What the framework's own script in a browser asks with; of our pages only the dashboard's have it. On the first it redirects, on the second it answers 200 with nothing, to anyone.
 */
const FRAMEWORK_HEADERS = ["rsc", "x-middleware-prefetch"];

/**
 * A path that cannot be decoded gets the signs that are at fault encoded once more: no such address exists, and
 * its door says so. TRACE cannot be represented in a web request at all; it becomes a method that the root
 * address does not have. Headers that are meant for pages of the framework's are dropped.
 */
export function tameRequest(request: RoutedRequest): void {
  if (request.method === "TRACE") {
    request.method = "PUT";
    request.url = "/";
    return;
  }
  if (request.url?.includes("%") === true) request.url = tameUrl(request.url);
  if (/^\/dashboard(?:[/?]|$)/.test(request.url ?? "")) return;
  for (const name of FRAMEWORK_HEADERS) delete request.headers?.[name];
}

function tameUrl(url: string): string {
  const end = url.search(/[?#]/);
  const path = end === -1 ? url : url.slice(0, end);
  const tamed = path
    .split("/")
    .map((segment) => (isDecodable(segment) ? segment : segment.replaceAll("%", "%25")))
    .join("/");
  return end === -1 ? tamed : tamed + url.slice(end);
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
