// Ids in Stripe's form.
import { randomInt } from "node:crypto";

const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** A random id such as `pi_3kP…`, `length` characters after the prefix. */
export function newId(prefix: string, length = 24): string {
  let id = prefix;
  for (let index = 0; index < length; index += 1) {
    id += letters[randomInt(letters.length)];
  }
  return id;
}

/** Now, in whole seconds since 1970, as Stripe writes instants. */
export function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
