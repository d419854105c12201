// A note that stands out: read aloud when it appears.

import type { ReactNode } from "react";

export type AlertTone = "error" | "warning" | "success" | "note";

const TONES: { readonly [T in AlertTone]: string } = {
  error: "border-red-700 bg-red-50 text-red-900 dark:border-red-400 dark:bg-red-950 dark:text-red-100",
  warning:
    "border-amber-600 bg-amber-50 text-amber-950 dark:border-amber-500 dark:bg-amber-950 dark:text-amber-100",
  success:
    "border-green-700 bg-green-50 text-green-950 dark:border-green-500 dark:bg-green-950 dark:text-green-100",
  note: "border-stone-500 bg-stone-100 text-stone-900 dark:border-stone-500 dark:bg-stone-900 dark:text-stone-100",
};

export function Alert({ tone, children }: { readonly tone: AlertTone; readonly children: ReactNode }) {
  return (
    <div
      role={tone === "error" ? "alert" : "status"}
      className={`rounded-lg border-l-4 px-4 py-3 text-sm ${TONES[tone]}`}
    >
      {children}
    </div>
  );
}
