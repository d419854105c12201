// Phone numbers of the sandbox. The last two digits decide what the subscriber is like; its front page lists them.

/** A charge is agreed beforehand: it succeeds at once, without a prompt. */
export const AGREED_BEFOREHAND = "12";
/** The carrier reserves first, after a code that it texts. */
export const SENDS_CODE = "31";
/** The same, after an approval on a page of its own. */
export const SENDS_LINK = "32";
/** The carrier bars this subscriber: a charge is refused at once. */
export const BARRED = "23";

const ORDINARY_FROM = 40;
const ORDINARY_COUNT = 50;
const MIDDLES = 10_000;

let last = 0;

/**
 * A Norwegian number that no other test uses: a digit for the worker, the rest from the clock. Ordinary, so that
 * a charge puts a prompt on the phone, unless an ending is given.
 */
export function freshPhone(ending?: string): string {
  const step = ending === undefined ? 1 : ORDINARY_COUNT;
  last = Math.max(last + step, Math.floor(Date.now() / 20));
  const middle = String(Math.floor(last / ORDINARY_COUNT) % MIDDLES).padStart(4, "0");
  const worker = Number(process.env.TEST_PARALLEL_INDEX ?? 0) % 10;
  return `+479${worker}${middle}${ending ?? ORDINARY_FROM + (last % ORDINARY_COUNT)}`;
}
