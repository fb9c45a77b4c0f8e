import {
  ServiceError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
  type WorkflowHandle,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, inject, it } from 'vitest';
import { TokenKeeperClient } from '../../src/client.js';
import { sendSignal, sendUpdate } from '../../src/client/requests.js';
import { connectClient } from '../../src/connect.js';
import type { TokenSpec } from '../../src/core/spec.js';
import { specOf } from '../core/build.js';
import { uniqueName, withTemporal } from '../support/temporal.js';

const temporal = withTemporal();
const request = { requestId: 'r' };
const invalid = { name: 'TokenError', code: 'ConfigInvalid' };
const never = (): Promise<never> => new Promise(() => {});

/** A client of tokens that nobody keeps. */
const keeperOf = (client = temporal().client): TokenKeeperClient =>
  new TokenKeeperClient({ client, searchAttributes: null, prefix: uniqueName('inputs') });

/** A handle whose requests end as they do. */
function handleOf(answer: () => Promise<unknown>) {
  let sent = 0;
  const updateIds: unknown[] = [];
  const send = (_name: string, options: { readonly updateId?: string }): Promise<unknown> => {
    sent += 1;
    updateIds.push(options.updateId);
    return answer();
  };
  const client = {
    withDeadline: (_: number, work: () => Promise<unknown>) => work(),
    withAbortSignal: (_: AbortSignal, work: () => Promise<unknown>) => work(),
  };
  const query = async () => ({ spec: specOf(), revision: 1, sinks: {}, conditions: [] });
  const describe = async () => ({ status: { name: 'RUNNING' }, raw: {} });
  const handle = { workflowId: 'tokenkeeper/test/token', client, executeUpdate: send, signal: send, query, describe };
  return { handle: handle as unknown as WorkflowHandle, sent: () => sent, updateIds };
}

it.each([0, -1, NaN, 1.5])('a client whose runs would rotate %s times each is refused', (maxRotationsPerRun) => {
  const options = { client: temporal().client, searchAttributes: null, maxRotationsPerRun };
  expect(() => new TokenKeeperClient(options)).toThrow(expect.objectContaining({ code: 'ConfigInvalid' }));
});

describe('what is no key', () => {
  const methods = [
    'status',
    'rotate',
    'pause',
    'resume',
    'revoke',
    'forget',
    'reauthorize',
    'deliver',
    'renewRun',
  ] as const;

  it.each(methods)('%s rejects, and does not throw synchronously', async (method) => {
    for (const key of ['nix', undefined as unknown as string]) {
      await expect(keeperOf()[method](key)).rejects.toMatchObject(invalid);
    }
  });

  it.each([undefined, null, {}, 'test/token', specOf({ sinks: 'files' as unknown as [] }), specOf({ vault: '' })])(
    'a specification that is none starts nothing: %j',
    async (spec) => {
      await expect(keeperOf().apply(spec as TokenSpec)).rejects.toMatchObject(invalid);
    },
  );

  it('search attributes that the namespace lacks are told, with what to do', async () => {
    const options = { searchAttributes: 'Nowhere', prefix: uniqueName('inputs') };
    const keeper = new TokenKeeperClient({ client: temporal().client, ...options });
    await expect(keeper.apply(specOf())).rejects.toMatchObject({
      ...invalid,
      message: expect.stringContaining('search attribute Nowhere'),
      do: expect.stringContaining('register them'),
    });
  });

  it('a malformed environment is not queried', async () => {
    await expect(keeperOf().list({ environment: '" OR WorkflowId != "' })).rejects.toMatchObject(invalid);
  });
});

describe('an invalid number', () => {
  it.each([NaN, 1.5, -1, '1' as unknown as number])('asks for nothing: %j', async (no) => {
    const keeper = keeperOf();
    await expect(keeper.pause('test/token', { until: no })).rejects.toMatchObject(invalid);
    await expect(keeper.rotate('test/token', { ifGeneration: no })).rejects.toMatchObject(invalid);
    await expect(keeper.rotateNow('test/token', no)).rejects.toMatchObject(invalid);
    await expect(keeper.reportFailure('test/token', no)).rejects.toMatchObject(invalid);
    await expect(keeper.acknowledge('test/token', 'one', no)).rejects.toMatchObject(invalid);
  });

  it('a pause until no instant that can be shown is none', async () => {
    await expect(keeperOf().pause('test/token', { until: 8.9e15 })).rejects.toMatchObject(invalid);
  });

  it('a rotation that forgets its generation is none', async () => {
    const forgotten = undefined as unknown as number;
    await expect(keeperOf().rotateNow('test/token', forgotten)).rejects.toMatchObject(invalid);
  });

  it.each([NaN, '500' as unknown as number])(
    'a deadline that is none is an error, not a wait for ever: %j',
    async (no) => {
      const { handle, sent } = handleOf(never);
      await expect(sendUpdate(handle, 'deliver', request, { deadlineMs: no })).rejects.toMatchObject(invalid);
      await expect(sendSignal(handle, 'pause', request, { deadlineMs: no })).rejects.toMatchObject(invalid);
      expect(sent()).toBe(0);
    },
  );

  it.each([Infinity, 1e15])('a deadline of any length waits for the answer: %d', async (deadlineMs) => {
    const answer = { status: 'accepted' };
    const { handle, sent } = handleOf(() => new Promise((resolve) => setTimeout(resolve, 50, answer)));
    expect(await sendUpdate(handle, 'deliver', request, { deadlineMs })).toBe(answer);
    await sendSignal(handle, 'pause', request, { deadlineMs });
    expect(sent()).toBe(2);
  });
});

/** As gRPC tells it. */
const grpc = (code: number, details: string): Error =>
  Object.assign(new Error(details), { code, details, metadata: {} });
/** As the SDK wraps it. */
const wrapped = (code: number, details: string): Error =>
  new ServiceError('Workflow Update failed', { cause: grpc(code, details) });
const missing = (message: string): Error => new WorkflowNotFoundError(message, 'tokenkeeper/test/token', undefined);

describe.concurrent('an update whose answer was lost, as where its run continues as new', () => {
  it.each<[string, unknown]>([
    ['FAILED_PRECONDITION', wrapped(9, 'unexpected workflow task failure')],
    ['update not found', missing('workflow update not found')],
    ['NOT_FOUND of an update', grpc(5, 'update "r" not found')],
    ['too many updates in flight', wrapped(8, 'limit on concurrent updates')],
    ['Temporal away', wrapped(14, 'no connection')],
    ['no answer in time', new WorkflowUpdateRPCTimeoutOrCancelledError('too late')],
    ['a run that was ended under it', updateFailure('AcceptedUpdateCompletedWorkflow')],
    ['a generation that the workflow has not heard of yet', updateFailure('UnknownGeneration')],
  ])('is sent again with the same id: %s', async (_what, lost) => {
    const answers = [lost, { status: 'rotated' }];
    const { handle, updateIds } = handleOf(async () => {
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    });
    expect(await sendUpdate(handle, 'rotateNow', request)).toEqual({ status: 'rotated' });
    expect(updateIds).toEqual(['r', 'r']);
  });

  it.each<[string, Error, object]>([
    ['a refusal', updateFailure('Paused', 7), { code: 'RequestRefused', refusal: 'Paused', generation: 7 }],
    ['no workflow', missing('workflow execution already completed'), { code: 'NotKept' }],
    ['no workflow, as gRPC tells it', grpc(5, 'workflow not found for ID'), { code: 'NotKept' }],
    ['no permission', wrapped(7, 'denied'), { code: 'ServerRefused' }],
  ])('but is answered at once by %s', async (_what, error, told) => {
    const { handle, sent } = handleOf(() => Promise.reject(error));
    await expect(sendUpdate(handle, 'rotateNow', request)).rejects.toMatchObject(told);
    expect(sent()).toBe(1);
  });

  // The server repeats the answer of a completed update for its id; the workflow knows the request by its own.
  it('is asked for by another update of the same request where the wait of the first one was over', async () => {
    const answers = [
      { status: 'pending' },
      new WorkflowUpdateRPCTimeoutOrCancelledError('too late'),
      { status: 'done' },
    ];
    const { handle, updateIds } = handleOf(async () => {
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    });
    expect(await sendUpdate(handle, 'rotateNow', request)).toEqual({ status: 'done' });
    expect(updateIds).toEqual(['r', 'r-2', 'r-2']);
  });

  it('is said to be pending at the deadline', async () => {
    const { handle } = handleOf(() => Promise.resolve({ status: 'pending', generation: 3 }));
    expect(await sendUpdate(handle, 'rotateNow', request, { deadlineMs: 20 })).toEqual({
      status: 'pending',
      generation: 3,
    });
  });
});

function updateFailure(type: string, generation = 0): Error {
  const refusal = ApplicationFailure.create({ type, details: [{ generation }] });
  return new WorkflowUpdateFailedError('Workflow Update failed', refusal);
}

describe('a request without an answer', () => {
  const key = 'test/token';
  const given = { signal: AbortSignal.abort(new Error('given up')) };
  it.each<[string, (keeper: TokenKeeperClient) => Promise<unknown>]>([
    ...(['rotate', 'pause', 'resume', 'revoke', 'forget', 'renewRun', 'reauthorize', 'deliver'] as const).map(
      (method): [string, (keeper: TokenKeeperClient) => Promise<unknown>] => [
        method,
        (keeper) => keeper[method](key, given),
      ],
    ),
    ['rotateNow', (keeper) => keeper.rotateNow(key, 1, given)],
    ['rotateNow, alone', (keeper) => keeper.rotateNow(key, 1, { ...given, alone: true })],
    ['reportFailure', (keeper) => keeper.reportFailure(key, 1, given)],
    ['acknowledge', (keeper) => keeper.acknowledge(key, 'one', 1, given)],
  ])('is not sent by a caller who has given up: %s', async (_name, ask) => {
    const { handle, sent } = handleOf(async () => ({ status: 'accepted' }));
    const client = { workflow: { getHandle: () => handle } } as unknown as Client;
    await expect(ask(keeperOf(client))).rejects.toThrow('given up');
    expect(sent()).toBe(0);
  });

  it('is waited for until its caller gives up, or its deadline', async () => {
    const giveUp = new AbortController();
    const waiting = sendSignal(handleOf(never).handle, 'revoke', request, { signal: giveUp.signal });
    giveUp.abort(new Error('given up'));
    await expect(waiting).rejects.toThrow('given up');
    const late = sendSignal(handleOf(never).handle, 'revoke', request, { deadlineMs: 20 });
    await expect(late).rejects.toMatchObject({ code: 'ServerUnavailable', retryAfterMs: 5_000 });
  });
});

it('a connection that was closed says so', async () => {
  const connected = await connectClient({ address: inject('temporal').address, own: true });
  await connected.close();
  const keeper = keeperOf(connected.client);
  const closed = { code: 'ServerUnavailable', message: 'the connection to Temporal is closed' };
  await expect(keeper.list()).rejects.toMatchObject(closed);
  await expect(keeper.status('test/token')).rejects.toMatchObject(closed);
  await expect(keeper.rotate('test/token')).rejects.toMatchObject(closed);
  await expect(keeper.deliver('test/token')).rejects.toMatchObject(closed);
  await expect(keeper.apply(specOf())).rejects.toMatchObject(closed);
});

it('a specification that a run could not hand to the next one is refused before it starts', async () => {
  const parameters = { note: 'é'.repeat(200_000) };
  await expect(keeperOf().apply(specOf({ key: 'test/large', parameters }))).rejects.toMatchObject({
    ...invalid,
    message: 'the specification of test/large takes 401 kB, of at most 400',
    do: 'declare fewer sinks for it, or shorter parameters',
  });
});
