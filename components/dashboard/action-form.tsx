"use client";

// A form whose action answers with a sentence. Works without script too: the answer is then part of the next page.

import { type FormEvent, type ReactNode, startTransition, useActionState, useEffect, useRef } from "react";
import { Alert } from "#components/ui/alert.tsx";
import { Button, type ButtonTone } from "#components/ui/button.tsx";

export interface FormAnswer {
  readonly error: string | null;
  readonly done: string | null;
  readonly secrets: readonly string[];
}

export interface ActionFormProps {
  readonly action: (state: FormAnswer, form: FormData) => Promise<FormAnswer>;
  readonly label: string;
  readonly tone?: ButtonTone;
  readonly children?: ReactNode;
  /** What stands there in place of the form once it went through. */
  readonly whenDone?: ReactNode;
}

const UNTOUCHED: FormAnswer = { error: null, done: null, secrets: [] };

export function ActionForm({ action, label, tone = "primary", children, whenDone }: ActionFormProps) {
  const [state, submit, isBusy] = useActionState(action, UNTOUCHED);
  const form = useRef<HTMLFormElement>(null);
  const isOver = state.done !== null && whenDone !== undefined;
  useEffect(() => {
    if (state.done !== null) form.current?.reset();
  }, [state]);

  // By hand, so that what was typed stays where it was refused.
  function send(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    const typed = new FormData(event.currentTarget);
    startTransition(() => submit(typed));
  }

  return (
    <form ref={form} action={submit} onSubmit={send} className="space-y-4">
      {state.error !== null && <Alert tone="error">{state.error}</Alert>}
      {state.done !== null && state.done !== "" && <Alert tone="success">{state.done}</Alert>}
      {state.secrets.length > 0 && <Secrets secrets={state.secrets} />}
      {isOver ? (
        whenDone
      ) : (
        <>
          {children}
          <Button type="submit" tone={tone} disabled={isBusy}>
            {label}
          </Button>
        </>
      )}
    </form>
  );
}

function Secrets({ secrets }: { readonly secrets: readonly string[] }) {
  return (
    <div className="space-y-2">
      <p className="text-sm">Keep these codes in a safe place. They are not shown again.</p>
      <ul className="grid grid-cols-2 gap-1 rounded-lg bg-stone-100 p-3 font-mono text-sm dark:bg-stone-900">
        {secrets.map((secret) => (
          <li key={secret}>{secret}</li>
        ))}
      </ul>
    </div>
  );
}
