// Small parts that many pages share.

import type { ReactNode } from "react";

type Tone = "good" | "bad" | "waiting" | "quiet";

const TONES: { readonly [T in Tone]: string } = {
  good: "bg-green-100 text-green-950 dark:bg-green-950 dark:text-green-100",
  bad: "bg-red-100 text-red-950 dark:bg-red-950 dark:text-red-100",
  waiting: "bg-amber-100 text-amber-950 dark:bg-amber-950 dark:text-amber-100",
  quiet: "bg-stone-200 text-stone-900 dark:bg-stone-800 dark:text-stone-100",
};

const TONE_OF: Readonly<Record<string, Tone>> = {
  paid: "good",
  succeeded: "good",
  sent: "good",
  delivered: "good",
  failed: "bad",
  undelivered: "bad",
  open: "waiting",
  created: "waiting",
  pending: "waiting",
  pending_validation: "waiting",
  authorized: "waiting",
  queued: "waiting",
  sending: "waiting",
};

/** A state in words, with a tone that only repeats them. */
export function StateBadge({ state }: { readonly state: string }) {
  const tone = TONES[TONE_OF[state] ?? "quiet"];
  return (
    <span className={`inline-block rounded-full px-2.5 py-0.5 text-xs font-medium whitespace-nowrap ${tone}`}>
      {state.replaceAll("_", " ")}
    </span>
  );
}

export function Card({ heading, children }: { readonly heading: string; readonly children: ReactNode }) {
  return (
    <section className="rounded-xl border border-stone-200 bg-white p-5 dark:border-stone-800 dark:bg-stone-900">
      <h2 className="mb-3 text-base font-semibold">{heading}</h2>
      {children}
    </section>
  );
}

/** Names and values; on a phone one under the other. */
export function Facts({ facts }: { readonly facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="divide-y divide-stone-200 text-sm dark:divide-stone-800">
      {facts
        .filter(([, value]) => value !== null)
        .map(([name, value]) => (
          <div key={name} className="flex flex-wrap justify-between gap-x-6 gap-y-0.5 py-2">
            <dt className="text-stone-600 dark:text-stone-400">{name}</dt>
            <dd className="break-all text-right">{value}</dd>
          </div>
        ))}
    </dl>
  );
}

export function Empty({ children }: { readonly children: ReactNode }) {
  return (
    <div className="rounded-xl border border-dashed border-stone-400 px-6 py-10 text-center text-sm text-stone-700 dark:text-stone-300">
      {children}
    </div>
  );
}
