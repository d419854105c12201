// Pages before somebody is wholly signed in: the second factor, a forgotten password, an invitation.

import Link from "next/link";
import { redirect } from "next/navigation";
import { ActionForm } from "#components/dashboard/action-form.tsx";
import { Entrance } from "#components/dashboard/entrance.tsx";
import { Field } from "#components/ui/field.tsx";
import { getWebRuntime } from "#lib/context.ts";
import { PASSWORD_LENGTH_MIN, PersonError } from "#lib/domain/person.ts";
import { type InvitationView, viewInvitation } from "#lib/services/people/invitations.ts";
import { acceptInvitationAction, forgotAction, passFactorAction, resetAction } from "../actions/session.ts";
import { requestSource, SIGN_IN_PATH } from "../auth.ts";
import { refusalSentence } from "../refusals.ts";
import { SignOutButton } from "../sign-out-button.tsx";
import { findViewer } from "../viewer.ts";

interface WithToken {
  readonly params: Promise<{ readonly token: string }>;
}

const PASSWORD_HINT = `At least ${PASSWORD_LENGTH_MIN} characters. A few words are easier to keep than signs.`;

export async function factorPage() {
  const viewer = await findViewer();
  if (viewer === null) redirect(SIGN_IN_PATH);
  if (viewer.isComplete) redirect("/dashboard");
  return (
    <Entrance heading="Second factor">
      <ActionForm action={passFactorAction} label="Go on">
        <Field
          name="code"
          label="Code"
          hint="The six digits of your authenticator app, or one of your recovery codes."
          autoComplete="one-time-code"
          required={true}
          autoFocus={true}
        />
      </ActionForm>
      <SignOutButton />
    </Entrance>
  );
}

export function forgotPage() {
  return (
    <Entrance heading="Choose a new password">
      <ActionForm action={forgotAction} label="Send me a link" whenDone={<ToSignIn />}>
        <Field name="email" label="Email" type="email" autoComplete="username" required={true} />
      </ActionForm>
    </Entrance>
  );
}

export async function resetPage({ params }: WithToken) {
  const { token } = await params;
  return (
    <Entrance heading="Choose a new password">
      <ActionForm action={resetAction.bind(null, token)} label="Change the password" whenDone={<ToSignIn />}>
        <NewPassword />
      </ActionForm>
    </Entrance>
  );
}

export async function invitationPage({ params }: WithToken) {
  const { token } = await params;
  const found = await lookAt(token);
  if (typeof found === "string") {
    return (
      <Entrance heading="Invitation">
        <p>{found}</p>
        <ToSignIn />
      </Entrance>
    );
  }
  return (
    <Entrance heading={`Work with ${found.merchantName}`}>
      <p>
        You are invited as {found.role}, with the address {found.email}.
      </p>
      <ActionForm action={acceptInvitationAction.bind(null, token)} label="Take it up">
        {!found.hasPassword && (
          <>
            <Field name="name" label="Your name" autoComplete="name" maxLength={100} />
            <NewPassword />
          </>
        )}
      </ActionForm>
    </Entrance>
  );
}

async function lookAt(token: string): Promise<InvitationView | string> {
  try {
    return await viewInvitation(getWebRuntime().deps, token, await requestSource());
  } catch (error) {
    if (error instanceof PersonError) return refusalSentence(error);
    throw error;
  }
}

function NewPassword() {
  return (
    <Field
      name="password"
      label="New password"
      type="password"
      hint={PASSWORD_HINT}
      autoComplete="new-password"
      minLength={PASSWORD_LENGTH_MIN}
      required={true}
    />
  );
}

function ToSignIn() {
  return (
    <Link href={SIGN_IN_PATH} className="text-sm underline">
      Sign in
    </Link>
  );
}
