// Every page of a merchant in its frame.

import type { ReactNode } from "react";
import { Shell } from "#components/dashboard/shell.tsx";
import { getWebRuntime } from "#lib/context.ts";
import { readMerchantDetail } from "#lib/services/merchants/get.ts";
import { contextOfPerson } from "#lib/services/people/person.ts";
import { type Format, formatFor, viewerLocale } from "./format.ts";
import { navLinks } from "./nav.ts";
import { SignOutButton } from "./sign-out-button.tsx";
import type { Place } from "./viewer.ts";

export interface FrameInput {
  readonly place: Place;
  /** The page of the navigation that this belongs to. */
  readonly current: string;
  readonly heading: string;
  /** Beside the heading. */
  readonly actions?: ReactNode;
  readonly children: (format: Format) => ReactNode;
}

export async function pageFrame({ place, current, heading, actions, children }: FrameInput) {
  const { viewer, ctx } = place;
  const { merchantId, mode } = ctx.tenant;
  const { merchant } = await readMerchantDetail(ctx);
  const other = mode === "test" ? "live" : "test";
  return (
    <Shell
      merchantName={merchant.name}
      mode={mode}
      otherModeHref={`/dashboard/${merchantId}/${other}/${current}`}
      merchants={await namesOf(place, mode)}
      links={navLinks(place, current)}
      account={
        <>
          <a href="/dashboard/account" className="block break-all underline">
            {viewer.email}
          </a>
          <SignOutButton />
        </>
      }
    >
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h1 className="text-2xl font-bold">{heading}</h1>
        {actions}
      </div>
      {children(formatFor(await viewerLocale(), merchant.timeZone))}
    </Shell>
  );
}

async function namesOf({ viewer, ctx }: Place, mode: "test" | "live") {
  // Nothing to choose between.
  if (viewer.memberships.length < 2) return [];
  const { deps } = getWebRuntime();
  return await Promise.all(
    viewer.memberships.map(async ({ merchantId }) => {
      const there = contextOfPerson(deps, viewer, { merchantId, mode, correlationId: ctx.correlationId });
      const { merchant } = await readMerchantDetail(there);
      const isCurrent = merchantId === ctx.tenant.merchantId;
      return { href: `/dashboard/${merchantId}/${mode}/invoices`, label: merchant.name, isCurrent };
    }),
  );
}
