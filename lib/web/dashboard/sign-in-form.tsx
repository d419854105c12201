"use client";

import { signIn } from "next-auth/react";
import { type FormEvent, useState } from "react";
import { Alert } from "#components/ui/alert.tsx";
import { Button } from "#components/ui/button.tsx";
import { Field } from "#components/ui/field.tsx";

export interface SignInFormProps {
  readonly callbackUrl: string;
  /** Sentences by code, and what an earlier try led to. */
  readonly sentences: Readonly<Record<string, string>>;
  readonly error: string | null;
}

export function SignInForm({ callbackUrl, sentences, error: first }: SignInFormProps) {
  const [error, setError] = useState(first);
  const [isBusy, setIsBusy] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setIsBusy(true);
    setError(null);
    const answer = await signIn("credentials", {
      email: form.get("email"),
      password: form.get("password"),
      callbackUrl,
      redirect: false,
    }).catch(() => undefined);
    if (answer?.ok === true && answer.error === null) {
      window.location.assign(callbackUrl);
      return;
    }
    setIsBusy(false);
    setError(sentences[answer?.error ?? ""] ?? sentences.unavailable ?? null);
  }

  return (
    <form className="space-y-4" onSubmit={submit}>
      {error !== null && <Alert tone="error">{error}</Alert>}
      <Field
        name="email"
        label="Email"
        type="email"
        autoComplete="username"
        required={true}
        autoFocus={true}
      />
      <Field
        name="password"
        label="Password"
        type="password"
        autoComplete="current-password"
        required={true}
      />
      <Button type="submit" tone="primary" className="w-full" disabled={isBusy}>
        {isBusy ? "Signing in…" : "Sign in"}
      </Button>
    </form>
  );
}
