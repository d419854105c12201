// Requests that the framework answers with 500 before any door is asked, turned into ones that every door
// refuses by itself.

/** The two parts of a request that routing looks at; both are changed in place. */
export interface RoutedRequest {
  method?: string | undefined;
  url?: string | undefined;
}

/**
 * A path that cannot be decoded gets the signs that are at fault encoded once more: no such address exists, and
 * its door says so. TRACE cannot be represented in a web request at all; it becomes a method that the root
 * address does not have.
 */
export function tameRequest(request: RoutedRequest): void {
  if (request.method === "TRACE") {
    request.method = "PUT";
    request.url = "/";
    return;
  }
  if (request.url?.includes("%") === true) request.url = tameUrl(request.url);
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
