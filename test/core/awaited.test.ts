import { describe, expect, it } from 'vitest';
import { isAwaited, progressOf, type Progress } from '../../src/core/lifecycle/awaited.js';
import type { Verb } from '../../src/core/lifecycle/events.js';
import type { LifecycleState } from '../../src/core/lifecycle/state.js';
import { currentOf, problemOf } from './build.js';
import { healthy, tracked } from './states.js';
import { minute, second, t0 } from './time.js';

const at = t0 + 45 * minute;
const closing = { kind: 'revoke', reason: 'x', actor: 'ana' } as const;
const pause = { until: null, reason: 'x', actor: 'ana' };
const byHand = tracked().capabilities;
const problem = { ...problemOf('InvalidGrant', 'person'), at };
const stalled = { reconcile: { failures: 1, retryAt: at + minute, code: 'VaultLocked', message: 'locked' } };

type Row = [verb: Verb, what: string, state: Partial<LifecycleState>, status: Progress['status'], code?: string];
const rows: Row[] = [
  ['rotateNow', 'while it runs', { phase: 'refreshing' }, 'pending'],
  ['rotateNow', 'once there is a newer value', { current: currentOf(4) }, 'rotated'],
  ['rotateNow', 'where the provider calls the value alive', { fine: { generation: 3, at } }, 'pending'],
  ['reportFailure', 'where the provider calls the value alive', { fine: { generation: 3, at } }, 'fine'],
  ['reportFailure', 'where it does so after some tries', { fine: { generation: 3, at: at + 40_000 } }, 'fine'],
  ['reportFailure', 'where it did so long before', { fine: { generation: 3, at: at - 10_000 } }, 'pending'],
  ['reportFailure', 'where it called another one alive', { fine: { generation: 2, at } }, 'pending'],
  ['reauthorize', 'after an attempt that failed', { problem }, 'failed', 'InvalidGrant'],
  ['reauthorize', 'after one that failed before it', { problem: { ...problem, at: at - 1 } }, 'pending'],
  ['rotateNow', 'while the next attempt runs', { problem, phase: 'refreshing' }, 'pending'],
  ['rotateNow', 'of a token that is being ended', { closing }, 'failed'],
  ['reauthorize', 'of a token that is paused', { pause }, 'failed', 'Paused'],
  ['rotateNow', 'of one that was paused while it runs', { pause, phase: 'refreshing' }, 'pending'],
  ['rotateNow', 'of one that only a person renews by now', { capabilities: byHand }, 'failed', 'NotMintable'],
  ['rotateNow', 'of one that is not known yet', { capabilities: null }, 'pending'],
  ['deliver', 'while the look is to come', { reconcileAt: at }, 'pending'],
  ['deliver', 'while it runs', { phase: 'reconciling' }, 'pending'],
  ['deliver', 'once it went well', { reconcileAt: at + second }, 'accepted'],
  ['deliver', 'where no other is to come', { reconcileAt: null }, 'accepted'],
  ['deliver', 'where it failed', { stalled }, 'failed', 'VaultLocked'],
  ['deliver', 'where the first one of all failed', { phase: 'adopting', problem }, 'failed', 'InvalidGrant'],
  ['deliver', 'before the first one of all', { phase: 'adopting', problem: { ...problem, at: at - 1 } }, 'pending'],
  ['deliver', 'where nothing is wrong with the first one', { phase: 'adopting' }, 'pending'],
  ['deliver', 'of a token that is being ended', { closing }, 'failed'],
  ['acknowledge', 'at once', { problem, closing }, 'accepted'],
];

describe('the answer to a request that was taken', () => {
  it.each<Row>(rows)('%s, %s', (verb, _what, state, status, code) => {
    const { reason, ...told } = progressOf(healthy(state), { verb, at, generation: 3 });
    expect({ ...told, code: reason?.code }).toEqual({ status, code });
  });

  it('waits for what becomes of some', () => {
    const verbs: Verb[] = ['rotateNow', 'reportFailure', 'reauthorize', 'deliver', 'configure', 'acknowledge'];
    expect(verbs.filter(isAwaited)).toEqual(verbs.slice(0, 4));
  });
});
