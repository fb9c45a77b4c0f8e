import fc from './same-scripts.js';
import { beforeEach, describe, it, vi } from 'vitest';
import type { ReissueClass } from '../../src/core/record/reissue.js';
import { tokenSpec } from './lifecycle.js';
import { SimulatedLifecycle } from './simulated-lifecycle.js';
import { move, play } from './simulated-moves.js';
import { SimulatedOutside } from './simulated-outside.js';
import { expectEmptied, expectServed, expectSound, expectUnused } from './simulated-promises.js';
import { expectTrueAnswer, expectTrueRefusal } from './simulated-truth.js';
import { help, places } from './simulated-people.js';
import { pass, settle } from './simulated-time.js';

const minute = 60_000;

const script = fc.array(move, { minLength: 20, maxLength: 200, size: 'max' });
const aheadMs = fc.constantFrom(0, 3_000, -3_000, 90_000, -90_000, 25 * minute, -25 * minute);

/**
 * Whatever comes between the steps of a lifecycle: workers that are killed or given up, whose clocks are wrong; sinks that are down; a vault
 * that fails, or is restored from a backup; writes that take effect when nobody waits for them any more; values that somebody ends; requests,
 * changes of the declaration; a new run, another workflow. Nothing is redeemed twice, no generation comes twice, nothing that a sink shows is revoked, each
 * request is taken once and answered truly, and in the end every sink has the newest value, which lives, and no older one does, or a person
 * is asked and helps; or the token is ended, with all its values.
 * For fake timers: `setTimeout`, `Date` and `performance`, also of `node:timers/promises`.
 */
async function survivesSimulations(kind: ReissueClass | 'by hand', numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(aheadMs, script, async (ahead, moves) => {
      vi.clearAllTimers();
      const outside = new SimulatedOutside(kind === 'by hand' ? 'D' : kind, {
        mintable: kind !== 'by hand',
        retire: kind === 'by hand' ? 'expire' : 'revoke',
        sinks: places,
        aheadMs: ahead,
      });
      const life = new SimulatedLifecycle(outside, tokenSpec({ graceMs: 10_000, reconcileMs: 20 * minute }));
      outside.onRevoke = (value, attempt) => expectUnused(life, value, attempt);
      life.onAnswer = (asked) => expectTrueAnswer(life, asked);
      life.onRefusal = (asked, why) => expectTrueRefusal(life, asked, why);
      for (const one of moves) {
        if (!life.isDone) await play(life, one);
        await settle(life);
      }
      await fairTimes(life);
      await expectSound(life);
    }),
    { numRuns },
  );
}

/** The tests of so many scripts of each kind. The file that has them replaces modules, as `simulatedWorkflowModule` says. */
export function lifecyclesSurvive(numRuns: number): void {
  beforeEach(() => {
    // Not setInterval: what a fake one calls would not know its activity.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
    return () => vi.useRealTimers();
  });

  describe('a whole lifecycle, simulated', () => {
    it.each(['A', 'B', 'C', 'D'] as const)('keeps its promises in class %s', async (reissue) => {
      await survivesSimulations(reissue, numRuns);
    });

    it('keeps its promises where only a person can bring a value', async () => {
      await survivesSimulations('by hand', numRuns);
    });
  });
}

/** Nothing is in the way any more, and people and jobs do what they are asked for. */
async function fairTimes(life: SimulatedLifecycle): Promise<void> {
  const { outside } = life;
  for (const sink of outside.sinks.values()) sink.isDown = false;
  outside.isSlow = false;
  outside.vaultFails = null;
  while (outside.late.length > 0) outside.letIn();
  await pass(life, minute);
  if (life.isDone) return;
  if (life.state.pause !== null) life.ask('resume');
  await pass(life, 30 * minute);
  for (let times = 0; times < 2 && !life.isDone; times++) {
    await help(life);
    await pass(life, 15 * minute);
  }
  expectEmptied(life);
  for (let times = 0; times < 8; times++) {
    await expectServed(life);
    // A write of long ago comes again, as where a file is put back: the next look mends it.
    for (const sink of outside.sinks.values()) sink.content = sink.content && sink.first;
    const isAsked = times % 2 === 0;
    if (isAsked) life.ask('deliver');
    await pass(life, isAsked ? minute : 25 * minute);
  }
}
