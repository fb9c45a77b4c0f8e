import { Runtime, type RuntimeOptions } from '@temporalio/worker';
import { afterEach, expect, it, vi } from 'vitest';
import type { Io } from '../../src/cli/io.js';
import { ownRuntime } from '../../src/cli/own-runtime.js';
import { silentLog, type Log } from '../../src/drivers.js';

afterEach(() => void vi.restoreAllMocks());

it('what the SDK says is logged by our log, but for a failed activity, which we have told ourselves', async () => {
  let installed: RuntimeOptions = {};
  vi.spyOn(Runtime, 'install').mockImplementation((options) => {
    installed = options;
    return undefined as unknown as Runtime;
  });
  const log = { ...silentLog, warn: vi.fn<Log['warn']>(), error: vi.fn<Log['error']>() };
  await ownRuntime({ ownsProcess: true } as Io, log);
  installed.logger!.warn('Activity failed', { sdkComponent: 'worker' });
  installed.logger!.warn('the poll failed', { sdkComponent: 'core', taskToken: 'not ours to repeat' });
  installed.logger!.warn('the poll failed', {
    sdkComponent: 'core',
    taskToken: 'the same again, as every second while Temporal is down',
  });
  installed.logger!.error('the worker failed');
  installed.logger!.info('the worker started');
  expect(log.warn.mock.calls).toEqual([['the poll failed', { source: 'temporal', part: 'core' }]]);
  expect(log.error.mock.calls).toEqual([['the worker failed', { source: 'temporal' }]]);
});

it('a process that is not ours keeps its own settings', async () => {
  const install = vi.spyOn(Runtime, 'install');
  await ownRuntime({ ownsProcess: false } as Io, silentLog);
  expect(install).not.toHaveBeenCalled();
});
