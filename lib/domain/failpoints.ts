// Named points at which a process can be made to fail on purpose, so that what is promised about a crash there is
// tried on a real one. Nothing is set in ordinary running, and a live installation refuses to start with any.

/** Every point, with what has happened when it is reached. */
export const FAILPOINTS = {
  K1: "Creating: the request is checked, and nothing is written.",
  K2: "Creating: the invoice is written in a transaction that is still open.",
  K3: "Creating: everything is committed, and the caller has no answer.",
  K4: "SMS: a worker has taken the job, and nothing is committed about the message.",
  K5: "SMS: the provider has taken the message, and that is not stored.",
  K6: "SMS: what the provider said is stored, and the job is not closed.",
  K7: "Card: the intent is committed, and no session is asked for.",
  K8: "Card: the session is made, and not stored.",
  K9: "Card: the session is stored, and the payer is not sent there.",
  K10: "Phone bill: the intent is committed, and the operator is not asked.",
  K11: "Phone bill: the operator has answered, and that is not stored.",
  K12: "A rail's message is verified, and not stored.",
  K13: "Settling: the payment has succeeded in a transaction that is still open, and nothing is booked.",
  K14: "A rail's message is stored and committed, and its sender has no answer.",
  K15: "Callback: a worker has taken the job, and nothing is sent.",
  K16: "Callback: the receiver has said 2xx, and that is not stored.",
  K17: "Callback: the try is stored, and the job is not closed.",
} as const;

export type FailpointName = keyof typeof FAILPOINTS;

/**
 * `kill` ends the process by SIGKILL, `throw` fails the step, `hang` never goes on, `delay` goes on later, `drop`
 * cuts the connection of the request that is being served and goes on without it.
 */
export const FAILPOINT_ACTIONS = ["kill", "throw", "hang", "delay", "drop"] as const;
export type FailpointAction = (typeof FAILPOINT_ACTIONS)[number];

export interface SetFailpoint {
  readonly name: FailpointName;
  readonly action: FailpointAction;
  /** For `delay`; else 0. */
  readonly delayMs: number;
  /** Only when the process comes by for this time, counted from 1; null: each time. */
  readonly onHit: number | null;
}

/** What the steps are given. Where nothing is set there is none, and a step costs one look. */
export interface Failpoints {
  /** Does what is set for this point, if anything. */
  reach(name: FailpointName): Promise<void>;
}

const SHAPE = /^([A-Z]\w*)=([a-z]+)(?::(\d{1,6}))?(?:@(\d{1,6}))?$/;

/**
 * Reads a setting such as `K5=kill,K8=delay:500@2`: a name, an action, the milliseconds of a delay, and the hit that
 * is meant where it is not each. Null where it is malformed or names something that does not exist.
 */
export function parseFailpoints(text: string): readonly SetFailpoint[] | null {
  const points = text.split(",").map((part) => parseOne(part.trim()));
  return points.every((point) => point !== null) ? points : null;
}

function parseOne(text: string): SetFailpoint | null {
  const [, given, verb, delay, hit] = SHAPE.exec(text) ?? [];
  const action = FAILPOINT_ACTIONS.find((known) => known === verb);
  const isDelay = action === "delay";
  if (given === undefined || !isFailpoint(given) || action === undefined) return null;
  if (isDelay !== (delay !== undefined) || hit === "0") return null;
  return {
    name: given,
    action,
    delayMs: Number(delay ?? 0),
    onHit: hit === undefined ? null : Number(hit),
  };
}

function isFailpoint(text: string): text is FailpointName {
  return Object.hasOwn(FAILPOINTS, text);
}
