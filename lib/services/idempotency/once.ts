// The same key and the same body give the first answer again. The key is stored in the transaction of the
// effect, so there is never an effect without its key nor a key without its effect.

import { violatedUnique } from "#db/errors.ts";
import {
  findIdempotencyKey,
  type IdempotencyRow,
  insertIdempotencyKey,
  storeAnswer,
  takeIdempotencyKey,
} from "#db/queries/events.ts";
import { realNow } from "#db/transaction.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import { type ServiceContext, type TxContext, transact } from "../context.ts";

export interface KeyedRequest {
  /** Method and path of the operation; a key is good for one. */
  readonly route: string;
  /** 1 to 255 printable ASCII characters, chosen by the caller. */
  readonly key: string;
  /** SHA-256 of the canonical body. */
  readonly fingerprint: Uint8Array;
}

/** What was answered; `body` is JSON text. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

export interface KeyedAnswer extends Answer {
  /** True where this is the answer to an earlier request. */
  readonly isReplay: boolean;
}

/** How long keys are kept. */
export const IDEMPOTENCY_HOURS = 72;

/** A request that holds a key without an answer for longer than this was interrupted, and is gone on with. */
const INTERRUPTED_AFTER_MS = 30_000;

const IN_PROGRESS_RETRY_SECONDS = 1;

/**
 * Runs `effect` and stores its answer in one transaction with the key.
 *
 * @throws idempotency_key_reused   the key was used with another body
 * @throws idempotency_in_progress  the first request is still running
 */
export async function once(
  ctx: ServiceContext,
  request: KeyedRequest,
  effect: (ctx: TxContext) => Promise<Answer>,
): Promise<KeyedAnswer> {
  return await transact(ctx, async (inTx) => {
    const earlier = await readEarlier(inTx, request);
    if (earlier !== null) {
      if (earlier.answer === null) throw inProgress();
      return { ...earlier.answer, isReplay: true };
    }
    const answer = await effect(inTx);
    await insertIdempotencyKey(inTx.tx, inTx.tenant, {
      ...request,
      resourceId: null,
      answer: sealAnswer(inTx, request, answer),
    });
    return { ...answer, isReplay: false };
  });
}

/**
 * The same for an effect that calls a rail between two transactions. `run` is given a function to call in the
 * transaction that commits the intent; after an interruption it is called again with what that intent made.
 *
 * @throws idempotency_key_reused   the key was used with another body
 * @throws idempotency_in_progress  the first request is still running
 */
export async function onceInPhases(
  ctx: ServiceContext,
  request: KeyedRequest,
  run: (
    bind: (ctx: TxContext, resourceId: string) => Promise<void>,
    interruptedResourceId: string | null,
  ) => Promise<Answer>,
): Promise<KeyedAnswer> {
  const earlier = await transact(ctx, (inTx) => readEarlier(inTx, request));
  if (earlier !== null && earlier.answer !== null) return { ...earlier.answer, isReplay: true };
  if (earlier !== null && !earlier.isInterrupted) throw inProgress();
  const answer = await run(
    (inTx, resourceId) => bindKey(inTx, request, resourceId),
    earlier?.resourceId ?? null,
  );
  return await transact(ctx, async (inTx) => {
    const { tx, tenant } = inTx;
    const sealed = sealAnswer(ctx, request, answer);
    if (await storeAnswer(tx, tenant, request.route, request.key, sealed))
      return { ...answer, isReplay: false };
    // Another call went on with this one, taking it for interrupted: there is one answer, the first.
    return (await findAnswer(inTx, request)) ?? { ...answer, isReplay: false };
  });
}

/**
 * The answer to an earlier request with this key, or null. For requests that are checked against the world
 * outside, which may be another one by now: the look comes before those checks.
 *
 * @throws idempotency_key_reused  the key was used with another body
 */
export async function findAnswer(ctx: ServiceContext, request: KeyedRequest): Promise<KeyedAnswer | null> {
  return await transact(ctx, async (inTx) => {
    const row = await findIdempotencyKey(inTx.tx, inTx.tenant, request.route, request.key);
    const answer = row === null ? null : readRow(inTx, request, row).answer;
    return answer === null ? null : { ...answer, isReplay: true };
  });
}

interface Earlier {
  readonly answer: Answer | null;
  readonly resourceId: string | null;
  readonly isInterrupted: boolean;
}

async function readEarlier(ctx: TxContext, request: KeyedRequest): Promise<Earlier | null> {
  const { isTaken, row } = await takeIdempotencyKey(ctx.tx, ctx.tenant, request.route, request.key);
  if (!isTaken) throw inProgress();
  return row === null ? null : readRow(ctx, request, row);
}

function readRow(ctx: TxContext, request: KeyedRequest, row: IdempotencyRow): Earlier {
  if (Buffer.compare(Buffer.from(row.fingerprint), Buffer.from(request.fingerprint)) !== 0) {
    throw new ServiceError("idempotency_key_reused", "This Idempotency-Key was used with another body.");
  }
  return {
    answer: row.answer === null ? null : openAnswer(ctx, request, row.answer),
    resourceId: row.resourceId,
    isInterrupted: realNow(ctx.tx).getTime() - row.createdAt.getTime() > INTERRUPTED_AFTER_MS,
  };
}

async function bindKey(ctx: TxContext, request: KeyedRequest, resourceId: string): Promise<void> {
  try {
    await insertIdempotencyKey(ctx.tx, ctx.tenant, { ...request, resourceId, answer: null });
  } catch (error) {
    // A twin of this request was faster; its transaction has the effect, and this one rolls back.
    if (violatedUnique(error) !== null) throw inProgress();
    throw error;
  }
}

function inProgress(): ServiceError {
  return new ServiceError(
    "idempotency_in_progress",
    "A request with this Idempotency-Key is still running.",
    {
      retryAfterSeconds: IN_PROGRESS_RETRY_SECONDS,
    },
  );
}

function sealAnswer(ctx: ServiceContext, request: KeyedRequest, answer: Answer): Uint8Array {
  return ctx.vault.seal(JSON.stringify(answer), answerContext(ctx, request));
}

/** The cast is safe: the value was sealed by sealAnswer, and opening authenticates it. */
function openAnswer(ctx: ServiceContext, request: KeyedRequest, sealed: Uint8Array): Answer {
  return JSON.parse(ctx.vault.open(sealed, answerContext(ctx, request))) as Answer;
}

function answerContext({ tenant }: ServiceContext, { route, key }: KeyedRequest): string {
  return `answer:${tenant.merchantId}:${tenant.mode}:${route}:${key}`;
}
