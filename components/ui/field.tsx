// One labelled input with its hint and its error, tied together for screen readers.

import type { ComponentProps } from "react";

export const INPUT_CLASS =
  "block min-h-10 w-full rounded-lg border border-stone-400 bg-white px-3 py-2 text-base text-stone-900 aria-invalid:border-red-700 dark:border-stone-600 dark:bg-stone-900 dark:text-stone-100 dark:aria-invalid:border-red-400";

export interface FieldProps extends ComponentProps<"input"> {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly error?: string | null;
}

/** `id`: where a page has several of one name. */
export function Field({ label, hint, error = null, name, id = name, ...input }: FieldProps) {
  const hintId = hint === undefined ? undefined : `${id}-hint`;
  const errorId = error === null ? undefined : `${id}-error`;
  return (
    <div className="space-y-1">
      <label htmlFor={id} className="block text-sm font-medium">
        {label}
      </label>
      {hint !== undefined && (
        <p id={hintId} className="text-sm text-stone-600 dark:text-stone-400">
          {hint}
        </p>
      )}
      {error !== null && (
        <p id={errorId} className="text-sm font-medium text-red-700 dark:text-red-400">
          {error}
        </p>
      )}
      <input
        {...input}
        id={id}
        name={name}
        className={INPUT_CLASS}
        aria-invalid={error === null ? undefined : true}
        aria-describedby={[hintId, errorId].filter((id) => id !== undefined).join(" ") || undefined}
      />
    </div>
  );
}
