import type { DeclaredConnections } from './connection-entries.js';
import { formatDuration } from '../core/duration.js';
import { renewBeforeMs } from '../core/timings.js';
import type { ProblemList } from './problems.js';
import { checkPlaces, type Surroundings } from './places.js';
import type { DeclaredToken } from './token-entries.js';

/** Checks settings against each other: spans that do not fit, targets, two tokens in one place. */
export function checkSense(tokens: readonly DeclaredToken[], surroundings: Surroundings, problems: ProblemList): void {
  for (const token of tokens) checkSpans(token, surroundings.connections, problems);
  checkPlaces(tokens, surroundings, problems);
}

function checkSpans(
  { spec, layered, uses }: DeclaredToken,
  { sinks }: DeclaredConnections,
  problems: ProblemList,
): void {
  // The longest lifetime that the provider may grant.
  const life = spec.maxTtlMs ?? spec.ttlMs;
  if (life === null) return;
  if (spec.ttlMs !== null && spec.ttlMs > life) {
    const { file, path } = layered.placeOf('ttl');
    problems.add(
      file,
      path,
      'WrongValue',
      `ttl ${formatDuration(spec.ttlMs)} is longer than maxTtl ${formatDuration(life)}`,
      { do: 'shorten ttl, or widen maxTtl' },
    );
    return;
  }
  const wantedMs = 'ms' in spec.renewBefore ? spec.renewBefore.ms : spec.renewBefore.ratio * life;
  if (wantedMs >= life) {
    const { file, path } = layered.placeOf('renewBefore');
    const message = `renewBefore ${formatDuration(wantedMs)} is not shorter than the life of ${formatDuration(life)}`;
    problems.add(file, path, 'RenewBeforeTooLong', message);
    return;
  }
  // A consumer that read just before the renewal keeps using a value with only this much left.
  const leftMs = renewBeforeMs(spec.renewBefore, life);
  for (const use of uses) {
    const holdsForMs = sinks.get(use.sink)?.config?.holdsForMs ?? 0;
    if (holdsForMs <= leftMs) continue;
    const left = formatDuration(leftMs);
    const message = `${use.sink} holds a value for ${formatDuration(holdsForMs)}, but the old one dies ${left} after its renewal is due`;
    problems.add(use.file, use.path, 'HoldsTooLong', message);
  }
}
