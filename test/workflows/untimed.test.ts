import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { inputVersion } from '../../src/core/lifecycle/input.js';
import { newestRules, rulesOf } from '../../src/core/lifecycle/rules.js';
import { untimedMessage, updateNames } from '../../src/core/names.js';
import { registerHandlers } from '../../src/workflows/handlers.js';
import { Lifecycle } from '../../src/workflows/lifecycle.js';
import { statesAt } from './states.js';

interface Handler {
  readonly handle: (request: object) => unknown;
  readonly validate: (request: object) => void;
}

/** The workflow task as the SDK tells it. A server shows events before their task to few workers, and none at a test's wish. */
const sdk = vi.hoisted(() => ({
  info: { historyLength: 0, historySize: 0, unsafe: { isReplaying: false } },
  handlers: new Map<string, Handler>(),
  endWait: (): void => undefined,
}));

vi.mock('@temporalio/workflow', async (load) => ({
  ...(await load<object>()),
  workflowInfo: () => sdk.info,
  condition: () => new Promise<void>((resolve) => (sdk.endWait = resolve)),
  setHandler: ({ name }: { name: string }, handle: Handler['handle'], options: { validator?: Handler['validate'] }) =>
    sdk.handlers.set(name, { handle, validate: options.validator ?? (() => undefined) }),
}));

const start = Date.UTC(2027, 0, 15, 12);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: start });
});
afterEach(() => {
  vi.useRealTimers();
});

/** The next workflow task begins. */
function beginTask(): void {
  vi.setSystemTime(Date.now() + 1_000);
  const { historyLength, historySize } = sdk.info;
  sdk.info = { ...sdk.info, historyLength: historyLength + 3, historySize: historySize + 300 };
}

/** A token, and what it does with an event that comes by the clock of the task before. */
function tokenIn(state: 'paused' | 'renewing') {
  const carried = { state: statesAt(start)[state], published: '' };
  const { spec } = carried.state;
  const rest = { v: inputVersion, rules: newestRules, spec, revision: 1, searchAttributes: null };
  const lifecycle = new Lifecycle({ ...rest, maxRotationsPerRun: null, carried }, rulesOf(newestRules)!);
  registerHandlers(lifecycle);
  const { handle, validate } = sdk.handlers.get(updateNames.rotateNow)!;
  const expectRefused = async (): Promise<void> => {
    const before = lifecycle.state;
    const { historyLength } = sdk.info;
    sdk.info = { ...sdk.info, historyLength: historyLength + 1 };
    lifecycle.on({ type: 'woke' });
    expect(lifecycle.state).toBe(before);
    await expect(lifecycle.untimed).rejects.toThrow(untimedMessage);
  };
  return { lifecycle, handle, validate, expectRefused };
}

it('nothing is decided by the clock of a task that only refused a request', async () => {
  const { lifecycle, validate, expectRefused } = tokenIn('paused');
  beginTask();
  lifecycle.noteTask();
  beginTask();
  expect(() => validate({ requestId: 'r' })).toThrow('the token is paused');
  await expectRefused();
});

it('nothing is decided by the clock of a task that only ended the wait of a request', async () => {
  const { handle, expectRefused } = tokenIn('renewing');
  beginTask();
  const answer = handle({ requestId: 'r' });
  beginTask();
  sdk.endWait();
  expect(await answer).toMatchObject({ status: 'pending' });
  await expectRefused();
});
