import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { isWellStatus } from '../../src/cli/views/well.js';
import { statusLines } from '../../src/cli/views/status.js';
import { statusJson } from '../../src/cli/views/status-json.js';
import { paintFor } from '../../src/cli/terminal/paint.js';
import type { PendingStep, TokenStatus } from '../../src/client/status.js';
import type { LifecycleState } from '../../src/core/lifecycle/state.js';
import { defined } from '../../src/core/defined.js';
import { statusOf } from '../../src/core/lifecycle/status.js';
import { currentOf, fingerprintOf, problemOf, rowOf } from '../core/build.js';
import { healthy, tracked } from '../core/states.js';
import { hour, minute, t0 } from '../core/time.js';

const now = t0 + minute;
const paint = paintFor(new PassThrough(), {});

function linesOf(overrides: Partial<LifecycleState>, pending: readonly PendingStep[] = [], columns?: number): string[] {
  const shell = { running: [], wakeAt: null, rules: 1, listed: true };
  const status: TokenStatus = {
    ...statusOf(healthy(overrides), shell, now),
    workflowId: 'w',
    runId: 'r',
    pending,
  };
  return statusLines(status, { now, paint, uiUrl: null, credentialExpiresAt: null, columns });
}

const previous = (retireAt: number | null): Partial<LifecycleState> => ({
  previous: [{ generation: 1, fingerprint: fingerprintOf(1), retireAt, expiresAt: null }],
});
const pausedUntil = (until: number | null) => ({ until, reason: 'why', actor: 'ana' });
const left = (expiresAt: number | null, lives = healthy): Partial<LifecycleState> => ({
  capabilities: { ...lives().capabilities!, retire: 'expire' },
  previous: [{ generation: 1, fingerprint: fingerprintOf(1), retireAt: now - 5_000, expiresAt }],
});
const stalled = { failures: 1, retryAt: now + minute, code: 'InvalidClient', message: 'refused' };
const failing = { code: 'ProviderUnavailable', message: 'answered 503' };
const step = (fields: Partial<PendingStep>): PendingStep => ({
  id: 'retire:1',
  activity: 'tokenkeeper.retire',
  attempt: 3,
  nextTryAt: now + 5_000,
  paused: false,
  lastFailure: failing,
  ...fields,
});

test.each([
  ['an instant that lies ahead', previous(now + 5_000), [], 'revoke at 00:01:05Z'],
  ['one that is over', previous(now - 5_000), [], 'revoke due'],
  [
    'one that is over, in a pause',
    { ...previous(now - 5_000), pause: pausedUntil(null) },
    [],
    'revoke after the pause',
  ],
  ['one within a pause', { ...previous(now + 5_000), pause: pausedUntil(now + minute) }, [], 'revoke after the pause'],
  ['one behind a pause', { ...previous(now + 5_000), pause: pausedUntil(now + 1_000) }, [], 'revoke at 00:01:05Z'],
  [
    'a revocation that Temporal retries',
    previous(now - 5_000),
    [step({})],
    'revoke fails: answered 503 (ProviderUnavailable) ×3, next try 00:01:05Z',
  ],
  [
    'one that is tried just now',
    previous(now - 5_000),
    [step({ nextTryAt: null })],
    'revoke fails: answered 503 (ProviderUnavailable) ×3',
  ],
  ['its first try', previous(now - 5_000), [step({ attempt: 1, lastFailure: null })], 'revoke due'],
  [
    'a failure without a code',
    previous(now),
    [step({ lastFailure: { ...failing, code: null } })],
    'revoke fails: answered 503 (Internal) ×3, next try 00:01:05Z',
  ],
  [
    'a revocation that somebody has to make possible',
    { ...previous(now - 5_000), stalled: { 'retire:1': stalled } },
    [],
    'revoke fails: refused (InvalidClient), next try 00:02:00Z',
  ],
  [
    'trouble of another step',
    { ...previous(now - 5_000), stalled: { 'retire:9': stalled } },
    [step({ id: 'retire:9' })],
    'revoke due',
  ],
  ['one that nobody revokes', left(now + minute), [], 'left to expire at 00:02:00Z'],
  ['one that nobody revokes, of unknown life', left(null), [], 'left to expire: when is not known'],
  ['one that nobody minted', left(null, tracked), [], 'lives until a person ends it at the provider'],
])('what becomes of an old value: %s', (_, state, pending, words) => {
  const line = linesOf(state, pending).find((one) => one.includes('previous'));
  expect(line?.replace(/^.*fp \S+ {2}/, '')).toBe(words);
});

test.each([
  ['its first attempt', { attempt: 1, lastFailure: null, nextTryAt: null }, 'a new value, attempt 1'],
  ['a later one', { attempt: 2, nextTryAt: null }, 'a new value, attempt 2: answered 503 (ProviderUnavailable)'],
  [
    'the pause before the next',
    { attempt: 3 },
    'a new value, attempt 3: answered 503 (ProviderUnavailable), next try 00:01:05Z',
  ],
])('tells a renewal under way: %s', (_, fields, words) => {
  const [, line] = linesOf({}, [step({ id: '2', activity: 'tokenkeeper.refresh', ...fields })]);
  expect(line).toBe(`  under way       ${words}`);
});

test('tells of a step that an operator of Temporal paused, and how it goes on', () => {
  const id = 'deliver:one';
  expect(linesOf({}, [step({ id, activity: 'tokenkeeper.deliver', nextTryAt: null, paused: true })])).toContain(
    '  paused          tokenkeeper.deliver in Temporal; to go on: temporal activity unpause --workflow-id w --activity-id deliver:one',
  );
  expect(linesOf({}, [step({ id })]).join('\n')).not.toContain('in Temporal');
});

test('tells why the end of a token does not come', () => {
  const closing = { kind: 'revoke', reason: 'x', actor: 'ana' } as const;
  expect(linesOf({ closing })[0]).toBe('test/token  revoked: revoke by ana');
  expect(linesOf({ closing, stalled: { close: stalled } })[0]).toBe(
    'test/token  revoked: revoke by ana, which fails: refused (InvalidClient), next try 00:02:00Z',
  );
  const closes = [step({ id: 'close', activity: 'tokenkeeper.close' })];
  const lines = linesOf({ closing }, closes);
  expect(lines[0]).toMatch(/: revoke by ana, which fails: .* ×3, next try 00:01:05Z$/);
  expect(lines.at(-1)).toMatch(/^ {2}do +mend that; .* to give the revocation up: tokenkeeper forget test\/token$/);
  for (const held of [linesOf({ closing }), linesOf({ closing: { ...closing, kind: 'forget' } }, closes)])
    expect(held.join('\n')).not.toContain('  do  ');
});

test.each([
  ['for ever', null, 'paused: until resumed, by ana: why', 'after the pause'],
  ['beyond the renewal', t0 + 45 * minute, 'paused: until 00:45:00Z, by ana: why', 'after the pause'],
  ['till before it', t0 + 2 * minute, 'paused: until 00:02:00Z, by ana: why', '00:40:00Z'],
])('tells when a token that is paused %s is renewed', (_, until, headline, renews) => {
  const [head, generation] = linesOf({ pause: { until, reason: 'why', actor: 'ana' } });
  expect(head).toBe(`test/token  ${headline}`);
  expect(generation).toMatch(new RegExp(` {2}renews ${renews}$`));
});

test('a renewal that a person has to decide on is not told to come now', () => {
  const current = currentOf(3, { renewAt: t0 - minute });
  const renews = (code: string, kind: 'person' | 'waiting'): string | undefined =>
    / {2}renews (.*)$/m.exec(linesOf({ current, problem: problemOf(code, kind) }).join('\n'))?.[1];
  expect(renews('OutcomeUnknown', 'person')).toBe('once a person has decided');
  expect(renews('InvalidClient', 'waiting')).toBe('now');
});

test('a pause that a more serious state hides is told, with the way out', () => {
  const pause = { until: null, reason: 'why', actor: 'ana' };
  const lines = linesOf({ pause, current: currentOf(3, { expiresAt: t0, renewAt: t0 - minute }) });
  expect(lines.slice(0, 3)).toEqual([
    'test/token  expired: generation 3 is dead',
    '  paused          until resumed, by ana: why',
    expect.stringMatching(/ {2}renews after the pause$/),
  ]);
  expect(lines.at(-1)).toBe('  do              tokenkeeper resume test/token');
});

test('a value that nobody has imported yet is told as the reason', () => {
  expect(linesOf(tracked({ current: null }))[0]).toBe('test/token  needs-attention: no value was imported yet');
});

test('conditions stay whole on a narrow terminal, and on one line elsewhere', () => {
  const conditions = (columns?: number): string[] => {
    const lines = linesOf({}, [], columns);
    return lines.slice(lines.findIndex((line) => line.startsWith('  conditions')));
  };
  expect(conditions(70)).toEqual([
    '  conditions      Ready=True Delivered=True RenewalOverdue=False',
    '                  Verified=False(NotProven) Drifted=False',
  ]);
  expect(conditions(10)).toHaveLength(5);
  expect(conditions()).toHaveLength(1);
});

test('an unknown expiry is not shown as never', () => {
  const [, line] = linesOf(tracked({ current: currentOf(3, { expiresAt: null, renewAt: null }) }));
  expect(line).toMatch(/ {2}expires unknown {2}renews manual$/);
});

test.each([
  ['transient trouble is tried again', 'ProviderUnavailable', 'transient', ', next try 00:01:30Z'],
  ['a person is not told of a try that will not be made', 'OutcomeUnknown', 'person', ''],
] as const)('%s', (_, code, kind, again) => {
  const [head] = linesOf({
    problem: problemOf(code, kind),
    failures: 1,
    retryAt: now + 30_000,
    current: currentOf(3, { renewAt: now }),
  });
  expect(head).toMatch(new RegExp(`: it was ${code} \\(${code}\\)${again}$`));
});

test.each([
  ['renewing', false, true],
  ['renewing', true, false],
  ['needs-attention', false, false],
] as const)('--check of %s, its renewal overdue: %s', (state, isOverdue, isWell) => {
  const overdue = { type: 'RenewalOverdue', status: isOverdue, reason: null, message: null, since: null } as const;
  expect(isWellStatus({ state, conditions: [overdue], sinks: {} } as unknown as TokenStatus)).toBe(isWell);
});

test.each([
  ['the value before', 2, true],
  ['nothing', 0, false],
] as const)('--check while a value is on its way to a sink that has %s', (_, acknowledged, isWell) => {
  const sinks = { one: rowOf(3), two: rowOf(acknowledged) };
  expect(isWellStatus({ state: 'renewing', conditions: [], sinks })).toBe(isWell);
});

test('generations stand below each other, however high they are', () => {
  const held = (generation: number) => ({
    generation,
    fingerprint: fingerprintOf(1),
    retireAt: now - 5_000,
    expiresAt: null,
  });
  const lines = linesOf({ current: currentOf(10_000), previous: [held(99), held(9_999)] }).slice(1, 4);
  expect(lines.map((line) => line.slice(0, line.indexOf('  fp ')).trimEnd())).toEqual([
    '  gen 10000 current',
    '  gen 99 previous',
    '  gen 9999 previous',
  ]);
  expect(new Set(lines.map((line) => line.indexOf('  fp '))).size).toBe(1);
});

test.each([
  [1, '1 value in a row was replaced for one'],
  [4, '4 values in a row were replaced for one'],
])('that reports of jobs are not believed is said, with why: %s', (times, why) => {
  const line = (doubt: LifecycleState['doubt']): string | undefined =>
    linesOf(defined({ doubt })).find((one) => one.startsWith('  reports'));
  expect(line({ times, at: now })).toMatch(
    new RegExp(`^  reports  +of jobs not believed until \\S+Z \\(.*\\): ${why}$`),
  );
  expect([line({ times, at: now - hour }), line(undefined)]).toEqual([undefined, undefined]);
});

test('reports that are not believed are in the JSON, too', () => {
  const shell = { running: [], wakeAt: null, rules: 1, listed: true };
  const more = { workflowId: 'w', runId: 'r', pending: [] };
  const status = statusOf(healthy({ doubt: { times: 2, at: now } }), shell, now);
  expect(statusJson({ ...status, ...more }).doubt).toEqual({ times: 2, until: '2027-01-01T00:01:20.000Z' });
});

const died: Partial<LifecycleState> = { current: { ...currentOf(2), expiresAt: now - minute } };
const clockLinesOf = (overrides: Partial<LifecycleState>): string[] =>
  linesOf(overrides).filter((line) => line.includes('clock'));

test('a value of a worker whose clock is ahead expires sooner than shown', () => {
  const ahead = { current: { ...currentOf(2), aheadMs: 10 * minute } };
  expect(clockLinesOf(ahead)).toEqual([
    '  clock           the clock of the worker that issued generation 2 is 10m ahead of Temporal’s: it expires that much sooner',
    '                  set the clocks of the workers’ hosts (NTP)',
  ]);
});

test('a value that came dead, while nothing fails, is one of a worker whose clock is behind', () => {
  expect(clockLinesOf(died)).toEqual([
    '  clock           generation 2 seems to have been dead as it came: as where the clock of the worker that issued it is behind Temporal’s by more than a value lives',
    '                  set the clocks of the workers’ hosts (NTP)',
  ]);
});

test.each([
  ['while its renewal fails', { ...died, failures: 1 }],
  ['while a new one is issued', { ...died, phase: 'refreshing' as const }],
  ['in a pause', { ...died, pause: pausedUntil(null) }],
  ['where a person renews it', { ...died, capabilities: tracked().capabilities }],
])('a value that died %s says nothing of a clock', (_, overrides) => {
  expect(clockLinesOf(overrides)).toEqual([]);
});
