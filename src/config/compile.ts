import type { JsonObject } from '../core/json.js';
import type { SinkSpec, TokenSpec } from '../core/spec.js';
import type { TokenSettings } from './schema.js';
import type { SinkUse } from './sink-sets.js';

const dayMs = 86_400_000;

/** Defaults where neither the token nor `defaults` has the setting. */
export const builtInDefaults = {
  renewBefore: { ratio: 0.33 },
  graceMs: 10_000,
  remindMs: [30 * dayMs, 7 * dayMs, dayMs],
  reconcileMs: dayMs,
} as const;

/** A token with its names resolved. */
export interface TokenParts {
  readonly key: string;
  /** Merged over its defaults. */
  readonly settings: TokenSettings;
  readonly issuer: string;
  readonly vault: string;
  readonly parameters: JsonObject;
  readonly uses: readonly SinkUse[];
}

/** Makes the specification that travels through Temporal. Pure. */
export function compileToken({ key, settings, issuer, vault, parameters, uses }: TokenParts): TokenSpec {
  return {
    key,
    owner: settings.owner ?? null,
    vault,
    issuer,
    parameters,
    scopes: settings.scopes ?? [],
    sinks: compileSinks(uses),
    renewBefore: settings.renewBefore ?? builtInDefaults.renewBefore,
    graceMs: settings.grace ?? builtInDefaults.graceMs,
    maxTtlMs: settings.maxTtl ?? null,
    ttlMs: settings.ttl ?? null,
    expect: settings.expect ?? {},
    expiresAt: settings.expiresAt ?? null,
    remindMs: settings.remind ?? builtInDefaults.remindMs,
    runbook: settings.runbook ?? null,
    reconcileMs: settings.reconcile === undefined ? builtInDefaults.reconcileMs : settings.reconcile,
    attemptTimeoutMs: settings.attemptTimeout ?? null,
  };
}

function compileSinks(uses: readonly SinkUse[]): SinkSpec[] {
  const ids = new Set<string>();
  return uses.map((use) => {
    const isAlone = uses.filter((other) => other.sink === use.sink).length === 1;
    const id = uniqueId(isAlone ? use.sink : labelOf(use), ids);
    ids.add(id);
    return { id, connection: use.sink, target: use.target, takeOver: use.takeOver };
  });
}

/** Built from the target, not the position, so that a reordered list keeps its lanes. */
function labelOf({ sink, target }: SinkUse): string {
  const texts = Object.values(target).filter((value) => typeof value === 'string' || typeof value === 'number');
  return texts.length === 0 ? sink : `${sink}#${texts.join(',')}`.slice(0, 120);
}

function uniqueId(id: string, taken: ReadonlySet<string>): string {
  let unique = id;
  for (let n = 2; taken.has(unique); n++) unique = `${id}#${n}`;
  return unique;
}
