import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType, TypedSearchAttributes } from '@temporalio/common';
import { expect, it } from 'vitest';
import { listTokens } from '../../src/client/list.js';
import { workflowType } from '../../src/core/names.js';

const stateKey = defineSearchAttributeKey('TokenKeeperState', SearchAttributeType.KEYWORD);

/** A run as visibility shows it. */
const run = (name: string, startedS: number, state: string, type: string = workflowType): WorkflowExecutionInfo =>
  ({
    workflowId: `tokenkeeper/test/${name}`,
    type,
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

it('rows are in one order, that of plan and apply, whatever language the host speaks', async () => {
  const names = ['b-c', 'b.c', 'b0', 'b_c', 'bc'];
  const runs = names.toReversed().map((name) => run(name, 1, 'healthy'));
  const rows = await listTokens(showing(...runs), { prefix: 'tokenkeeper', searchAttributes: null });
  expect(rows.map(({ key }) => key)).toEqual(names.map((name) => `test/${name}`));
});

it('what only begins as ours do is no token: a longer prefix, and the workflow of somebody else', async () => {
  const others = [run('team/a', 1, 'healthy'), run('b', 1, 'healthy', 'backup')];
  const rows = await listTokens(showing(run('a', 1, 'healthy'), ...others), {
    prefix: 'tokenkeeper',
    searchAttributes: null,
  });
  expect(rows.map(({ key }) => key)).toEqual(['test/a']);
});
