import { describe, expect, it } from 'vitest';
import type { Step } from '../../src/core/lifecycle/decide.js';
import { mayStart } from '../../src/core/lifecycle/side-by-side.js';
import { t0 } from './time.js';

const sink = { id: 'one', connection: 'one', target: {}, takeOver: false };
const left = { sink, generation: 1, revision: 1, emptying: { at: t0, actor: 'ana' } };
const empty: Step = { id: 'empty:one', run: 'empty', left };
const close: Step = { id: 'close:revoke', run: 'close', kind: 'revoke' };
const retire: Step = { id: 'retire:1', run: 'retire', generation: 1 };

describe('a step', () => {
  it.each<[name: string, step: Step, running: string[], may: boolean]>([
    ['starts beside others', retire, ['refresh', 'retire:2'], true],
    ['does not start twice', retire, ['retire:1'], false],
    ['that ends the token starts alone', close, [], true],
    ['that ends the token waits for any other', close, ['notify:drifted'], false],
    ['that empties a sink starts beside a delivery to another', empty, ['deliver:two', 'retire:1'], true],
    ['that empties a sink waits for a refresh, which may deliver', empty, ['refresh'], false],
    ['that empties a sink waits for a delivery to all', empty, ['propagate'], false],
    ['that empties a sink waits for its lane', empty, ['deliver:one'], false],
  ])('%s', (_name, step, running, may) => {
    expect(mayStart(step, new Set(running))).toBe(may);
  });
});
