// Amounts with up to three decimals, kept as whole thousandths so that nothing drifts.

/** Beyond this a double no longer tells thousandths apart. */
const largest = 9_000_000_000_000;

/**
 * A JSON number as whole thousandths; null when it has more than three decimals or is out of range.
 * Exact: a number passes only if it is the double nearest to its own thousandths.
 */
export function toThousandths(value: number): number | null {
  const thousandths = Math.round(value * 1_000);
  const isExact = Number.isFinite(value) && thousandths / 1_000 === value;
  return isExact && Math.abs(thousandths) <= largest ? thousandths : null;
}

/** Currencies without a minor unit. */
const whole = new Set(["ISK", "JPY", "KRW", "UGX", "VND", "XAF", "XOF"]);

/** `NOK 249.00`; a third decimal only where there is one. */
export function writeThousandths(thousandths: number, currency: string): string {
  const digits = thousandths % 10 !== 0 ? 3 : whole.has(currency) && thousandths % 1_000 === 0 ? 0 : 2;
  const padded = String(thousandths).padStart(4, "0");
  const units = padded.slice(0, -3).replace(/\B(?=(\d{3})+$)/g, ",");
  return `${currency} ${units}${digits > 0 ? `.${padded.slice(-3).slice(0, digits)}` : ""}`;
}
