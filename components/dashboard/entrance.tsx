// The frame of pages before somebody is signed in.

import type { ReactNode } from "react";

export function Entrance({ heading, children }: { readonly heading: string; readonly children: ReactNode }) {
  return (
    <main className="mx-auto flex min-h-dvh max-w-sm flex-col justify-center gap-6 px-4 py-10">
      <p className="text-sm font-semibold tracking-wide text-stone-600 dark:text-stone-400">Billtext</p>
      <h1 className="text-2xl font-bold">{heading}</h1>
      {children}
    </main>
  );
}
