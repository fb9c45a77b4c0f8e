import { TokenError } from '../core/errors.js';
import type { SinkSpec, TokenSpec } from '../core/spec.js';
import { timings } from '../core/timings.js';
import type { Sink, SinkRequest } from '../sinks/sink.js';
import type { Vault } from '../vaults/vault.js';
import { withTimeout } from '../common/awaiting.js';
import type { Connections, OpenSink } from './connections.js';
import type { ActivityDeps } from './deps.js';

/** Everything that a call of a sink needs. */
export interface SinkCall {
  readonly deps: { readonly connections: Pick<Connections, 'sink'> };
  readonly spec: TokenSpec;
  readonly vault: Vault;
  readonly signal?: AbortSignal | undefined;
}

/** A sink call within an activity. */
export interface SinkContext extends SinkCall {
  readonly deps: ActivityDeps;
}

/** The sink that a spec names by id. @throws TokenError `ConfigInvalid` */
export function sinkOf(spec: TokenSpec, id: string): SinkSpec {
  const sink = spec.sinks.find((one) => one.id === id);
  if (sink === undefined) throw new TokenError('ConfigInvalid', `${spec.key} has no sink ${id}`);
  return sink;
}

/** Opens the connection of a sink for this token. @throws TokenError `PolicyDenied`, `ConfigInvalid` */
export function openSink(deps: SinkCall['deps'], spec: TokenSpec, sink: SinkSpec): Promise<OpenSink> {
  return deps.connections.sink(sink.connection, spec.key, sink.target);
}

/** A sink's answer, and how the sink was opened. */
export interface SinkAnswer<T> {
  readonly answer: T;
  readonly open: OpenSink;
}

/**
 * One sink operation for this token, within a time limit.
 * @throws TokenError `SinkUnavailable` when that has passed, `PolicyDenied`, `ConfigInvalid`; the sink's own
 */
export async function callSink<T>(
  context: SinkCall,
  sink: SinkSpec,
  ms: number,
  call: (sink: Sink, request: SinkRequest) => Promise<T>,
): Promise<SinkAnswer<T>> {
  const { deps, spec, vault, signal: outer } = context;
  const open = await openSink(deps, spec, sink);
  const late = { code: 'SinkUnavailable', message: `${sink.id}: no answer within ${ms / 1000} s` } as const;
  const request = {
    key: spec.key,
    target: open.target,
    takeOver: sink.takeOver,
    fingerprint: (value: string) => vault.fingerprint(value),
  };
  const answer = await withTimeout(ms, late, (signal) => call(open.sink, { ...request, signal }), outer);
  return { answer, open };
}

/** Removes from a sink what we wrote there for this token, and nothing else. */
export async function removeFrom(context: SinkContext, sink: SinkSpec): Promise<void> {
  await callSink(context, sink, timings.sinkAttemptMs, (its, request) => its.remove(request));
}
