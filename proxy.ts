// Before each page of the dashboard: a policy with a nonce of its own, and the path for whoever must sign in first.

import { type NextRequest, NextResponse } from "next/server";

export const config = { matcher: ["/dashboard", "/dashboard/:path*"] };

export function proxy(request: NextRequest): NextResponse {
  const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64");
  const policy = [
    "default-src 'self'",
    `script-src 'nonce-${nonce}' 'strict-dynamic'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
  const headers = new Headers(request.headers);
  headers.set("x-nonce", nonce);
  headers.set("x-billtext-path", request.nextUrl.pathname + request.nextUrl.search);
  headers.set("content-security-policy", policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set("content-security-policy", policy);
  for (const [name, value] of PAGE_HEADERS) response.headers.set(name, value);
  return response;
}

const PAGE_HEADERS = [
  ["x-content-type-options", "nosniff"],
  ["referrer-policy", "same-origin"],
  ["x-frame-options", "DENY"],
  ["strict-transport-security", "max-age=31536000"],
  ["cache-control", "no-store"],
  ["x-robots-tag", "noindex"],
] as const;
