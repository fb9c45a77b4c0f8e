import { TokenError } from '../core/errors.js';
import { checkShape } from './check.js';
import type { Registries } from './config.js';
import { findDriver } from './config.js';
import type { DeclaredConnections } from './connection-entries.js';
import { formatDuration } from '../core/duration.js';
import type { ProblemList } from './problems.js';
import type { SinkUse } from './sink-sets.js';
import type { DeclaredToken } from './token-entries.js';

/** What tokens are judged against. */
export interface Surroundings {
  readonly connections: DeclaredConnections;
  readonly registries: Registries;
  /** Where relative paths start, absolute. */
  readonly baseDir: string;
}

/** Checks what only shows between the settings: spans that do not fit, targets, two tokens on one place. */
export function checkSense(tokens: readonly DeclaredToken[], surroundings: Surroundings, problems: ProblemList): void {
  const places = new Map<string, PlaceHolder>();
  for (const token of tokens) {
    checkSpans(token, surroundings.connections, problems);
    for (const use of token.uses) checkPlace(token, use, surroundings, places, problems);
  }
}

interface PlaceHolder {
  readonly key: string;
  readonly use: SinkUse;
}

/** The longest life that the provider may grant; null where nothing says. */
function lifeMs({ spec }: DeclaredToken): number | null {
  return spec.maxTtlMs ?? spec.ttlMs;
}

function checkSpans(token: DeclaredToken, { sinks }: DeclaredConnections, problems: ProblemList): void {
  const { spec, layered } = token;
  const life = lifeMs(token);
  if (life === null) return;
  const at = (setting: 'ttl' | 'renewBefore') => layered.placeOf(setting);
  if (spec.ttlMs !== null && spec.ttlMs > life) {
    const { file, path } = at('ttl');
    problems.add(
      file,
      path,
      'WrongValue',
      `ttl ${formatDuration(spec.ttlMs)} is longer than maxTtl ${formatDuration(life)}`,
      { do: 'shorten ttl, or widen maxTtl' },
    );
    return;
  }
  const renewBeforeMs = 'ms' in spec.renewBefore ? spec.renewBefore.ms : spec.renewBefore.ratio * life;
  if (renewBeforeMs >= life) {
    const { file, path } = at('renewBefore');
    const message = `renewBefore ${formatDuration(renewBeforeMs)} is not shorter than the life of ${formatDuration(life)}`;
    problems.add(file, path, 'RenewBeforeTooLong', message);
    return;
  }
  for (const use of token.uses) {
    const holdsForMs = sinks.get(use.sink)?.config?.holdsForMs ?? 0;
    if (holdsForMs <= renewBeforeMs) continue;
    // Somebody who read just before the renewal goes on with a value that has only renewBefore left.
    const left = formatDuration(Math.floor(renewBeforeMs));
    const message = `${use.sink} holds a value for ${formatDuration(holdsForMs)}, but the old one dies ${left} after its renewal is due`;
    problems.add(use.file, use.path, 'HoldsTooLong', message);
  }
}

function checkPlace(
  { spec }: DeclaredToken,
  use: SinkUse,
  { connections, registries, baseDir }: Surroundings,
  places: Map<string, PlaceHolder>,
  problems: ProblemList,
): void {
  const declared = connections.sinks.get(use.sink);
  const driver = declared?.config && findDriver(registries.sinks, declared.config.driver);
  if (!declared || !driver) return;
  const target = checkShape(driver.target, { source: use.file, path: use.path, value: use.target }, problems).parsed;
  // What a reference leaves open is compared by nobody before the worker resolves it.
  if (target === undefined || declared.parsed === undefined) return;
  try {
    const place = `${driver.name} ${driver.place(declared.parsed, spec.key, target, baseDir)}`;
    const holder = places.get(place);
    if (holder === undefined) places.set(place, { key: spec.key, use });
    else reportTaken(spec.key, use, holder, problems);
  } catch (error) {
    const known =
      error instanceof TokenError ? error : new TokenError('ConfigInvalid', 'the driver does not take this place');
    problems.add(use.file, use.path, 'WrongValue', known.message, { do: known.do });
  }
}

function reportTaken(key: string, use: SinkUse, holder: PlaceHolder, problems: ProblemList): void {
  const { line } = holder.use.file.positionOf(holder.use.path);
  const who = holder.key === key ? 'this token itself' : holder.key;
  problems.add(
    use.file,
    use.path,
    'PlaceTaken',
    `${key} would overwrite ${who} in ${use.sink} (${holder.use.file.file}:${line})`,
  );
}
