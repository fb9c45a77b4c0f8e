import { TokenError, wordsOf } from '../core/errors.js';
import type { SinkResult } from '../core/events.js';
import { requireOwner } from '../core/owner.js';
import { currentOf, type Generation, type Owner, type VaultRecord } from '../core/record.js';
import { Secret } from '../core/secret.js';
import type { SinkSpec, TokenSpec } from '../core/spec.js';
import { timings } from '../core/timings.js';
import { asTokenError } from '../core/unexpected.js';
import type { SinkReading, SinkRequest } from '../sinks/sink.js';
import type { Vault } from '../vaults/vault.js';
import { within } from '../awaiting.js';
import type { OpenSink } from './connections.js';
import type { ActivityDeps } from './deps.js';
import type { RefreshContext } from './refresh-context.js';
import { readRecord } from './store.js';

/** Everything that a delivery works with. */
export interface DeliveryContext {
  readonly deps: ActivityDeps;
  readonly spec: TokenSpec;
  readonly vault: Vault;
  readonly signal?: AbortSignal | undefined;
}

/** A delivery, and who makes it. */
export interface OwnDelivery extends DeliveryContext {
  /** The workflow that must be the record's owner. */
  readonly owner: Owner;
}

/** What is to be delivered, and what was done with the token so far. */
export interface Current {
  readonly generation: Generation;
  readonly ledger: VaultRecord['ledger'];
}

/** Preflight: every sink could be written now. The first that could not is the error. */
export async function checkSinks({ deps, input, vault, signal }: RefreshContext): Promise<void> {
  await Promise.all(
    input.spec.sinks.map(async (sink) => {
      const open = await openSink(deps, input.spec, sink);
      await inTime(sink, timings.sinkAttemptMs, signal, (limit) =>
        open.sink.check(requestOf({ deps, spec: input.spec, vault }, sink, open, limit)),
      );
    }),
  );
}

/** The sink that a spec names by id. @throws TokenError `ConfigInvalid` */
export function sinkOf(spec: TokenSpec, id: string): SinkSpec {
  const sink = spec.sinks.find((one) => one.id === id);
  if (sink === undefined) throw new TokenError('ConfigInvalid', `${spec.key} has no sink ${id}`);
  return sink;
}

/** Opens the connection of a sink for this token. @throws TokenError `PolicyDenied`, `ConfigInvalid` */
export function openSink(deps: ActivityDeps, spec: TokenSpec, sink: SinkSpec): Promise<OpenSink> {
  return deps.connections.sink(sink.connection, spec.key, sink.target);
}

/** Runs one operation of a sink within its time. */
export function inTime<T>(
  sink: SinkSpec,
  ms: number,
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return within(ms, { code: 'SinkUnavailable', message: `${sink.id}: no answer within ${ms / 1000} s` }, work, outer);
}

/** What every operation of a sink is told. */
export function requestOf(context: DeliveryContext, sink: SinkSpec, open: OpenSink, signal: AbortSignal): SinkRequest {
  return {
    key: context.spec.key,
    target: open.target,
    takeOver: sink.takeOver,
    fingerprint: (value) => context.vault.fingerprint(value),
    signal,
  };
}

/**
 * Delivers the current generation, reads the record again, and repeats until that is unchanged: a late attempt can't bring an old one back,
 * and the lanes of a workflow that lost its token to another one end.
 * @param work - delivers to one sink or several; its last answer is the answer.
 * @param known - what was current a moment ago, to begin with
 * @throws TokenError `NotOwner`; `VaultRolledBack` where the vault is behind `atLeast`; those of the vault and of `work`
 */
export async function untilCurrent<T>(
  { spec, vault, owner, signal }: OwnDelivery,
  atLeast: number,
  work: (current: Current) => Promise<T>,
  known?: Current,
): Promise<T> {
  const look = async (): Promise<Current> => {
    const { record } = await readRecord(vault, spec.key, signal);
    requireOwner(record, owner);
    return { generation: currentOrThrow(record, atLeast), ledger: record.ledger };
  };
  for (let current = known ?? (await look()); ;) {
    const done = await work(current);
    const again = await look();
    if (again.generation.generation === current.generation.generation) return done;
    current = again;
  }
}

/** Unix ms at which `empty` last took the token out of a sink; null: never, as far as the ledger reaches. */
function removedAt({ ledger }: Current, sink: SinkSpec): number | null {
  return ledger.findLast(({ event, reason }) => event === 'emptied' && reason === `sink ${sink.id}`)?.at ?? null;
}

/** Writes a generation to a sink and reads it back. @throws TokenError; see the error table */
export async function deliverTo(
  context: DeliveryContext,
  sink: SinkSpec,
  current: Current,
  attemptMs: number,
): Promise<SinkResult> {
  const { deps, spec } = context;
  const open = await openSink(deps, spec, sink);
  await deps.checkpoint?.('before-sink', spec.key);
  const readBack = await inTime(sink, attemptMs, context.signal, (signal) =>
    writeAndReadBack(context, sink, open, current, signal),
  );
  await deps.checkpoint?.('after-sink', spec.key);
  const { holdsForMs } = open;
  return { sink: sink.id, generation: current.generation.generation, at: await deps.now(), holdsForMs, readBack };
}

/** @throws TokenError `VaultRolledBack` where the vault is behind what the workflow knows. */
function currentOrThrow(record: VaultRecord, atLeast: number): Generation {
  const current = currentOf(record);
  if (current !== null && current.generation >= atLeast) return current;
  const held = current?.generation ?? 0;
  throw new TokenError(
    'VaultRolledBack',
    `the vault holds generation ${held} of ${record.key}, the workflow knows ${atLeast}`,
  );
}

/** @returns whether it was read back; some sinks can only be told */
async function writeAndReadBack(
  context: DeliveryContext,
  sink: SinkSpec,
  open: OpenSink,
  current: Current,
  signal: AbortSignal,
): Promise<boolean> {
  const { generation, value, expiresAt, fingerprint } = current.generation;
  const request = requestOf(context, sink, open, signal);
  await open.sink.write({
    ...request,
    generation,
    value: new Secret(value),
    expiresAt,
    removedAt: removedAt(current, sink),
  });
  const reading = await open.sink.read(request);
  if (reading.found === 'unreadable') return false;
  if (reading.found === 'value' && reading.ours && reading.fingerprint === fingerprint) return true;
  throw new TokenError('SinkUnavailable', `${sink.id}: what was written does not stand there`);
}

/** The generation that a sink holds, whether or not its consumer was told; null where that is not known, 0 where nothing of ours stands there. */
export function heldGeneration(reading: SinkReading, record: VaultRecord): number | null {
  if (reading.found === 'unreadable') return null;
  if (reading.found === 'nothing' || !reading.ours) return 0;
  return record.generations.find((g) => g.fingerprint === reading.fingerprint)?.generation ?? reading.generation ?? 0;
}

/** The generation that a consumer acknowledged by what stands in its sink: −1 where it can't be read. */
export function acknowledgedIn(reading: SinkReading, record: VaultRecord): { generation: number; drifted: boolean } {
  if (reading.found === 'value' && reading.ours && reading.generation === null)
    return { generation: 0, drifted: false };
  const drifted = reading.found === 'value' && !reading.ours;
  return { generation: heldGeneration(reading, record) ?? -1, drifted };
}

/** A row for a sink that failed. */
export async function errorRow(deps: ActivityDeps, sink: SinkSpec, error: unknown): Promise<SinkResult> {
  const known = asTokenError(error, sink.id);
  return {
    sink: sink.id,
    generation: 0,
    at: await deps.now(),
    holdsForMs: 0,
    ...(known.code === 'SinkNotOurs' ? { drifted: true } : {}),
    error: wordsOf(known),
  };
}
