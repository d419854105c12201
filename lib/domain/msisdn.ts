// Phone numbers in E.164. Made by lib/phone, which knows the numbering plans.

import type { Brand } from "./brand.ts";

/** E.164 with the leading plus, a number that can receive an SMS as far as its numbering plan tells. */
export type Msisdn = Brand<string, "Msisdn">;

/** The last four digits: what may be shown and searched. */
export function lastFour(phone: Msisdn): string {
  return phone.slice(-4);
}
