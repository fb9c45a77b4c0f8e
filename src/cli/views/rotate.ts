import type { TokenStatus } from '../../client/status.js';
import type { JsonRow } from './json-fields.js';
import { errorJson } from '../report.js';
import { isoOrNull } from '../terminal/time-words.js';

/** The row of a token for which a rotation was only requested. */
export function requestedRow(key: string): JsonRow<'rotate'> {
  return { ...bareRow(key), action: 'requested' };
}

/** The row of a token whose sinks have its new generation. @param before - its generation before */
export function rotatedRow(status: TokenStatus, before: number, tookMs: number): JsonRow<'rotate'> {
  const { key, generation, acknowledged, total } = status;
  const sinks = { acknowledged, total };
  const expiresAt = isoOrNull(status.current?.expiresAt ?? null);
  return { ...bareRow(key), action: 'rotated', before, generation, expiresAt, sinks, tookMs };
}

/** The row of a token that was not rotated, or whose rotation was not seen to its end. */
export function failedRow(key: string, error: unknown): JsonRow<'rotate'> {
  return { ...bareRow(key), action: 'failed', error: errorJson(error, key) };
}

const bareRow = (key: string) => ({
  key,
  before: null,
  generation: null,
  expiresAt: null,
  sinks: null,
  tookMs: null,
  error: null,
});
