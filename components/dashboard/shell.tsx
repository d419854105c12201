// The frame of every page of a merchant: whose, in which mode, and where to.

import type { ReactNode } from "react";

export interface ShellLink {
  readonly href: string;
  readonly label: string;
  readonly isCurrent: boolean;
}

export interface ShellProps {
  readonly merchantName: string;
  readonly mode: "test" | "live";
  /** The same merchant in the other mode. */
  readonly otherModeHref: string;
  readonly merchants: readonly ShellLink[];
  readonly links: readonly ShellLink[];
  readonly account: ReactNode;
  readonly children: ReactNode;
}

const LINK = "block rounded-lg px-3 py-2 text-sm hover:bg-stone-200 dark:hover:bg-stone-800";
const CURRENT = "bg-stone-200 font-semibold dark:bg-stone-800";

export function Shell(props: ShellProps) {
  const { merchantName, mode, otherModeHref, merchants, links, account, children } = props;
  const isTest = mode === "test";
  return (
    <>
      <a href="#content" className="sr-only focus:not-sr-only focus:absolute focus:p-3">
        Skip to the content
      </a>
      {isTest && (
        <p className="bg-amber-300 px-4 py-1.5 text-center text-sm font-semibold text-stone-950">
          Test mode: no money moves.
        </p>
      )}
      <div className="mx-auto max-w-6xl gap-8 px-4 py-6 md:grid md:grid-cols-[13rem_1fr]">
        <header className="mb-6 space-y-5 md:mb-0">
          <div>
            <p className="text-lg font-bold">{merchantName}</p>
            <a href={otherModeHref} className="text-sm underline">
              {isTest ? "Go to live mode" : "Go to test mode"}
            </a>
          </div>
          <nav aria-label="Pages">
            <ul className="flex flex-wrap gap-1 md:block md:space-y-1">
              {links.map((link) => (
                <li key={link.href}>
                  <PageLink {...link} />
                </li>
              ))}
            </ul>
          </nav>
          {merchants.length > 1 && (
            <nav aria-label="Merchants">
              <p className="px-3 text-xs font-semibold text-stone-600 dark:text-stone-400">Merchants</p>
              <ul className="flex flex-wrap gap-1 md:block md:space-y-1">
                {merchants.map((link) => (
                  <li key={link.href}>
                    <PageLink {...link} />
                  </li>
                ))}
              </ul>
            </nav>
          )}
          <div className="space-y-2 text-sm">{account}</div>
        </header>
        <main id="content" className="min-w-0 space-y-6">
          {children}
        </main>
      </div>
    </>
  );
}

function PageLink({ href, label, isCurrent }: ShellLink) {
  return (
    <a
      href={href}
      className={`${LINK} ${isCurrent ? CURRENT : ""}`}
      aria-current={isCurrent ? "page" : undefined}
    >
      {label}
    </a>
  );
}
