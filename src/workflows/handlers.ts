import {
  ApplicationFailure,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  setHandler,
} from '@temporalio/workflow';
import { isAwaited, progressOf, type Progress } from '../core/lifecycle/awaited.js';
import type { Ask, Request, Verb } from '../core/lifecycle/events.js';
import { signalNames, statusQueryName, updateNames } from '../core/names.js';
import { refusalMessage } from '../core/lifecycle/refusals.js';
import { admit } from '../core/lifecycle/requests.js';
import type { Answer } from '../core/lifecycle/state.js';
import { generationOf, servedWords } from '../core/lifecycle/served.js';
import { statusOf, type Status } from '../core/lifecycle/status.js';
import { timings } from '../core/timings.js';
import type { Lifecycle } from './lifecycle.js';
import { defined } from '../core/defined.js';

/** The answer of an update. */
export interface UpdateAnswer {
  /** `pending`: not decided within the wait, or the run ended: ask again, by another update with the same request id. */
  readonly status: Progress['status'] | 'stale';
  /** The current generation; 0, with `pending`: no worker has taken the request yet. */
  readonly generation: number;
  /** Error code, where it failed. */
  readonly code: string | null;
  readonly message: string | null;
  /** A better remedy than the table's, where the error has one. */
  readonly do?: string | undefined;
  /** e.g. `2/3`. */
  readonly sinks: string;
}

const descriptions: Record<keyof typeof signalNames | keyof typeof updateNames, string> = {
  rotate: 'Rotate now',
  pause: 'Stop renewing and revoking, optionally until an instant',
  resume: 'Go on after a pause',
  revoke: 'Revoke all at the provider, empty the sinks, close',
  forget: 'Close; leave the token as it is',
  rotateNow: 'Rotate and wait for the new generation',
  reportFailure: 'A job was refused with this generation: probe, rotate if it is dead',
  reauthorize: 'Go on with the changed first grant of the connection',
  configure: 'Take a new specification, in place',
  deliver: 'Read the vault and the sinks again, deliver what is missing',
  acknowledge: 'A consumer says that it has a generation',
};

/** Registers all signals, updates and the query. Handlers only add events; a refused update adds none. */
export function registerHandlers(lifecycle: Lifecycle): void {
  for (const verb of namesOf(signalNames)) {
    setHandler(
      defineSignal<[Request]>(signalNames[verb]),
      (request) => lifecycle.on({ type: 'asked', ...askOf(verb, request) }),
      { description: descriptions[verb] },
    );
  }
  for (const verb of namesOf(updateNames)) {
    setHandler(
      defineUpdate<UpdateAnswer, [Request]>(updateNames[verb]),
      (request) => answer(lifecycle, askOf(verb, request)),
      {
        validator: (request) => refuse(lifecycle, askOf(verb, request)),
        description: descriptions[verb],
      },
    );
  }
  setHandler(
    defineQuery<Status, [{ now?: number } | undefined]>(statusQueryName),
    // Workflow time stands still between tasks: the caller's clock tells what has expired.
    (query) =>
      statusOf(
        lifecycle.state,
        {
          running: lifecycle.running,
          wakeAt: lifecycle.wakeAt,
          rules: lifecycle.input.rules,
          listed: lifecycle.searchAttributes !== null,
        },
        query?.now ?? Date.now(),
      ),
    { description: 'All that is known of the token, no secret' },
  );
}

const namesOf = <Name extends string>(names: Readonly<Record<Name, string>>): Name[] => Object.keys(names) as Name[];

/**
 * A request without an id (sent from the Web UI) still works, but can't be told from a second one of its kind in the same task. `admit`
 * checks its fields.
 */
function askOf(verb: Verb, sent: Request | undefined): Ask {
  const request = withoutNulls(sent);
  const isNamed = typeof request.requestId === 'string' && request.requestId !== '';
  return { verb, request: isNamed ? request : { ...request, requestId: `unnamed-${verb}-${Date.now()}` } } as Ask;
}

/** JSON that people write has null for what they leave out. What is no object has no fields. */
function withoutNulls(sent: unknown): Partial<Request> {
  if (typeof sent !== 'object') return {};
  return Object.fromEntries(Object.entries(sent ?? {}).filter(([, value]) => value !== null));
}

function refuse(lifecycle: Lifecycle, ask: Ask): void {
  lifecycle.noteTask(); // a refusal alone is a task, too
  const { outcome, code } = answerTo(lifecycle, ask) ?? admit(lifecycle.state, ask, Date.now());
  if (outcome !== 'refused') return;
  const generation = generationOf(lifecycle.state);
  throw ApplicationFailure.create({
    type: code ?? 'Refused',
    message: refusalMessage(ask.verb, code ?? 'Refused'),
    nonRetryable: true,
    details: [{ generation }],
  });
}

async function answer(lifecycle: Lifecycle, ask: Ask): Promise<UpdateAnswer> {
  // An update that is sent again, after its run or its answer was lost, waits for the outcome of the first, not for something new.
  const known = answerTo(lifecycle, ask);
  const { verb } = ask;
  const taken = { verb, at: known?.at ?? Date.now(), generation: known?.generation ?? generationOf(lifecycle.state) };
  const { outcome } = known ?? admit(lifecycle.state, ask, taken.at);
  lifecycle.on({ type: 'asked', ...ask });
  if (outcome === 'stale') return say(lifecycle, { status: 'stale', reason: null });
  const progress = (): Progress => progressOf(lifecycle.state, taken);
  if (isAwaited(verb)) {
    const waitMs = lifecycle.input.updateWaitMs ?? timings.updateWaitMs;
    await condition(() => progress().status !== 'pending' || lifecycle.draining, waitMs);
    lifecycle.noteTask(); // the end of the wait is a task of its own, too
  }
  return say(lifecycle, progress());
}

const answerTo = ({ state }: Lifecycle, { request }: Ask): Answer | undefined =>
  state.answers.find(({ requestId }) => requestId === request.requestId);

function say(
  { state }: Lifecycle,
  { status, reason }: Pick<Progress, 'reason'> & { readonly status: UpdateAnswer['status'] },
): UpdateAnswer {
  return {
    status,
    generation: generationOf(state),
    code: reason?.code ?? (status === 'failed' ? 'Closing' : null),
    message: reason?.message ?? null,
    ...defined({ do: reason?.do }),
    sinks: servedWords(state),
  };
}
