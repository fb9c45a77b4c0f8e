import type { TokenStatus } from '../../client/status.js';
import type { SinkRow } from '../../core/lifecycle/sink-rows.js';
import type { LeftSink } from '../../core/lifecycle/state.js';
import { deliverStepId, emptyStepId } from '../../core/lifecycle/step-ids.js';
import { keepsWords } from '../apply/left-sinks.js';
import { spanWords } from '../terminal/time-words.js';
import { nextTryWords, timesWords, titled } from './status-words.js';

/** Lines of sinks without the current generation. */
export function behindLines(status: TokenStatus, now: number): string[] {
  return sinkLines(status, now, ({ acknowledged }) => acknowledged < status.generation);
}

/** Lines of sinks; those with the same text share one. */
export function sinkLines(status: TokenStatus, now: number, isShown: (row: SinkRow) => boolean = () => true): string[] {
  const groups = new Map<string, string[]>();
  for (const [id, row] of Object.entries(status.sinks)) {
    if (!isShown(row)) continue;
    const words = sinkWords(status, id, row, now);
    groups.set(words, [...(groups.get(words) ?? []), id]);
  }
  return [...groups].map(([words, ids]) => titled(ids.join(', '), words));
}

function sinkWords(status: TokenStatus, id: string, row: SinkRow, now: number): string {
  const generation = row.acknowledged === 0 ? 'nothing yet' : `gen ${row.acknowledged}`;
  const drift = row.drifted ? '  holds what is not ours' : '';
  if (row.error === null) {
    return `${generation}${row.acknowledged === 0 ? '' : `  ${acknowledgedWords(row)}`}${drift}`;
  }
  const lane = status.pending.find((step) => step.id === deliverStepId(id));
  const since = row.laggingSince === null ? '' : `, for ${spanWords(now - row.laggingSince)}`;
  // The lane keeps trying, while the row has the first attempt's error.
  const { code, message } = lane?.lastFailure ?? row.error;
  const next = nextTryWords(lane?.nextTryAt ?? null, now);
  return `${generation}  ${message} (${code ?? 'Internal'})${timesWords(lane)}${since}${next}${drift}`;
}

/** What a sink that the token no longer names has. */
export function leftWords(status: TokenStatus, left: LeftSink, now: number): string {
  const holds = `taken out, ${keepsWords(left)}`;
  if (left.emptying === null) return holds;
  const step = status.pending.find(({ id }) => id === emptyStepId(left));
  const failure = step?.lastFailure?.message ?? null;
  if (step === undefined || failure === null) return `${holds}  being emptied`;
  const next = nextTryWords(step.nextTryAt, now);
  return `${holds}  being emptied for ${spanWords(now - left.emptying.at)}: ${failure} ×${step.attempt}${next}`;
}

/** A sink that can't be read back is believed. */
const acknowledgedWords = ({ readBack }: SinkRow): string => (readBack === true ? 'read back' : 'acknowledged');
