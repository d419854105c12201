// Where people sign in.

import Link from "next/link";
import { redirect } from "next/navigation";
import { Entrance } from "#components/dashboard/entrance.tsx";
import { PERSON_REFUSALS } from "#lib/domain/person.ts";
import { sentenceFor } from "../refusals.ts";
import { SignInForm } from "../sign-in-form.tsx";
import { findViewer } from "../viewer.ts";

interface Asked {
  readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>>;
}

export async function signInPage({ searchParams }: Asked) {
  const viewer = await findViewer();
  if (viewer !== null) redirect("/dashboard");
  const { callbackUrl, error } = await searchParams;
  return (
    <Entrance heading="Sign in">
      <SignInForm
        callbackUrl={ownPath(callbackUrl)}
        sentences={{
          ...Object.fromEntries(PERSON_REFUSALS.map((code) => [code, sentenceFor(code) ?? ""])),
          unavailable: sentenceFor("unavailable") ?? "",
        }}
        error={typeof error === "string" ? sentenceFor(error) : null}
      />
      <Link href="/dashboard/forgot" className="text-sm underline">
        Forgot the password?
      </Link>
    </Entrance>
  );
}

/** A page of the dashboard, whatever the address says. */
function ownPath(asked: string | string[] | undefined): string {
  const home = "/dashboard";
  if (typeof asked !== "string" || asked.length > 2_000) return home;
  const base = "http://own.invalid";
  if (!URL.canParse(asked, base)) return home;
  const { origin, pathname, search } = new URL(asked, base);
  return origin === base && /^\/dashboard(\/|$)/.test(pathname) ? pathname + search : home;
}
