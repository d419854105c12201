// Instants as the definition writes them: RFC 3339 with a time zone.

const pattern = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** Milliseconds since 1970, or null when the text is not RFC 3339 with a zone. */
export function parseInstant(text: string): number | null {
  const instant = pattern.test(text) ? Date.parse(text.toUpperCase()) : Number.NaN;
  return Number.isNaN(instant) ? null : instant;
}

/** RFC 3339, UTC. */
export function writeInstant(instant: number): string {
  return new Date(instant).toISOString();
}
