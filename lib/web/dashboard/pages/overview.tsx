// How the business goes, in the merchant's days.

import { Card, Empty, Facts } from "#components/dashboard/parts.tsx";
import { Alert } from "#components/ui/alert.tsx";
import { buttonClass } from "#components/ui/button.tsx";
import { Field } from "#components/ui/field.tsx";
import { type CurrencyCode, parseCurrency } from "#lib/domain/currency.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import { money } from "#lib/domain/money.ts";
import type { AskedRange, RANGE_DAYS } from "#lib/services/reports/asked-range.ts";
import { type Figures, getOverview, type Overview } from "#lib/services/reports/overview.ts";
import type { Format } from "../format.ts";
import { pageFrame } from "../page-frame.tsx";
import { type PlaceParams, requirePlace } from "../viewer.ts";

interface Asked {
  readonly params: Promise<PlaceParams>;
  readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>>;
}

const RANGES: readonly (readonly [keyof typeof RANGE_DAYS, string])[] = [
  ["today", "Today"],
  ["7d", "7 days"],
  ["30d", "30 days"],
  ["90d", "90 days"],
];

export async function overviewPage({ params, searchParams }: Asked) {
  const place = await requirePlace(params);
  const asked = readRange(await searchParams);
  const found = await getOverview(place.ctx, asked).catch((error: unknown) => {
    if (error instanceof ServiceError && error.code === "invalid_request") return error.message;
    throw error;
  });
  return await pageFrame({
    place,
    current: "overview",
    heading: "Overview",
    children: (format) => (
      <>
        <RangeChoice asked={asked} />
        {typeof found === "string" ? (
          <Alert tone="error">{found}</Alert>
        ) : (
          <FiguresOf overview={found} format={format} base={place.base} />
        )}
      </>
    ),
  });
}

function readRange(asked: Readonly<Record<string, string | string[] | undefined>>): AskedRange {
  const { range, from, to } = asked;
  const named = RANGES.find(([name]) => name === range)?.[0];
  if (named !== undefined) return named;
  return typeof from === "string" && typeof to === "string" && from !== "" ? { from, to } : "30d";
}

function RangeChoice({ asked }: { readonly asked: AskedRange }) {
  const free = typeof asked === "string" ? null : asked;
  return (
    <div className="flex flex-wrap items-end gap-3">
      <nav aria-label="Range">
        <ul className="flex flex-wrap gap-2">
          {RANGES.map(([name, label]) => (
            <li key={name}>
              <a
                href={`?range=${name}`}
                className={buttonClass(asked === name ? "primary" : "plain")}
                aria-current={asked === name ? "true" : undefined}
              >
                {label}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <form className="flex flex-wrap items-end gap-3">
        <Field name="from" label="From" type="date" defaultValue={free?.from} required={true} />
        <Field name="to" label="To" type="date" defaultValue={free?.to} required={true} />
        <button type="submit" className={buttonClass()}>
          Show
        </button>
      </form>
    </div>
  );
}

const amountOf = (format: Format, minor: bigint, currency: string) =>
  format.money(money(minor, parseCurrency(currency) as CurrencyCode));

interface Shown {
  readonly overview: Overview;
  readonly format: Format;
  readonly base: string;
}

function FiguresOf({ overview, format, base }: Shown) {
  const { figures, before, range, open, failingEndpoints } = overview;
  return (
    <>
      <p className="text-sm text-stone-600 dark:text-stone-400">
        {range.firstDay} to {range.lastDay}, days of {overview.timeZone}. In brackets: the period before.
      </p>
      {failingEndpoints.length > 0 && (
        <Alert tone="warning">
          {failingEndpoints.length === 1
            ? "A callback endpoint takes"
            : `${failingEndpoints.length} callback endpoints take`}{" "}
          nothing:{" "}
          <a href={`${base}/callbacks`} className="underline">
            look at callbacks
          </a>
          .
        </Alert>
      )}
      <div className="grid items-start gap-6 lg:grid-cols-2">
        <Card heading="Paid">{paid(figures, before, format)}</Card>
        <Card heading="Open now">
          {open.length === 0 ? (
            <Empty>Nothing is open.</Empty>
          ) : (
            <Facts
              facts={open.flatMap((sum) => [
                [
                  `Open, ${sum.currency}`,
                  `${amountOf(format, sum.amountMinor, sum.currency)} (${sum.count})`,
                ] as const,
                [
                  `Overdue, ${sum.currency}`,
                  sum.overdueCount === 0
                    ? null
                    : `${amountOf(format, sum.overdueMinor, sum.currency)} (${sum.overdueCount})`,
                ] as const,
              ])}
            />
          )}
        </Card>
        <Card heading="From message to money">
          <Facts facts={funnel(figures, before)} />
        </Card>
        <Card heading="Ways to pay">{methods(figures)}</Card>
        <Card heading="Text messages">
          {figures.messages.length === 0 ? (
            <Empty>None were sent.</Empty>
          ) : (
            <Facts
              facts={figures.messages.map(({ kind, messages, parts }) => [
                kind,
                `${messages} in ${parts} parts`,
              ])}
            />
          )}
        </Card>
        <Card heading="Paid by day">{byDay(overview, format)}</Card>
      </div>
    </>
  );
}

function paid(figures: Figures, before: Figures, format: Format) {
  const currencies = [...new Set([...figures.paid, ...before.paid].map(({ currency }) => currency))].sort();
  if (currencies.length === 0) return <Empty>Nothing was paid in this range.</Empty>;
  const sumOf = ({ paid: sums }: Figures, currency: string) => sums.find((sum) => sum.currency === currency);
  return (
    <Facts
      facts={[
        ...currencies.map((currency) => {
          const [now, then] = [sumOf(figures, currency), sumOf(before, currency)];
          const told = amountOf(format, now?.amountMinor ?? 0n, currency);
          const earlier = amountOf(format, then?.amountMinor ?? 0n, currency);
          return [`Paid, ${currency}`, `${told} in ${now?.count ?? 0} (${earlier})`] as const;
        }),
        ...figures.refunds.map(
          ({ currency, amountMinor }) =>
            [`Refunded, ${currency}`, amountOf(format, amountMinor, currency)] as const,
        ),
        ...figures.surplus.map(
          ({ currency, amountMinor }) =>
            [`Surplus, ${currency}`, amountOf(format, amountMinor, currency)] as const,
        ),
      ]}
    />
  );
}

function funnel({ funnel: now }: Figures, { funnel: then }: Figures) {
  return [
    ["Made", `${now.created} (${then.created})`],
    ["Message sent", `${now.sent} (${then.sent})`],
    ["Message delivered", `${now.delivered} (${then.delivered})`],
    ["Opened by a person", `${now.opened} (${then.opened})`],
    ["Opened by previews only", `${now.openedByBotsOnly} (${then.openedByBotsOnly})`],
    ["Way to pay chosen", `${now.methodChosen} (${then.methodChosen})`],
    ["Paid", `${now.paid} (${then.paid})`],
  ] as const;
}

function methods({ methods: all }: Figures) {
  if (all.length === 0) return <Empty>Nobody tried to pay in this range.</Empty>;
  return (
    <Facts
      facts={all.map(({ method, succeeded, started, rate, declines }) => [
        method.replaceAll("_", " "),
        <span key={method}>
          {succeeded} of {started} succeeded
          {rate === null ? "" : `, ${Math.round(rate * 100)} % of those decided`}
          {declines.map(({ code, count }) => (
            <span key={code} className="block text-stone-600 dark:text-stone-400">
              {(code ?? "no reason given").replaceAll("_", " ")}: {count}
            </span>
          ))}
        </span>,
      ])}
    />
  );
}

function byDay({ paidByDay }: Overview, format: Format) {
  if (paidByDay.length === 0) return <Empty>No day has a payment.</Empty>;
  return (
    <Facts
      facts={paidByDay.map(({ day, currency, count, amountMinor }) => [
        `${day}, ${currency}`,
        `${amountOf(format, amountMinor, currency)} (${count})`,
      ])}
    />
  );
}
