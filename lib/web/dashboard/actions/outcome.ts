// What a form's action tells its form.

import { refusalSentence } from "../refusals.ts";

export interface FormState {
  /** What went wrong, in one sentence; null where nothing did. */
  readonly error: string | null;
  /** What was done, in one sentence; null where nothing was. */
  readonly done: string | null;
  /** Shown once, such as recovery codes. */
  readonly secrets: readonly string[];
}

export const UNTOUCHED: FormState = { error: null, done: null, secrets: [] };

/** Runs a verb for a form; a refusal becomes the form's sentence. `done` is said where it went through. */
export async function attempt(
  work: () => Promise<unknown>,
  done: string | ((result: unknown) => FormState) = "",
): Promise<FormState> {
  try {
    const result = await work();
    return typeof done === "string" ? { ...UNTOUCHED, done } : done(result);
  } catch (error) {
    return { ...UNTOUCHED, error: refusalSentence(error) };
  }
}

/** A form's field as text; what is no text is as if it were not there. */
export function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value : "";
}
