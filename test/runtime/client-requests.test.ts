import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { expect, it } from 'vitest';
import { TokenKeeperClient } from '../../src/client.js';
import type { TokenKeeperClientOptions } from '../../src/client/options.js';
import { userName } from '../../src/common/user-name.js';
import { signalNames, updateNames } from '../../src/core/names.js';
import { specOf } from '../core/build.js';

const spec = specOf();
const { key } = spec;

/** What reached Temporal's client. */
interface Sent {
  readonly name: string;
  readonly request: Record<string, unknown>;
  readonly updateId?: string;
  /** In ms, until its deadline. */
  readonly limitMs: number | null;
  readonly hasSignal: boolean;
}

/** A client of a token that runs with this status, or of none. */
function clientOf(options: Partial<TokenKeeperClientOptions> = {}, status: object | null = {}) {
  const sent: Sent[] = [];
  const started: unknown[] = [];
  let limitMs: number | null = null;
  let hasSignal = false;
  const note = async (name: string, request: object, more: object = {}) => {
    sent.push({ name, request: { ...request }, limitMs, hasSignal, ...more });
    return { status: 'accepted' };
  };
  const client = {
    withDeadline: (deadline: number, work: () => Promise<unknown>) => {
      limitMs = deadline - Date.now();
      return work();
    },
    withAbortSignal: (_: AbortSignal, work: () => Promise<unknown>) => {
      hasSignal = true;
      return work();
    },
  };
  const handle = {
    workflowId: `tokenkeeper/${key}`,
    client,
    query: async () => ({ spec, revision: 7, generation: 3, closing: null, sinks: {}, conditions: [], ...status }),
    describe: async () => ({ status: { name: 'RUNNING' }, raw: {} }),
    signal: note,
    executeUpdate: (name: string, { args, updateId }: { args: [object]; updateId: string }) =>
      note(name, args[0], { updateId }),
  };
  const start = async (_type: string, given: { args: object[]; taskQueue: string; workflowId: string }) => {
    if (status !== null) throw new WorkflowExecutionAlreadyStartedError('there is one', given.workflowId, 'tokens');
    started.push(given);
  };
  const temporal = { workflow: { getHandle: () => handle, start } } as unknown as Client;
  const keeper = new TokenKeeperClient({ client: temporal, searchAttributes: null, actor: 'ana', ...options });
  return { keeper, sent, started };
}

const given = { reason: 'a drill', ifGeneration: 3, deadlineMs: 5_000, signal: new AbortController().signal };
const until = Date.UTC(2027, 0, 1);

it.each<[string, (keeper: TokenKeeperClient) => Promise<unknown>, string, object]>([
  ...(['rotate', 'resume', 'revoke', 'forget'] as const).map(
    (verb): [string, (keeper: TokenKeeperClient) => Promise<unknown>, string, object] => [
      verb,
      (keeper) => keeper[verb](key, given),
      signalNames[verb],
      {},
    ],
  ),
  ['pause', (keeper) => keeper.pause(key, { ...given, until }), signalNames.pause, { until }],
  ['reauthorize', (keeper) => keeper.reauthorize(key, given), updateNames.reauthorize, {}],
  ['deliver', (keeper) => keeper.deliver(key, { ...given, sink: 'one' }), updateNames.deliver, { sink: 'one' }],
  [
    'acknowledge',
    (keeper) => keeper.acknowledge(key, 'one', 2, given),
    updateNames.acknowledge,
    { sink: 'one', generation: 2 },
  ],
  ['renewRun', (keeper) => keeper.renewRun(key, given), updateNames.configure, { revision: 8, spec, newRun: true }],
  ['rotateNow', (keeper) => keeper.rotateNow(key, 2, given), updateNames.rotateNow, { ifGeneration: 2 }],
  [
    'rotateNow, alone',
    (keeper) => keeper.rotateNow(key, 2, { ...given, alone: true }),
    updateNames.rotateNow,
    { ifGeneration: 2 },
  ],
  ['reportFailure', (keeper) => keeper.reportFailure(key, 2, given), updateNames.reportFailure, { generation: 2 }],
])('%s sends what its caller gave, and tries no longer than that caller waits', async (_name, ask, name, fields) => {
  const { keeper, sent } = clientOf();
  await ask(keeper);
  const requestId = expect.any(String) as unknown;
  expect(sent).toMatchObject([
    {
      name,
      request: { v: 1, requestId, actor: 'ana', reason: 'a drill', ifGeneration: 3, ...fields },
      hasSignal: true,
    },
  ]);
  expect(sent[0]?.limitMs).toBeGreaterThan(2_000);
  expect(sent[0]?.limitMs).toBeLessThanOrEqual(5_000);
});

it('callers that ask for the same share one update by its id, a person who tries again does not, and each has a request of its own', async () => {
  const { keeper, sent } = clientOf();
  await keeper.rotateNow(key, 2);
  await keeper.reportFailure(key, 2);
  await keeper.rotateNow(key, 2, { alone: true });
  await keeper.deliver(key);
  const [shared, reported, alone, delivered] = sent.map(({ updateId }) => updateId);
  expect(shared).toMatch(/^rotateNow-g2-\d+$/);
  expect(reported).toMatch(/^reportFailure-g2-\d+$/);
  expect([alone, delivered]).toEqual([sent[2]?.request['requestId'], sent[3]?.request['requestId']]);
  expect(new Set(sent.map(({ request }) => request['requestId'])).size).toBe(4);
});

it('whoever names no actor asks as the user of the operating system', async () => {
  const { keeper, sent } = clientOf({ actor: undefined });
  await keeper.rotate(key);
  expect(sent).toMatchObject([{ request: { actor: userName() } }]);
});

const other = { ...spec, owner: 'somebody else' };
const listing = { searchAttributes: 'TokenKeeper' };

it.each<[string, Parameters<typeof clientOf>, Parameters<TokenKeeperClient['apply']>, string, object | null]>([
  ['the same one', [], [spec], 'unchanged', null],
  [
    'another one',
    [],
    [other, { reason: 'a drill' }],
    'configured',
    { spec: other, reason: 'a drill', takeOver: false },
  ],
  ['the same one, which is to take over', [], [spec, { takeOver: true }], 'configured', { spec, takeOver: true }],
  ['the same one, with a sink to empty', [], [spec, { empty: ['old'] }], 'configured', { spec, empty: ['old'] }],
  // Nothing of the token changes.
  ['one that is not listed yet', [listing, { listed: false }], [spec], 'unchanged', { spec, ...listing }],
  ['one that is listed', [listing, { listed: true }], [spec], 'unchanged', null],
])('apply of a running token, %s, sends what is new', async (_name, made, asked, result, request) => {
  const { keeper, sent } = clientOf(...made);
  expect(await keeper.apply(...asked)).toBe(result);
  expect(sent.map(({ name }) => name)).toEqual(request === null ? [] : [updateNames.configure]);
  if (request !== null) expect(sent[0]?.request).toMatchObject({ actor: 'ana', revision: 8, ...request });
});

it('apply of a token that is being ended is refused, be the specification the same: it would be gone a moment later', async () => {
  const { keeper, sent } = clientOf({}, { closing: { kind: 'revoke' } });
  await expect(keeper.apply(spec)).rejects.toMatchObject({ refusal: 'Closing', generation: 3 });
  expect(sent).toEqual([]);
});

it.each<[Partial<TokenKeeperClientOptions>, string, number]>([
  [{}, 'tokenkeeper', 50],
  [{ taskQueue: 'keepers', maxRotationsPerRun: 7 }, 'keepers', 7],
])('a token starts as its client is made: %j', async (options, taskQueue, maxRotationsPerRun) => {
  const { keeper, started } = clientOf(options, null);
  expect(await keeper.apply(spec, { takeOver: true })).toBe('started');
  expect(started).toMatchObject([
    { taskQueue, workflowId: `tokenkeeper/${key}`, args: [{ spec, revision: 1, takeOver: true, maxRotationsPerRun }] },
  ]);
});
