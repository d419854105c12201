// The carrier's own limits. A currency that is not listed is one the carrier does not bill in.
import type { Sandbox } from "../sandbox.ts";
import { refused } from "./errors.ts";

/** By currency: most for one payment, and most for one subscriber in a calendar month (UTC), in whole units. */
export const limits: Record<string, { payment: number; month: number }> = {
  EUR: { payment: 50, month: 300 },
  NOK: { payment: 600, month: 3_600 },
  SEK: { payment: 600, month: 3_600 },
  DKK: { payment: 400, month: 2_400 },
  GBP: { payment: 45, month: 270 },
  USD: { payment: 55, month: 330 },
  CHF: { payment: 50, month: 300 },
  PLN: { payment: 220, month: 1_320 },
  CZK: { payment: 1_250, month: 7_500 },
  HUF: { payment: 20_000, month: 120_000 },
  RON: { payment: 250, month: 1_500 },
  ISK: { payment: 7_500, month: 45_000 },
  AUD: { payment: 85, month: 510 },
  CAD: { payment: 75, month: 450 },
  NZD: { payment: 90, month: 540 },
  JPY: { payment: 8_000, month: 48_000 },
  INR: { payment: 4_500, month: 27_000 },
  ZAR: { payment: 1_000, month: 6_000 },
  KES: { payment: 7_000, month: 42_000 },
  UGX: { payment: 200_000, month: 1_200_000 },
  KWD: { payment: 17, month: 102 },
  TND: { payment: 170, month: 1_020 },
};

/**
 * Ends the request when a charge would pass a limit. Payments that may still succeed count as spent, so that
 * two at once cannot pass it together.
 */
export function checkLimits(
  sandbox: Sandbox,
  account: string,
  phone: string,
  currency: string,
  totalThousandths: number,
): void {
  const limit = limits[currency];
  if (!limit) {
    throw refused("INVALID_ARGUMENT", "Currency is unknown or not authorized.");
  }
  if (totalThousandths > limit.payment * 1_000) {
    throw refused("CARRIER_BILLING.UNAUTHORIZED_AMOUNT");
  }
  const now = new Date();
  const monthStart = Date.UTC(now.getUTCFullYear(), now.getUTCMonth());
  const spent = sandbox.carrier.payments
    .select("account = ? and body->>'$.phone' = ?", account, phone)
    .filter((payment) => payment.status !== "denied" && payment.status !== "cancelled")
    .filter((payment) => payment.currency === currency && payment.createdAt >= monthStart)
    .reduce((sum, payment) => sum + payment.totalThousandths, 0);
  if (spent + totalThousandths > limit.month * 1_000) {
    throw refused("CARRIER_BILLING.USER_AMOUNT_THRESHOLD_OVERPASSED");
  }
}
