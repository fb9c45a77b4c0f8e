import { expect, it } from 'vitest';
import type { Step } from '../../src/core/lifecycle/decide.js';
import { failedEvent } from '../../src/core/lifecycle/failed-event.js';

const since = Date.UTC(2027, 0, 1);
const sink = { id: 'two', connection: 'two', target: {}, takeOver: false };
const left = { sink, generation: 3, revision: 2, emptying: { at: since, actor: 'ana' } };
const failure = { code: 'Internal', message: 'failed', cancelled: false };

/** By then another one may be wanted: of another lane, declaration or place. */
it.each<[Step, object]>([
  [{ id: 'reconcile', run: 'reconcile' }, {}],
  [{ id: 'refresh', run: 'refresh', reason: 'Due', sinks: [], revision: 2 }, { revision: 2 }],
  [{ id: 'propagate', run: 'propagate', sinks: ['two'] }, {}],
  [
    { id: 'deliver:two', run: 'deliver', sink: 'two', laggingSince: since },
    { sink: 'two', since },
  ],
  [{ id: 'retire:3', run: 'retire', generation: 3 }, { generation: 3 }],
  [{ id: 'empty:two@2', run: 'empty', left }, { left }],
  [
    { id: 'notify:drifted', run: 'notify', notice: 'drifted', since },
    { notice: 'drifted', since },
  ],
  [{ id: 'close:revoke', run: 'close', kind: 'revoke' }, { kind: 'revoke' }],
])('a step that failed is told apart from the next one of its kind: %j', (failed, about) => {
  expect(failedEvent(failed, failure)).toEqual({ type: `${failed.run}.failed`, failure, ...about });
});
