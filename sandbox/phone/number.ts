// Phone numbers in paths.

/**
 * The E.164 number that a path segment means, or null.
 * Takes `+47…`, its percent-encoded form (decoded by then), a plus that became a space, and no plus.
 */
export function readNumber(segment: string): string | null {
  const number = `+${segment.replace(/^[+ ]/, "")}`;
  return /^\+[1-9]\d{4,14}$/.test(number) ? number : null;
}

/** The path of a number's page. */
export function phonePath(number: string): string {
  return `/phones/${encodeURIComponent(number)}`;
}
