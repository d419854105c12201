// Buttons, and links that look like them.

import type { ComponentProps } from "react";

export type ButtonTone = "primary" | "plain" | "danger";

const BASE =
  "inline-flex min-h-10 cursor-pointer items-center justify-center gap-2 rounded-lg px-4 py-2 text-sm font-medium transition-colors disabled:cursor-default disabled:opacity-50 aria-disabled:opacity-50";
const TONES: { readonly [T in ButtonTone]: string } = {
  primary:
    "bg-stone-900 text-white hover:bg-stone-700 dark:bg-stone-100 dark:text-stone-900 dark:hover:bg-white",
  plain:
    "border border-stone-300 bg-white text-stone-900 hover:bg-stone-100 dark:border-stone-700 dark:bg-stone-900 dark:text-stone-100 dark:hover:bg-stone-800",
  danger: "bg-red-700 text-white hover:bg-red-800 dark:bg-red-600 dark:hover:bg-red-500",
};

export function buttonClass(tone: ButtonTone = "plain"): string {
  return `${BASE} ${TONES[tone]}`;
}

export function Button({
  tone = "plain",
  className = "",
  ...rest
}: ComponentProps<"button"> & { tone?: ButtonTone }) {
  return <button type="button" {...rest} className={`${buttonClass(tone)} ${className}`} />;
}
