"use server";

// Forms about signing in and out, and about what proves who somebody is.

import { refresh } from "next/cache";
import { cookies } from "next/headers";
import { redirect } from "next/navigation";
import { getWebRuntime } from "#lib/context.ts";
import {
  beginTotp,
  confirmTotp,
  passFactor,
  removeTotp,
  renewRecoveryCodes,
} from "#lib/services/people/factors.ts";
import { acceptInvitation } from "#lib/services/people/invitations.ts";
import { changePassword, requestPasswordReset, resetPassword } from "#lib/services/people/passwords.ts";
import { endSessions, signOut } from "#lib/services/people/sign-in.ts";
import { authCookies, rememberDevice, requestSource, SIGN_IN_PATH } from "../auth.ts";
import { startSession } from "../start-session.ts";
import { findViewer, readSessionId, requireViewer } from "../viewer.ts";
import { attempt, type FormState, textOf, UNTOUCHED } from "./outcome.ts";

export async function signOutAction(): Promise<void> {
  const { deps, config } = getWebRuntime();
  const viewer = await findViewer();
  if (viewer !== null) await signOut(deps, viewer);
  (await cookies()).delete(authCookies(config.origin).session);
  redirect(SIGN_IN_PATH);
}

export async function passFactorAction(_: FormState, form: FormData): Promise<FormState> {
  const sessionId = await readSessionId();
  const told = await attempt(() => passFactor(getWebRuntime().deps, sessionId ?? "", textOf(form, "code")));
  if (told.error !== null) return told;
  redirect("/dashboard");
}

export async function forgotAction(_: FormState, form: FormData): Promise<FormState> {
  const { deps, config } = getWebRuntime();
  const source = await requestSource();
  return await attempt(
    () =>
      requestPasswordReset(deps, {
        email: textOf(form, "email"),
        source,
        linkTo: (token) => `${config.origin}/dashboard/reset/${token}`,
      }),
    "If the address is known here, a link is on its way to it. It is good for half an hour.",
  );
}

export async function resetAction(token: string, _: FormState, form: FormData): Promise<FormState> {
  const source = await requestSource();
  return await attempt(
    () => resetPassword(getWebRuntime().deps, { token, password: textOf(form, "password"), source }),
    "Your password is changed. Sign in with it.",
  );
}

export async function acceptInvitationAction(
  token: string,
  _: FormState,
  form: FormData,
): Promise<FormState> {
  const { deps } = getWebRuntime();
  const source = await requestSource();
  let isSignedIn = false;
  const told = await attempt(async () => {
    const { session } = await acceptInvitation(deps, {
      token,
      name: textOf(form, "name"),
      password: textOf(form, "password"),
      source,
      correlationId: `web_${deps.vault.random(22)}`,
    });
    if (session === null) return;
    isSignedIn = true;
    await rememberDevice(session.deviceProof);
    await startSession(session.sessionId);
  });
  if (told.error !== null) return told;
  redirect(isSignedIn ? "/dashboard" : SIGN_IN_PATH);
}

export async function changePasswordAction(_: FormState, form: FormData): Promise<FormState> {
  const viewer = await requireViewer();
  const input = { current: textOf(form, "current"), password: textOf(form, "password") };
  return await attempt(
    () => changePassword(getWebRuntime().deps, viewer, input),
    "Your password is changed, and you are signed out everywhere else.",
  );
}

export async function beginTotpAction(): Promise<FormState> {
  const viewer = await requireViewer();
  const told = await attempt(() => beginTotp(getWebRuntime().deps, viewer));
  refresh();
  return told;
}

export async function confirmTotpAction(_: FormState, form: FormData): Promise<FormState> {
  const viewer = await requireViewer();
  return await attempt(
    () => confirmTotp(getWebRuntime().deps, viewer, textOf(form, "code")),
    (codes) => ({ ...UNTOUCHED, done: "The second factor is on.", secrets: codes as readonly string[] }),
  );
}

export async function renewRecoveryCodesAction(_: FormState, form: FormData): Promise<FormState> {
  const viewer = await requireViewer();
  return await attempt(
    () => renewRecoveryCodes(getWebRuntime().deps, viewer, textOf(form, "password")),
    (codes) => ({ ...UNTOUCHED, done: "The old codes are void.", secrets: codes as readonly string[] }),
  );
}

export async function removeTotpAction(_: FormState, form: FormData): Promise<FormState> {
  const viewer = await requireViewer();
  const told = await attempt(
    () => removeTotp(getWebRuntime().deps, viewer, textOf(form, "password")),
    "The second factor is off.",
  );
  refresh();
  return told;
}

export async function endSessionAction(publicId: string | null): Promise<void> {
  const viewer = await requireViewer();
  await endSessions(getWebRuntime().deps, viewer, publicId === null ? "others" : { publicId });
  redirect("/dashboard/account");
}
