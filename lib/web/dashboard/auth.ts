// next-auth: who somebody is. Its token holds nothing but the id of a session of ours, which every request looks up.

import { cookies, headers } from "next/headers";
import type { NextAuthOptions } from "next-auth";
import credentialsProvider from "next-auth/providers/credentials";
import { getWebRuntime } from "#lib/context.ts";
import { PersonError } from "#lib/domain/person.ts";
import { readClientAddress } from "#lib/http/client-address.ts";
import { readViewer, SESSION_LIFE_MS } from "#lib/services/people/person.ts";
import { type SignInSource, signIn } from "#lib/services/people/sign-in.ts";

export const SIGN_IN_PATH = "/dashboard/sign-in";
const HOME_PATH = "/dashboard";

export interface AuthCookies {
  readonly session: string;
  /** Shows that somebody has signed in with this browser before. */
  readonly device: string;
  readonly isSecure: boolean;
}

/** The `__Host-` prefix keeps sister hosts from setting them; browsers take it over https alone. */
export function authCookies(origin: string): AuthCookies {
  const isSecure = origin.startsWith("https://");
  const prefix = isSecure ? "__Host-" : "";
  return { session: `${prefix}billtext.session`, device: `${prefix}billtext.device`, isSecure };
}

export function authSecret(): string {
  return getWebRuntime().deps.vault.sign("next-auth", "secret");
}

const DEVICE_LIFE_SECONDS = 365 * 86_400;

/** Where the request comes from, for bounds and for the list of sessions. */
export async function requestSource(): Promise<SignInSource> {
  const all = await headers();
  return { address: readClientAddress(all), userAgent: all.get("user-agent") ?? "" };
}

/** Remembers that a person has signed in with this browser. In route handlers and actions only. */
export async function rememberDevice(proof: string): Promise<void> {
  const { device, isSecure } = authCookies(getWebRuntime().config.origin);
  (await cookies()).set(device, proof, {
    httpOnly: true,
    sameSite: "lax",
    secure: isSecure,
    path: "/",
    maxAge: DEVICE_LIFE_SECONDS,
  });
}

async function authorize(given: Record<"email" | "password", string> | undefined) {
  const { deps, config } = getWebRuntime();
  const deviceProof = (await cookies()).get(authCookies(config.origin).device)?.value ?? null;
  try {
    const opened = await signIn(deps, {
      email: given?.email ?? "",
      password: given?.password ?? "",
      source: await requestSource(),
      deviceProof,
    });
    await rememberDevice(opened.deviceProof);
    return { id: opened.sessionId };
  } catch (error) {
    // The message is what the sign-in page is told; what else went wrong is for the log alone.
    if (error instanceof PersonError) throw new Error(error.code);
    deps.log.error("sign_in.failed", { error });
    throw new Error("unavailable");
  }
}

/** Only our own pages: addresses from outside lead to the start. */
function ownPage(url: string, origin: string): string {
  const home = `${origin}${HOME_PATH}`;
  if (!URL.canParse(url, origin)) return home;
  const target = new URL(url, origin);
  const isOwn = target.origin === origin && /^\/dashboard(\/|$)/.test(target.pathname);
  return isOwn ? target.href : home;
}

let options: NextAuthOptions | null = null;

export function authOptions(): NextAuthOptions {
  options ??= makeOptions();
  return options;
}

function makeOptions(): NextAuthOptions {
  const { config, deps } = getWebRuntime();
  const { session, isSecure } = authCookies(config.origin);
  return {
    secret: authSecret(),
    session: { strategy: "jwt", maxAge: SESSION_LIFE_MS / 1000 },
    useSecureCookies: isSecure,
    cookies: {
      sessionToken: {
        name: session,
        options: { httpOnly: true, sameSite: "lax", path: "/", secure: isSecure },
      },
    },
    pages: { signIn: SIGN_IN_PATH, error: SIGN_IN_PATH, signOut: HOME_PATH },
    providers: [
      credentialsProvider({
        credentials: { email: { type: "email" }, password: { type: "password" } },
        authorize,
      }),
    ],
    callbacks: {
      redirect: ({ url }) => ownPage(url, config.origin),
      jwt: async ({ token, user }) => {
        if (user !== undefined) return { sid: user.id };
        const sid = typeof token.sid === "string" ? token.sid : "";
        return (await readViewer(deps, sid)) === null ? {} : { sid };
      },
      // The browser's scripts learn nothing but that there is a session.
      session: ({ session: told, token }) =>
        (token.sid === undefined ? {} : { expires: told.expires }) as typeof told,
    },
    logger: {
      error: (code, metadata) => deps.log.warn("next_auth.error", { code, error: metadata }),
      warn: (code) => deps.log.warn("next_auth.warning", { code }),
    },
  };
}
