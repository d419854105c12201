// When to try again. Pure: the caller gives times and a random number.

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Pauses before the second, third, … try of a callback: about 76 hours in all. Published to merchants. */
export const CALLBACK_PAUSES_SECONDS = [
  5,
  MINUTE,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
] as const;

const RETRY_AFTER_MAX_SECONDS = 6 * HOUR;

/**
 * Seconds until the next try after `attemptNumber` tries have failed, or null when the schedule is used up.
 *
 * @param random             0 to 1; adds up to a fifth, so that many failing receivers are not asked at once
 * @param retryAfterSeconds  what the receiver asked for; honoured between 1 s and 6 h where it is longer
 */
export function callbackPauseSeconds(
  attemptNumber: number,
  random: number,
  retryAfterSeconds: number | null,
): number | null {
  const pause = CALLBACK_PAUSES_SECONDS[attemptNumber - 1];
  if (pause === undefined) return null;
  const asked = Math.min(Math.max(retryAfterSeconds ?? 0, 0), RETRY_AFTER_MAX_SECONDS);
  return Math.round(Math.max(pause * (1 + 0.2 * random), asked));
}

/** Between two questions about an attempt that the payer may be working on. */
export const POLL_LIVE_SECONDS = 5 * MINUTE;

export interface PollSituation {
  /** Questions asked so far for this attempt. */
  readonly asked: number;
  /** Seconds since the rail was last given something new to do: to take, reserve or give back the money. */
  readonly ageSeconds: number;
  /** True while the payer may be working on it: the rail has answered, and the invoice can still be paid or the
   * rail holds a page open. */
  readonly isLive: boolean;
  /** Present for an amount that is reserved and that nothing has been asked to become of. */
  readonly reservation?: {
    /** Until it runs out by the rail's word; negative afterwards, null where the rail does not say. */
    readonly secondsLeft: number | null;
  };
}

/** A reservation's end is asked about this long after it, so that the rail has had time to note it. */
const RESERVATION_GRACE_SECONDS = 2 * MINUTE;

/**
 * Seconds until the rail is asked again about an attempt that is not final, or null when a person must look.
 * 10 s, 30 s and 2 min after the start, then every 5 min while live; afterwards hourly to 24 h, daily to 7 d.
 * What is reserved is asked about hourly, right after its end, and hourly from there for 7 d at most.
 */
export function pollPauseSeconds(situation: PollSituation): number | null {
  const { asked, ageSeconds, isLive, reservation } = situation;
  const early = [10, 30, 2 * MINUTE][asked];
  if (early !== undefined) return Math.max(1, early - ageSeconds);
  const secondsLeft = reservation?.secondsLeft ?? null;
  if (secondsLeft !== null) {
    const untilOver = secondsLeft + RESERVATION_GRACE_SECONDS;
    if (untilOver > 0) return Math.min(Math.max(1, untilOver), HOUR);
    return secondsLeft > -7 * DAY ? HOUR : null;
  }
  if (reservation !== undefined && isLive) return HOUR;
  if (isLive) return POLL_LIVE_SECONDS;
  if (ageSeconds < DAY) return HOUR;
  if (ageSeconds < 7 * DAY) return DAY;
  return null;
}

/** How long an SMS is tried again after the provider could not be reached or asked for a pause. */
export const SMS_GIVE_UP_SECONDS = 4 * HOUR;

/** Seconds until the next try of an SMS after `attempts` that are known not to have been accepted. */
export function smsPauseSeconds(attempts: number, retryAfterSeconds: number | null): number {
  const pause = Math.min(5 * 2 ** Math.max(0, attempts - 1), 10 * MINUTE);
  return Math.max(pause, Math.min(retryAfterSeconds ?? 0, HOUR));
}

/** After an unclear answer the provider is asked for the message; only when it is still not found after this
 * long is it sent again. */
export const SMS_LOOK_UP_SECONDS = 60;

/** Sends that may each have reached the phone although nothing shows it; then no more are made. */
export const SMS_UNCLEAR_SENDS_MAX = 3;

/** Seconds until the provider is asked again for a message it was given `ageSeconds` ago. */
export function smsLookUpPauseSeconds(ageSeconds: number): number {
  return Math.min(Math.max(15, Math.round(ageSeconds / 2)), 10 * MINUTE);
}
