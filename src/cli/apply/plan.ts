import { formatDuration } from '../../core/duration.js';
import { isSameJson, type Json } from '../../core/json.js';
import { refusalTable } from '../../core/lifecycle/refusals.js';
import { isSameSpec, needsNewValue } from '../../core/same-spec.js';
import type { RenewBefore, SinkSpec, TokenSpec } from '../../core/spec.js';
import type { Status } from '../../core/lifecycle/status.js';
import { plural } from '../terminal/words.js';
import { isByHand } from '../../core/lifecycle/renewal.js';

/** What `apply` would do with one token. */
export interface PlanRow {
  readonly key: string;
  /**
   * `change`: in place. `rotate`: a change that needs a new value. `undeclared`, `leftover` (a sink that a token no longer names): left
   * alone. `blocked`: a person must allow it.
   */
  readonly action: 'add' | 'change' | 'rotate' | 'same' | 'undeclared' | 'leftover' | 'blocked';
  readonly words: string;
}

/** A running token. */
export type Running = Pick<Status, 'spec' | 'generation' | 'mintable' | 'expiresAt' | 'vaultId' | 'pause'>;

/**
 * Compares a declaration with the running token. Pure; no provider is asked.
 * @param mints - whether the declared issuer can issue values; null: not known. Default: as the running token's
 */
export function planToken(
  spec: TokenSpec,
  running: Running | null,
  mints: boolean | null = running?.mintable ?? null,
): PlanRow {
  const { key } = spec;
  if (running === null) return { key, action: 'add', words: `new → ${plural(spec.sinks.length, 'sink')}` };
  if (isSameSpec(running.spec, spec)) return { key, action: 'same', words: 'unchanged' };
  if (running.vaultId !== null && running.spec.vault !== spec.vault) {
    const { says } = refusalTable.VaultChanged;
    return { key, action: 'blocked', words: `vault ${running.spec.vault} → ${spec.vault}: ${says}` };
  }
  const words = differences(running.spec, spec).join(', ') || 'written differently';
  // What a person brought is replaced once an issuer can; what one issued stays where only a person can bring the next.
  const isOther = isByHand(running) || needsNewValue(running.spec, spec, running.expiresAt);
  if (running.generation === 0 || mints === false || !isOther)
    return { key, action: 'change', words: `${words}  (in place, no rotation)` };
  return {
    key,
    action: 'rotate',
    words: `${words}  (${running.pause === null ? 'rotates now' : 'rotates after the pause'})`,
  };
}

/** The differences, a phrase each. */
function differences(from: TokenSpec, to: TokenSpec): string[] {
  const phrases: string[] = [];
  const note = (name: string, before: string, after: string): void => {
    if (before !== after) phrases.push(`${name} ${before} → ${after}`);
  };
  note('owner', from.owner ?? 'nobody', to.owner ?? 'nobody');
  note('issuer', from.issuer, to.issuer);
  note('vault', from.vault, to.vault);
  phrases.push(...entryWords('scopes', from.scopes, to.scopes));
  phrases.push(...sinkDifferences(from.sinks, to.sinks));
  note('renewBefore', renewBeforeWords(from.renewBefore), renewBeforeWords(to.renewBefore));
  for (const [name, field] of Object.entries(spans)) note(name, spanOf(from[field]), spanOf(to[field]));
  note('expiresAt', dateOf(from.expiresAt), dateOf(to.expiresAt));
  note('remind', from.remindMs.map(formatDuration).join(' '), to.remindMs.map(formatDuration).join(' '));
  note('runbook', from.runbook ?? 'none', to.runbook ?? 'none');
  phrases.push(...fieldWords('', from.parameters, to.parameters), ...fieldWords('expect.', from.expect, to.expect));
  return phrases;
}

const spans = {
  grace: 'graceMs',
  maxTtl: 'maxTtlMs',
  ttl: 'ttlMs',
  reconcile: 'reconcileMs',
  attemptTimeout: 'attemptTimeoutMs',
} as const;

const spanOf = (ms: number | null): string => (ms === null ? 'none' : formatDuration(ms));
const dateOf = (at: number | null): string => (at === null ? 'none' : new Date(at).toISOString().slice(0, 16));

function renewBeforeWords(renewBefore: RenewBefore): string {
  return 'ratio' in renewBefore ? `${Number((renewBefore.ratio * 100).toFixed(1))}%` : formatDuration(renewBefore.ms);
}

function entryWords(name: string, from: readonly string[], to: readonly string[]): string[] {
  const added = to.filter((entry) => !from.includes(entry)).map((entry) => `+${entry}`);
  const removed = from.filter((entry) => !to.includes(entry)).map((entry) => `-${entry}`);
  if (added.length + removed.length > 0) return [[name, ...added, ...removed].join(' ')];
  return isSameJson(from, to) ? [] : [`${name} reordered`];
}

function sinkDifferences(from: readonly SinkSpec[], to: readonly SinkSpec[]): string[] {
  const ids = (sinks: readonly SinkSpec[]): string[] => sinks.map(({ id }) => id);
  const words = entryWords('sinks', ids(from), ids(to));
  const changes = to.flatMap((sink) => {
    const before = from.find(({ id }) => id === sink.id);
    return before === undefined ? [] : sinkChanges(before, sink);
  });
  return [...words, ...changes];
}

function sinkChanges(from: SinkSpec, to: SinkSpec): string[] {
  const isMoved = from.connection !== to.connection || !isSameJson(from.target, to.target);
  if (isMoved) return [`sink ${to.id} has another target`];
  if (from.takeOver === to.takeOver) return [];
  return [`sink ${to.id} ${to.takeOver ? 'may now' : 'may no longer'} overwrite what is not ours`];
}

/** Only names of fields: their values are the driver's business. */
function fieldWords(
  prefix: string,
  from: Readonly<Record<string, Json>>,
  to: Readonly<Record<string, Json>>,
): string[] {
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])];
  return names.flatMap((name) => {
    const [before, after] = [from[name], to[name]];
    if (before === undefined) return [`${prefix}${name} added`];
    if (after === undefined) return [`${prefix}${name} removed`];
    return isSameJson(before, after) ? [] : [`${prefix}${name} changed`];
  });
}
