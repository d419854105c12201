// Who looks at a page of the dashboard, and for which merchant. Read from our own tables on every request.

import { cookies, headers } from "next/headers";
import { notFound, redirect } from "next/navigation";
import { decode } from "next-auth/jwt";
import { cache } from "react";
import { getWebRuntime } from "#lib/context.ts";
import { parseId } from "#lib/domain/ids.ts";
import type { Role } from "#lib/domain/permissions.ts";
import { MODES } from "#lib/domain/tenant.ts";
import type { ServiceContext } from "#lib/services/context.ts";
import { contextOfPerson, readViewer, type Viewer } from "#lib/services/people/person.ts";
import { authCookies, authSecret, SIGN_IN_PATH } from "./auth.ts";

/** The id of the session that the browser holds, or null. */
export const readSessionId = cache(async (): Promise<string | null> => {
  const { session } = authCookies(getWebRuntime().config.origin);
  const token = (await cookies()).get(session)?.value;
  if (token === undefined) return null;
  const claims = await decode({ token, secret: authSecret() }).catch(() => null);
  return typeof claims?.sid === "string" ? claims.sid : null;
});

/** The person, also where the second factor is still to be given; null for strangers. */
export const findViewer = cache(async (): Promise<Viewer | null> => {
  const sessionId = await readSessionId();
  return sessionId === null ? null : await readViewer(getWebRuntime().deps, sessionId);
});

/** The person, wholly signed in; everybody else is led to the page that signs them in. */
export async function requireViewer(): Promise<Viewer> {
  const viewer = await findViewer();
  if (viewer === null) redirect(await signInAddress());
  if (!viewer.isComplete) redirect(`${SIGN_IN_PATH}/code`);
  return viewer;
}

async function signInAddress(): Promise<string> {
  const path = (await headers()).get("x-billtext-path");
  return path === null ? SIGN_IN_PATH : `${SIGN_IN_PATH}?callbackUrl=${encodeURIComponent(path)}`;
}

export interface PlaceParams {
  readonly merchant: string;
  readonly mode: string;
}

export interface Place {
  readonly viewer: Viewer;
  readonly ctx: ServiceContext;
  readonly role: Role;
  /** Path of this merchant's and mode's pages. */
  readonly base: string;
}

/** A person at work for a merchant, in one mode. Merchants that they are nothing to are not found. */
export async function requirePlace(params: Promise<PlaceParams>): Promise<Place> {
  const viewer = await requireViewer();
  const given = await params;
  const merchantId = parseId("merchant", given.merchant);
  const mode = MODES.find((known) => known === given.mode);
  const membership = viewer.memberships.find((one) => one.merchantId === merchantId);
  if (merchantId === null || mode === undefined || membership === undefined) notFound();
  const { deps } = getWebRuntime();
  const correlationId = `web_${deps.vault.random(22)}`;
  return {
    viewer,
    ctx: contextOfPerson(deps, viewer, { merchantId, mode, correlationId }),
    role: membership.role,
    base: `/dashboard/${merchantId}/${mode}`,
  };
}
