// Pieces that several payer pages share.

import type { ReactNode } from "react";
import type { PayerText } from "./text.ts";

const BUTTON =
  "block w-full rounded-xl px-5 py-3.5 text-center text-lg font-semibold break-words no-underline cursor-pointer print:hidden";
/** The border is seen where the system's own colours replace ours. */
const PRIMARY = "border-2 border-transparent bg-stone-900 text-white dark:bg-stone-100 dark:text-stone-950";
const SECONDARY = "border-2 border-stone-400 text-stone-900 dark:border-stone-500 dark:text-stone-100";

/** A change is always a form that posts; the page it came from proves itself with a field. */
export interface PostFormProps {
  readonly action: string;
  readonly proof: string;
  readonly label: string;
  readonly isPrimary: boolean;
  /** Further fields of the form. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Id of the text that explains the button. */
  readonly describedBy?: string;
}

export function PostButton({ action, proof, label, isPrimary, fields = {}, describedBy }: PostFormProps) {
  return (
    <form method="post" action={action}>
      <input type="hidden" name="proof" value={proof} />
      {Object.entries(fields).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      <button
        type="submit"
        className={`${BUTTON} ${isPrimary ? PRIMARY : SECONDARY}`}
        aria-describedby={describedBy}
      >
        {label}
      </button>
    </form>
  );
}

export function LinkButton(props: {
  readonly href: string;
  readonly label: string;
  readonly isPrimary: boolean;
}) {
  return (
    <a
      className={`${BUTTON} ${props.isPrimary ? PRIMARY : SECONDARY}`}
      href={props.href}
      rel="noopener noreferrer"
      referrerPolicy="no-referrer"
    >
      {props.label}
    </a>
  );
}

export function SubmitButton({ label }: { readonly label: string }) {
  return (
    <button type="submit" className={`${BUTTON} ${PRIMARY}`}>
      {label}
    </button>
  );
}

/** A quiet link below the actions. */
export function TextLink({ href, label }: { readonly href: string; readonly label: string }) {
  return (
    <p className="mt-4 text-center wrap-anywhere print:hidden">
      <a
        className="inline-block px-2 py-2 underline underline-offset-2"
        href={href}
        rel="noopener noreferrer"
      >
        {label}
      </a>
    </p>
  );
}

export function Heading({ children }: { readonly children: ReactNode }) {
  return <h1 className="text-2xl leading-tight font-semibold text-balance break-words">{children}</h1>;
}

export function Paragraph({ children }: { readonly children: ReactNode }) {
  return <p className="mt-3 text-base leading-relaxed text-pretty break-words">{children}</p>;
}

/** Something to know before acting. */
export function Note({ children }: { readonly children: ReactNode }) {
  return (
    <p className="mt-5 rounded-lg border-l-4 border-amber-600 bg-amber-50 p-3 text-sm leading-relaxed break-words dark:bg-amber-950 dark:text-amber-100">
      {children}
    </p>
  );
}

/** Said to someone who has just acted on a page that is out of date. */
export function ChangedNote({ text }: { readonly text: PayerText }) {
  return (
    <div role="alert">
      <Note>{text.t("changed_note")}</Note>
    </div>
  );
}

/** A sign of success, for those who see it; the words beside it say the same. */
export function CheckMark() {
  return (
    <svg
      className="mb-4 h-12 w-12 text-emerald-700 dark:text-emerald-400"
      viewBox="0 0 48 48"
      fill="none"
      aria-hidden="true"
    >
      <circle cx="24" cy="24" r="22" stroke="currentColor" strokeWidth="3" />
      <path
        d="M14 25l7 7 13-15"
        stroke="currentColor"
        strokeWidth="4"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
