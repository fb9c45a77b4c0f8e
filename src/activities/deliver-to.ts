import { TokenError, wordsOf } from '../core/errors.js';
import type { SinkResult } from '../core/lifecycle/events.js';
import { Secret } from '../core/secret.js';
import type { SinkSpec } from '../core/spec.js';
import { asTokenError } from '../core/unexpected.js';
import type { Sink, SinkRequest } from '../sinks/sink.js';
import { callSink, openSink, type SinkContext } from './call-sink.js';
import type { Current } from './until-current.js';

/** Writes a generation to a sink and reads it back. @throws TokenError; see the error table */
export async function deliverTo(
  context: SinkContext,
  sink: SinkSpec,
  current: Current,
  attemptMs: number,
): Promise<SinkResult> {
  const { deps, spec } = context;
  await deps.checkpoint?.('before-sink', spec.key);
  const { answer, open } = await callSink(context, sink, attemptMs, (its, request) =>
    writeAndReadBack(its, request, sink, current),
  );
  await deps.checkpoint?.('after-sink', spec.key);
  const { generation } = current.generation;
  return { sink: sink.id, generation, holdsForMs: open.holdsForMs, readBack: answer };
}

/** @returns whether it was read back; some sinks can't be read */
async function writeAndReadBack(
  sink: Sink,
  request: SinkRequest,
  { id }: SinkSpec,
  current: Current,
): Promise<boolean> {
  const { generation, value, expiresAt, fingerprint } = current.generation;
  const removedAt = removedFrom(id, current);
  await sink.write({ ...request, generation, value: new Secret(value), expiresAt, removedAt });
  const reading = await sink.read(request);
  if (reading.found === 'unreadable') return false;
  if (reading.found === 'value' && reading.ours && reading.fingerprint === fingerprint) return true;
  throw new TokenError('SinkUnavailable', `${id}: what was written does not stand there`);
}

/** Unix ms at which `empty` last took the token out of a sink; null: never, as far as the ledger reaches. */
function removedFrom(sink: string, { ledger }: Current): number | null {
  return ledger.findLast((row) => row.event === 'emptied' && row.sink === sink)?.at ?? null;
}

/** The result row of a sink that failed. */
export async function errorRow(
  { deps, spec }: Pick<SinkContext, 'deps' | 'spec'>,
  sink: SinkSpec,
  error: unknown,
): Promise<SinkResult> {
  const known = asTokenError(error, sink.id);
  return {
    sink: sink.id,
    generation: 0,
    at: await deps.now(),
    // Its consumer may acknowledge by itself what could not be brought.
    holdsForMs: await openSink(deps, spec, sink).then(
      (open) => open.holdsForMs,
      () => 0,
    ),
    ...(known.code === 'SinkNotOurs' ? { drifted: true } : {}),
    error: wordsOf(known),
  };
}
