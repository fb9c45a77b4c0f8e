import { dueAtOf } from './renewal.js';
import { conditionsOf, type Condition } from './conditions.js';
import { refreshDueAt } from './decide.js';
import { doubtOf } from './doubt.js';
import { dropDead, retirementOf } from './retirement.js';
import { leftOf } from './left.js';
import { needsPreflight } from './preflight.js';
import { headlineOf, type Headline } from './headline.js';
import type { SinkRow } from './sink-rows.js';
import type { Answer, CurrentGeneration, LifecycleState, PreviousGeneration, LeftSink } from './state.js';
import { acknowledgedOf, generationOf } from './served.js';

/** What the shell knows beside the state. */
export interface ShellView {
  /** Ids of the steps that are running. */
  readonly running: readonly string[];
  /** Unix ms of the timer. */
  readonly wakeAt: number | null;
  readonly rules: number;
  /** Whether it writes search attributes, which `list` reads. */
  readonly listed: boolean;
}

/** The answer of the status query: everything that people may want to know, without secrets. Instants in Unix ms. */
export interface Status extends ShellView {
  readonly key: string;
  readonly state: Headline;
  readonly generation: number;
  readonly owner: string | null;
  readonly issuer: string;
  readonly vault: string;
  readonly vaultId: string | null;
  readonly revision: number;
  readonly phase: LifecycleState['phase'];
  readonly mintable: boolean | null;
  readonly expiresAt: number | null;
  readonly renewAt: number | null;
  readonly current: CurrentGeneration | null;
  readonly previous: readonly PreviousGeneration[];
  readonly retires: 'revoke' | 'expire' | null;
  /** Whether `revoke` ends its values at the provider, too, as far as is known. */
  readonly revocable: boolean;
  readonly conditions: readonly Condition[];
  readonly sinks: Readonly<Record<string, SinkRow>>;
  /** Places that it was delivered to and that the spec no longer names. */
  readonly left: readonly LeftSink[];
  readonly acknowledged: number;
  readonly total: number;
  readonly problem: LifecycleState['problem'];
  /**
   * Steps whose last try failed, by id. After `retryAt` a step runs again, or waits for the floor or for a pause to end; it stays here
   * until it succeeds.
   */
  readonly stalled: LifecycleState['stalled'];
  readonly failures: number;
  readonly retryAt: number | null;
  readonly pause: LifecycleState['pause'];
  /** Unix ms until which jobs' reports are not believed, after so many values in a row were replaced on such reports alone; null: they are. */
  readonly doubt: { readonly times: number; readonly until: number } | null;
  readonly closing: LifecycleState['closing'];
  readonly wanted: LifecycleState['wanted'];
  /** Whether a rotation starting now would check the sinks before the provider is asked. */
  readonly checksSinksFirst: boolean;
  readonly runbook: string | null;
  readonly answers: readonly Answer[];
  readonly rotations: number;
  readonly runs: number;
  readonly spec: LifecycleState['spec'];
}

/** Renders a state for people and programs. */
export function statusOf(state: LifecycleState, shell: ShellView, now: number): Status {
  return {
    key: state.spec.key,
    state: headlineOf(state, now),
    generation: generationOf(state),
    owner: state.spec.owner,
    issuer: state.spec.issuer,
    vault: state.spec.vault,
    vaultId: state.vaultId,
    revision: state.revision,
    phase: state.phase,
    mintable: state.capabilities?.mintable ?? null,
    expiresAt: state.current?.expiresAt ?? null,
    renewAt: dueAtOf(state),
    current: state.current,
    previous: dropDead(state, now).previous,
    retires: retirementOf(state),
    revocable: state.capabilities?.revocable !== false,
    conditions: conditionsOf(state, now),
    sinks: state.sinks,
    left: leftOf(state),
    acknowledged: acknowledgedOf(state),
    total: Object.keys(state.sinks).length,
    problem: state.problem,
    stalled: state.stalled,
    failures: state.failures,
    retryAt: nextTryAt(state),
    pause: state.pause,
    doubt: doubtOf(state, now),
    closing: state.closing,
    wanted: state.wanted,
    checksSinksFirst: needsPreflight(state, now),
    runbook: state.spec.runbook,
    answers: state.answers,
    rotations: state.rotations,
    runs: state.runs,
    ...shell,
    spec: state.spec,
  };
}

/** When a failed step is tried again; null: not by itself, as during a pause, while closing, or where a person has to decide. */
function nextTryAt(state: LifecycleState): number | null {
  if (state.failures === 0 || state.closing !== null || state.problem?.kind === 'person') return null;
  return state.phase === 'adopting' ? state.retryAt : refreshDueAt(state);
}
