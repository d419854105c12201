// Puts a session that was opened without next-auth's own form into the browser, as next-auth would.

import { cookies } from "next/headers";
import { encode } from "next-auth/jwt";
import { getWebRuntime } from "#lib/context.ts";
import { SESSION_LIFE_MS } from "#lib/services/people/person.ts";
import { authCookies, authSecret } from "./auth.ts";

export async function startSession(sessionId: string): Promise<void> {
  const { session, isSecure } = authCookies(getWebRuntime().config.origin);
  const maxAge = SESSION_LIFE_MS / 1000;
  const token = await encode({ token: { sid: sessionId }, secret: authSecret(), maxAge });
  (await cookies()).set(session, token, {
    httpOnly: true,
    sameSite: "lax",
    secure: isSecure,
    path: "/",
    maxAge,
  });
}
