// next-auth's own addresses.

import type { NextRequest } from "next/server";
import NextAuth from "next-auth";
import { authOptions } from "./auth.ts";

interface Segment {
  readonly params: Promise<{ readonly nextauth: string[] }>;
}

type Handler = (request: NextRequest, segment: Segment) => Promise<Response>;

/** Made with the first request: the runtime that the options need is not there while pages are built. */
let handler: Handler | null = null;

export async function handleAuth(request: NextRequest, segment: Segment): Promise<Response> {
  handler ??= NextAuth(authOptions()) as Handler;
  return await handler(request, segment);
}
