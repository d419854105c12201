// Currencies as Stripe takes them: https://docs.stripe.com/currencies
import { ParameterError } from "./errors.ts";

const supported = new Set(
  `usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf
  chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf
  idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop
  mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd
  scr sek sgd shp sle sos srd std szl thb tjs tnd top try ttd twd tzs uah ugx usd uyu uzs vnd vuv wst xaf xcd
  xof xpf yer zar zmw`.split(/\s+/),
);

const zeroDecimal = new Set("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split(" "));
const threeDecimal = new Set("bhd jod kwd omr tnd".split(" "));

/** Two-decimal in the API, but without a minor unit in life: the last two digits must be zero. */
const wholeUnitsOnly = new Set(["isk", "ugx"]);

/** Smallest amounts, in minor units. Stripe converts for currencies that are not listed; the sandbox does not. */
const minimum: Record<string, number> = {
  usd: 50,
  aed: 200,
  aud: 50,
  bgn: 100,
  brl: 50,
  cad: 50,
  chf: 50,
  czk: 1500,
  dkk: 250,
  eur: 50,
  gbp: 30,
  hkd: 400,
  huf: 17500,
  inr: 50,
  jpy: 50,
  mxn: 1000,
  myr: 200,
  nok: 300,
  nzd: 50,
  pln: 200,
  ron: 200,
  sek: 300,
  sgd: 50,
  thb: 1000,
};

/** Eight digits; Stripe takes no more in any currency that it lists a minimum for. */
const maximum = 99_999_999;

/** A supported currency, in lower case as Stripe's documentation demands. */
export function checkCurrency(currency: string, param: string): void {
  if (!supported.has(currency)) {
    const message = `Invalid currency: ${currency}. Stripe currently supports these currencies: ${[...supported].join(", ")}`;
    throw new ParameterError(param, message);
  }
}

/** Refuses a total that Stripe would not charge. `amount` is in minor units of `currency`. */
export function checkAmount(amount: number, currency: string, param: string): void {
  const step = threeDecimal.has(currency) ? 10 : wholeUnitsOnly.has(currency) ? 100 : 1;
  if (amount % step !== 0) {
    const message = `Invalid amount: in ${currency} the amount must be a multiple of ${step}.`;
    throw new ParameterError(param, message, "parameter_invalid_integer");
  }
  const least = minimum[currency] ?? 1;
  if (amount < least) {
    const message = `The Checkout Session's total amount due must add up to at least ${writeAmount(least, currency)}.`;
    throw new ParameterError("", message, "amount_too_small");
  }
  if (amount > maximum) {
    const message = `The Checkout Session's total amount due must be no more than ${writeAmount(maximum, currency)}.`;
    throw new ParameterError("", message, "amount_too_large");
  }
}

/** Minor units in one unit of the currency, as a power of ten. */
export function fractionDigits(currency: string): number {
  return zeroDecimal.has(currency) ? 0 : threeDecimal.has(currency) ? 3 : 2;
}

/** An amount in minor units, written for people: `NOK 249.00`. */
export function writeAmount(amount: number, currency: string): string {
  const digits = fractionDigits(currency);
  const [whole = "", fraction] = (amount / 10 ** digits).toFixed(digits).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return `${currency.toUpperCase()} ${fraction === undefined ? grouped : `${grouped}.${fraction}`}`;
}
