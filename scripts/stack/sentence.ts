// What goes wrong at start is told in one clear sentence.

/** An expected failure: its message is for the person at the terminal. */
export class Sentence extends Error {}

/** A known cause in the words of others, as our sentence; null where it is none that we know. */
export function explain(output: string, what: string): Sentence | null {
  if (/ENOSPC|No space left on device/i.test(output)) return new Sentence(`The disk is full: ${what}.`);
  const library = /error while loading shared libraries: ([^\s:]+)/.exec(output)?.[1];
  if (library !== undefined) {
    return new Sentence(
      `The library ${library} is missing: ${what}. Install it with the system's package manager, or set DATABASE_URL to another PostgreSQL.`,
    );
  }
  if (/EACCES|Permission denied/i.test(output)) return new Sentence(`Permission was denied: ${what}.`);
  return null;
}
