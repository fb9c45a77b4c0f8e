import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type WorkflowHandle,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { defined } from '../core/defined.js';
import { TokenError } from '../core/errors.js';
import type { Request } from '../core/lifecycle/events.js';
import { signalNames, updateNames } from '../core/names.js';
import { RequestRefused } from '../core/lifecycle/refusals.js';
import { timings } from '../core/timings.js';
import type { UpdateAnswer } from '../workflows/handlers.js';
import { waitAtMost, withOwnSignal } from '../common/awaiting.js';
import { grpcCodes } from './grpc-codes.js';
import { grpcErrorOf, isNotFound, isServerAway, isServing, serverErrorOf, serverUnavailable } from './server-errors.js';
import { clientSpans } from './spans.js';

export type { UpdateAnswer } from '../workflows/handlers.js';

/** How an update is waited for. */
export interface UpdateOptions {
  /** Coalesces callers that ask for the same: all get the answer of one accepted update. Default: none. */
  readonly updateId?: (() => string) | undefined;
  /** How long to wait for more than `pending`, in ms. */
  readonly deadlineMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * How long, in ms, an unknown generation may be one that the workflow has not heard of yet: a value is in the vault before its workflow
   * knows, for the length of an attempt where the worker died in between. Default 5,000.
   */
  readonly catchUpMs?: number | undefined;
  /** Called once where the generation stays unknown for longer: the workflow hears of it only by a look. Default: none. */
  readonly look?: ((deadlineMs: number) => Promise<unknown>) | undefined;
}

/** A new request of a person or a program. */
export function newRequest(actor: string | undefined, fields: Omit<Request, 'requestId'> = {}): Request {
  return { v: 1, requestId: randomUUID(), ...defined({ actor }), ...fields };
}

/**
 * How long callers share one update. All get its answer, so "it is fine" must not be shared for longer than the lifecycle itself relies on
 * it: a token that dies right after it was confirmed alive is asked about again within that span.
 */
const sharedForMs = { rotateNow: 30_000, reportFailure: timings.fineForMs, deliver: 30_000 } as const;

/** One accepted event for all callers within a span. The id contains the time, since a completed update's answer is replayed for its id. */
export function sharedUpdateId(verb: keyof typeof sharedForMs, generation: number, now: number): string {
  return `${verb}-g${generation}-${Math.floor(now / sharedForMs[verb])}`;
}

/**
 * Sends an update and follows it across continue-as-new and an unreachable Temporal: it is sent again with the same id on
 * FAILED_PRECONDITION, on "update not found" and on UNAVAILABLE, and as another update of the same request on `pending`. An answer that is
 * still `pending` at the deadline is returned as such.
 * @throws RequestRefused; TokenError `NotKept` where no workflow keeps the token, `ServerUnavailable` where Temporal is unreachable
 * until the deadline, `ServerRefused`
 */
export async function sendUpdate(
  handle: WorkflowHandle,
  verb: keyof typeof updateNames,
  request: Request,
  options: UpdateOptions = {},
): Promise<UpdateAnswer> {
  // By a clock that nobody sets: one that is put back by an hour would have the caller wait for another hour.
  const start = performance.now();
  const deadline = start + waitOf(options.deadlineMs ?? timings.updateWaitMs);
  const catchUpUntil = start + (options.catchUpMs ?? clientSpans.catchUpMs);
  let look = options.look;
  const onUnknown = async (): Promise<void> => {
    if (look === undefined || performance.now() < start + clientSpans.lookAfterMs) return;
    const once = look;
    look = undefined;
    // Where nobody answers, the request itself says so.
    await once(deadline - performance.now()).catch(() => undefined);
  };
  let waits = 1;
  // A completed update's answer is repeated for its id until its run ends: `pending`, too. The workflow knows the request by its own id.
  const updateId =
    options.updateId ?? ((): string => (waits === 1 ? request.requestId : `${request.requestId}-${waits}`));
  for (let gapMs: number = clientSpans.firstGapMs; ; gapMs = Math.min(clientSpans.lastGapMs, gapMs * 1.5)) {
    options.signal?.throwIfAborted();
    const limits = { signal: options.signal, deadline, mayCatchUp: performance.now() < catchUpUntil, onUnknown };
    const answer = await tryOnce(handle, verb, request, { ...limits, updateId: updateId() });
    options.signal?.throwIfAborted();
    if (answer !== null && answer.status !== 'pending') return answer;
    if (answer !== null) waits += 1;
    if (performance.now() + gapMs >= deadline) return answer ?? unanswered(handle);
    // An abort only ends this pause; its reason is thrown above.
    await withOwnSignal(options.signal, (signal) => sleep(gapMs, undefined, { signal })).catch(() => undefined);
  }
}

/** How long to wait. @throws TokenError `ConfigInvalid` for NaN: no time would ever be later than that */
function waitOf(deadlineMs: number): number {
  if (typeof deadlineMs === 'number' && !Number.isNaN(deadlineMs)) return Math.min(deadlineMs, timings.longestTimerMs);
  throw new TokenError('ConfigInvalid', 'deadlineMs is no number of milliseconds', { do: 'correct it in the call' });
}

/**
 * Sends a signal.
 * @throws TokenError `NotKept` where no workflow keeps the token, `ServerUnavailable` also where the deadline passes, `ServerRefused`
 */
export async function sendSignal(
  handle: WorkflowHandle,
  verb: keyof typeof signalNames,
  request: Request,
  { signal, deadlineMs }: Pick<UpdateOptions, 'signal' | 'deadlineMs'>,
): Promise<void> {
  signal?.throwIfAborted();
  const waitMs = waitOf(deadlineMs ?? Infinity);
  const send = (): Promise<void> => handle.signal(signalNames[verb], request);
  const { client } = handle;
  const inTime = deadlineMs === undefined ? send : () => client.withDeadline(Date.now() + waitMs, send);
  const answer = await waitAtMost(abortable(client, signal, inTime), waitMs, signal).catch((error: unknown) => {
    throw keptOrNot(handle, error);
  });
  signal?.throwIfAborted();
  if (answer === 'late') throw serverUnavailable();
}

/** No answer until the deadline: the workflow is still working, unless Temporal does not answer at all. */
async function unanswered({ client }: WorkflowHandle): Promise<UpdateAnswer> {
  if (!(await isServing(client))) throw serverUnavailable();
  return { status: 'pending', generation: 0, code: null, message: null, sinks: '' };
}

interface TryOptions extends Pick<UpdateOptions, 'signal'> {
  readonly updateId: string;
  /** A `performance.now()`. */
  readonly deadline: number;
  /** Whether the workflow may not have heard of the generation yet. */
  readonly mayCatchUp: boolean;
  readonly onUnknown: () => Promise<void>;
}

/** @returns null where the answer was lost with its run, or on its way. */
async function tryOnce(
  handle: WorkflowHandle,
  verb: keyof typeof updateNames,
  request: Request,
  options: TryOptions,
): Promise<UpdateAnswer | null> {
  try {
    const sent = limited(handle, options, () =>
      handle.executeUpdate<UpdateAnswer, [Request]>(updateNames[verb], {
        args: [request],
        updateId: options.updateId,
      }),
    );
    const answer = await waitAtMost(sent, options.deadline - performance.now(), options.signal);
    return answer === 'late' ? null : answer;
  } catch (error) {
    if (isLostWithItsRun(error) || isServerAway(error)) return null;
    if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
      const refusal = refusalOf(verb, error.cause);
      if (!options.mayCatchUp || refusal.refusal !== 'UnknownGeneration') throw refusal;
      await options.onUnknown();
      return null;
    }
    throw keptOrNot(handle, error);
  }
}

/**
 * The call itself waits for the update's outcome: the caller's deadline and signal have to reach it. One that waits for a moment, or not at
 * all, still has its request sent.
 */
function limited<T>({ client }: WorkflowHandle, { deadline, signal }: TryOptions, send: () => Promise<T>): Promise<T> {
  const leftMs = Math.max(clientSpans.sendMs, deadline - performance.now());
  const inTime = (): Promise<T> => client.withDeadline(Date.now() + leftMs, send);
  return abortable(client, signal, inTime);
}

function abortable<T>(
  client: WorkflowHandle['client'],
  signal: AbortSignal | undefined,
  send: () => Promise<T>,
): Promise<T> {
  return withOwnSignal(signal, (own) => (own === undefined ? send() : client.withAbortSignal(own, send)));
}

function refusalOf(verb: string, failure: ApplicationFailure): RequestRefused {
  const details = failure.details?.[0] as { generation?: number } | undefined;
  return new RequestRefused(verb, failure.type ?? 'Refused', details?.generation ?? 0);
}

/** The server's answer to an update whose workflow ended during it, by a termination or a reset. */
const endedUnderIt = 'AcceptedUpdateCompletedWorkflow';

/**
 * Continue-as-new during a waiting update shows as one of these, and so does the workflow's end; the next try tells whether another run
 * follows. A run with too many updates at the moment counts, too.
 */
function isLostWithItsRun(error: unknown): boolean {
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return true;
  if (error instanceof WorkflowUpdateFailedError) {
    return error.cause instanceof ApplicationFailure && error.cause.type === endedUnderIt;
  }
  if (error instanceof WorkflowNotFoundError) return /update/i.test(error.message);
  const grpc = grpcErrorOf(error);
  if (grpc === null) return false;
  if (grpc.code === grpcCodes.failedPrecondition || grpc.code === grpcCodes.resourceExhausted) return true;
  return grpc.code === grpcCodes.notFound && /update/i.test(grpc.details ?? grpc.message);
}

function keptOrNot(handle: WorkflowHandle, error: unknown): unknown {
  const isMissing = error instanceof WorkflowNotFoundError || isNotFound(error);
  return isMissing ? notKept(handle.workflowId) : serverErrorOf(error);
}

/** The error where no workflow keeps a token. */
export function notKept(workflowId: string): TokenError {
  return new TokenError('NotKept', `no workflow ${workflowId} is running`);
}
