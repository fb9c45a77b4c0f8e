import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType, TypedSearchAttributes } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { listTokens } from '../../src/client/list.js';
import { workflowType } from '../../src/core/names.js';

const stateKey = defineSearchAttributeKey('TokenKeeperState', SearchAttributeType.KEYWORD);

/** A run as visibility shows it. */
const run = (name: string, startedS: number, state: string, type: string = workflowType): WorkflowExecutionInfo =>
  ({
    workflowId: `tokenkeeper/test/${name}`,
    type,
    status: { code: 1, name: 'RUNNING' },
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

it('a row tells what was published: no owner and no sinks are none, and a workflow that is paused in Temporal is not what it last was', async () => {
  const attributes = new TypedSearchAttributes([
    { key: stateKey, value: 'healthy' },
    { key: defineSearchAttributeKey('TokenKeeperOwner', SearchAttributeType.KEYWORD), value: '' },
    { key: defineSearchAttributeKey('TokenKeeperSinks', SearchAttributeType.KEYWORD), value: '1/2' },
  ]);
  const full = { ...run('a', 1, 'healthy'), typedSearchAttributes: attributes };
  const paused = { ...run('b', 1, 'healthy'), status: { code: 8, name: 'PAUSED' } } as WorkflowExecutionInfo;
  const rows = (searchAttributes: string | null) =>
    listTokens(showing(full, paused), { prefix: 'tokenkeeper', searchAttributes });
  const none = { generation: null, expiresAt: null, renewAt: null, sinks: null, owner: null, issuer: null };
  expect(await rows('TokenKeeper')).toEqual([
    { ...none, key: 'test/a', state: 'healthy', sinks: { acknowledged: 1, total: 2 } },
    { ...none, key: 'test/b', state: 'paused' },
  ]);
  // Without the attributes, nothing is said of either.
  expect((await rows(null)).map(({ state }) => state)).toEqual([null, null]);
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

describe('a Temporal that does not answer with the list', () => {
  /** @param answer - to whoever asks whether it answers at all */
  function silent(page: Promise<WorkflowExecutionInfo>, answer: () => Promise<unknown>): Client {
    async function* list(): AsyncGenerator<WorkflowExecutionInfo> {
      yield await page;
    }
    const withDeadline = (_deadline: number, call: () => unknown): unknown => call();
    return { workflow: { list, withDeadline, workflowService: { getSystemInfo: answer } } } as unknown as Client;
  }
  const options = { prefix: 'tokenkeeper', searchAttributes: null, pageMs: 20 };

  it('is waited for as long as it answers at all, be it a refusal: it has much to do', async () => {
    let show = (_run: WorkflowExecutionInfo): void => {};
    let asked = 0;
    const refusal = Object.assign(new Error('7 PERMISSION_DENIED'), { code: 7, details: 'no', metadata: {} });
    const page = new Promise<WorkflowExecutionInfo>((resolve) => (show = resolve));
    const busy = silent(page, () => {
      if (++asked === 3) show(run('a', 1, 'healthy'));
      return asked === 2 ? Promise.reject(refusal) : Promise.resolve({});
    });
    expect(await listTokens(busy, options)).toHaveLength(1);
  });

  it('is away where it answers nothing', async () => {
    const away = Object.assign(new Error('14 UNAVAILABLE'), { code: 14, details: 'gone', metadata: {} });
    const frozen = silent(new Promise(() => {}), () => Promise.reject(away));
    await expect(listTokens(frozen, options)).rejects.toMatchObject({ code: 'ServerUnavailable' });
  });
});
