import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType, TypedSearchAttributes } from '@temporalio/common';
import { expect, it } from 'vitest';
import { listTokens } from '../../src/client/list.js';

const stateKey = defineSearchAttributeKey('TokenKeeperState', SearchAttributeType.KEYWORD);

/** A run as visibility shows it. */
const run = (name: string, startedS: number, state: string): WorkflowExecutionInfo =>
  ({
    workflowId: `tokenkeeper/test/${name}`,
    startTime: new Date(startedS * 1000),
    typedSearchAttributes: new TypedSearchAttributes([{ key: stateKey, value: state }]),
  }) as WorkflowExecutionInfo;

/** A visibility that shows these runs: a real one does so for a moment only, while a run is continued by the next. */
function showing(...runs: readonly WorkflowExecutionInfo[]): Client {
  async function* list(): AsyncGenerator<WorkflowExecutionInfo> {
    yield* runs;
  }
  return { workflow: { list } } as unknown as Client;
}

it('a token whose run was just continued by another is one row: the newer run', async () => {
  const [old, next, other] = [run('a', 1, 'partial'), run('a', 2, 'healthy'), run('b', 3, 'tracked')];
  for (const runs of [
    [other, old, next],
    [next, old, other],
  ]) {
    const rows = await listTokens(showing(...runs), { prefix: 'tokenkeeper', searchAttributes: 'TokenKeeper' });
    expect(rows.map(({ key, state }) => [key, state])).toEqual([
      ['test/a', 'healthy'],
      ['test/b', 'tracked'],
    ]);
  }
});
