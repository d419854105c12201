// Bounds of an invoice's own texts, for every way in which an invoice can come.

export const DESCRIPTION_LENGTH_MAX = 200;
export const METADATA_KEY = /^[A-Za-z0-9_.-]{1,40}$/;
export const METADATA_KEYS_MAX = 50;
export const METADATA_VALUE_LENGTH_MAX = 500;

const INSTANT_MIN_MS = Date.UTC(1970, 0, 1);
const INSTANT_END_MS = Date.UTC(9999, 0, 1);

/** True in years that every clock, calendar and database on the way can write. */
export function isInstantInRange(date: Date): boolean {
  return date.getTime() >= INSTANT_MIN_MS && date.getTime() < INSTANT_END_MS;
}
