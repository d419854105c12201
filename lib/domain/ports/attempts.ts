// How often something secret may be guessed at, or a mail asked for.

export const ATTEMPT_BOUNDS = {
  /** One address's name from one place. */
  sign_in_here: { points: 10, windowSeconds: 900 },
  /** Whatever name, from one place. */
  sign_in_place: { points: 60, windowSeconds: 900 },
  /** One name from all places together, by browsers that it has not signed in with before. */
  sign_in_name: { points: 100, windowSeconds: 3600 },
  /** One name by a browser that it has signed in with before: no stranger can use this up. */
  sign_in_known: { points: 20, windowSeconds: 900 },
  reset_name: { points: 3, windowSeconds: 3600 },
  reset_place: { points: 20, windowSeconds: 3600 },
  /** Guesses at mailed links from one place. */
  link_place: { points: 30, windowSeconds: 900 },
  /** Invitations of one merchant. */
  invite: { points: 50, windowSeconds: 3600 },
} as const;
export type AttemptBound = keyof typeof ATTEMPT_BOUNDS;

export interface AttemptLimiter {
  /** Counts one attempt; milliseconds to wait where it is one too many, else 0. */
  take(bound: AttemptBound, key: string): Promise<number>;
  /** Takes one back: it was no guess. */
  giveBack(bound: AttemptBound, key: string): Promise<void>;
}
