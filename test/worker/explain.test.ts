import { TransportError } from '@temporalio/worker';
import { Connection } from '@temporalio/client';
import { expect, inject, it, vi } from 'vitest';
import { explainWorkerError } from '../../src/worker/explain-error.js';

const { address } = inject('temporal');
const unexplained = new TransportError('no words of use');

it('a namespace that went away under a worker is named', async () => {
  expect(await explainWorkerError(unexplained, { address, namespace: 'nowhere', env: {} })).toMatchObject({
    code: 'ConfigInvalid',
    message: 'Temporal has no namespace "nowhere"',
  });
});

it('what a client does not meet stays as it came, and its connection is closed', async () => {
  using close = vi.spyOn(Connection.prototype, 'close');
  expect(await explainWorkerError(unexplained, { address, env: {} })).toBe(unexplained);
  expect(close).toHaveBeenCalledTimes(1);
});

it('an error of anything but the connection stays as it came, and the server is not asked', async () => {
  using connect = vi.spyOn(Connection, 'connect');
  const bug = new TypeError('of the workflow bundle');
  expect(await explainWorkerError(bug, { address, namespace: 'nowhere', env: {} })).toBe(bug);
  expect(connect).not.toHaveBeenCalled();
});
