// A person's own page: password, second factor, where they are signed in.

import { renderSVG } from "uqr";
import { ActionForm } from "#components/dashboard/action-form.tsx";
import { Card } from "#components/dashboard/parts.tsx";
import { Button } from "#components/ui/button.tsx";
import { Field } from "#components/ui/field.tsx";
import { getWebRuntime } from "#lib/context.ts";
import { PASSWORD_LENGTH_MIN } from "#lib/domain/person.ts";
import { countRecoveryCodesLeft, readTotpSetup } from "#lib/services/people/factors.ts";
import { listOwnSessions } from "#lib/services/people/sign-in.ts";
import {
  beginTotpAction,
  changePasswordAction,
  confirmTotpAction,
  endSessionAction,
  removeTotpAction,
  renewRecoveryCodesAction,
} from "../actions/session.ts";
import { formatFor, viewerLocale } from "../format.ts";
import { SignOutButton } from "../sign-out-button.tsx";
import { requireViewer } from "../viewer.ts";

export async function accountPage() {
  const viewer = await requireViewer();
  const { deps } = getWebRuntime();
  const format = formatFor(await viewerLocale(), "UTC");
  const sessions = await listOwnSessions(deps, viewer);
  return (
    <main className="mx-auto max-w-2xl space-y-6 px-4 py-8">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h1 className="text-2xl font-bold">Your account</h1>
        <SignOutButton />
      </div>
      <p className="text-sm break-all">
        {viewer.email}.{" "}
        <a href="/dashboard" className="underline">
          Back to the dashboard
        </a>
      </p>
      <Card heading="Password">
        <ActionForm action={changePasswordAction} label="Change the password">
          <Field
            name="current"
            label="Present password"
            type="password"
            autoComplete="current-password"
            required={true}
          />
          <Field
            name="password"
            label="New password"
            type="password"
            autoComplete="new-password"
            hint={`At least ${PASSWORD_LENGTH_MIN} characters.`}
            minLength={PASSWORD_LENGTH_MIN}
            required={true}
          />
        </ActionForm>
      </Card>
      <Card heading="Second factor">
        {viewer.hasTotp ? await factorIsOn(viewer) : await factorIsOff(viewer)}
      </Card>
      <Card heading="Where you are signed in">
        <ul className="divide-y divide-stone-200 text-sm dark:divide-stone-800">
          {sessions.map((session) => (
            <li key={session.publicId} className="flex flex-wrap items-center justify-between gap-3 py-3">
              <div className="min-w-0">
                <p className="break-words">{session.userAgent || "Unknown browser"}</p>
                <p className="text-stone-600 dark:text-stone-400">
                  {session.address ?? "unknown address"}, last used {format.time(session.lastSeenAt)} UTC
                </p>
              </div>
              {session.publicId === viewer.sessionPublicId ? (
                <span>This one</span>
              ) : (
                <form action={endSessionAction.bind(null, session.publicId)}>
                  <Button type="submit">End</Button>
                </form>
              )}
            </li>
          ))}
        </ul>
        {sessions.length > 1 && (
          <form action={endSessionAction.bind(null, null)} className="mt-3">
            <Button type="submit">End all others</Button>
          </form>
        )}
      </Card>
    </main>
  );
}

type SignedIn = Awaited<ReturnType<typeof requireViewer>>;

async function factorIsOn(viewer: SignedIn) {
  const left = await countRecoveryCodesLeft(getWebRuntime().deps, viewer);
  return (
    <div className="space-y-6">
      <p className="text-sm">It is on. Recovery codes left: {left}.</p>
      <ActionForm action={renewRecoveryCodesAction} label="Make new recovery codes" tone="plain">
        <Field
          name="password"
          id="renew-password"
          label="Password"
          type="password"
          autoComplete="current-password"
          required={true}
        />
      </ActionForm>
      <details>
        <summary className="cursor-pointer text-sm font-medium">Turn it off</summary>
        <div className="mt-3">
          <ActionForm action={removeTotpAction} label="Turn it off" tone="danger">
            <Field
              name="password"
              id="off-password"
              label="Password"
              type="password"
              autoComplete="current-password"
              required={true}
            />
          </ActionForm>
        </div>
      </details>
    </div>
  );
}

async function factorIsOff(viewer: SignedIn) {
  const setup = await readTotpSetup(getWebRuntime().deps, viewer);
  if (setup === null) {
    return (
      <div className="space-y-4">
        <p className="text-sm">It is off. With it, your password alone opens nothing.</p>
        <ActionForm action={beginTotpAction} label="Set it up" tone="plain" />
      </div>
    );
  }
  const { secret, uri } = setup;
  const picture = `data:image/svg+xml;base64,${Buffer.from(renderSVG(uri, { border: 2 })).toString("base64")}`;
  return (
    <div className="space-y-4">
      <p className="text-sm">Scan this with an authenticator app, then type the code that it shows.</p>
      {/* biome-ignore lint/performance/noImgElement: a picture of its own, made for this page */}
      <img src={picture} alt="The secret as a QR code" width={180} height={180} className="bg-white" />
      <p className="font-mono text-sm break-all">{secret}</p>
      <ActionForm action={confirmTotpAction} label="Turn it on">
        <Field
          name="code"
          label="Code"
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={6}
          required={true}
        />
      </ActionForm>
    </div>
  );
}
