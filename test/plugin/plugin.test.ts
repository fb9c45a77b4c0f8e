import { SimplePlugin } from '@temporalio/plugin';
import { bundleWorkflowCode, NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { copyFile, cp, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { createActivities } from '../../src/activities/index.js';
import { tokens, type ActivityTokens } from '../../src/plugin/activity-tokens.js';
import { silentLog } from '../../src/drivers.js';
import { Bench } from '../support/lifecycle-bench.js';
import { quiet } from '../support/temporal-quiet.js';
import { bundleOnce, uniqueName } from '../support/temporal.js';
import { fixture, theirs, withPluginWorkers } from './workers.js';

const { temporal, plugin, withWorker, keepsATokenOn, runTheirs } = withPluginWorkers();

const runtime: ActivityTokens = {
  withToken: (key, use) => use({ value: `the value of ${key}`, generation: 1, expiresAt: null }),
};
const asking = { theirs: () => tokens().withToken('test/bot', ({ value }) => Promise.resolve(value)) };

describe('a worker of our task queue', () => {
  test('needs nothing but the plugin', async () => {
    const taskQueue = uniqueName('own');
    await withWorker({ taskQueue, plugins: [plugin({ taskQueue })] }, () => keepsATokenOn(taskQueue));
  });

  test('keeps tokens with the plugin on its connection and on itself', async () => {
    const taskQueue = uniqueName('twice');
    const both = plugin({ taskQueue, runtime });
    const connection = await NativeConnection.connect({ address: inject('temporal').address, plugins: [both] });
    try {
      const worker = await Worker.create({ connection, taskQueue, plugins: [both] });
      expect(worker.options.interceptors?.activity).toHaveLength(1);
      await worker.runUntil(keepsATokenOn(taskQueue));
    } finally {
      await connection.close();
    }
  });

  test('keeps tokens with the plugin on its connection alone', async () => {
    const taskQueue = uniqueName('connection');
    const plugins = [plugin({ taskQueue })];
    const connection = await NativeConnection.connect({ address: inject('temporal').address, plugins });
    try {
      const worker = await Worker.create({ connection, taskQueue });
      await worker.runUntil(keepsATokenOn(taskQueue));
    } finally {
      await connection.close();
    }
  });

  test('may have workflows of its own', async () => {
    const taskQueue = uniqueName('own-and-theirs');
    const workflowsPath = fixture('user-typescript.ts');
    const options = { taskQueue, workflowsPath, activities: theirs, plugins: [plugin({ taskQueue })] };
    await withWorker(options, async () => {
      expect(await runTheirs(taskQueue)).toBe('TypeScript: their activity');
      await keepsATokenOn(taskQueue);
    });
  });
});

describe('a worker of the user', () => {
  // In other kinds of modules: test/long/plugin-entries.test.ts.
  test('keeps tokens beside its own workflows, and its own webpack hook', async () => {
    const taskQueue = uniqueName('hook');
    const seen: unknown[] = [];
    const bundlerOptions: WorkerOptions['bundlerOptions'] = {
      webpackConfigHook: (config) => {
        const entries = config.entry as string[];
        seen.push(...entries);
        entries.unshift(fixture('polyfill.cjs'));
        return { ...config, name: 'theirs' };
      },
    };
    const workflowsPath = fixture('user-typescript.ts');
    const options = {
      taskQueue,
      workflowsPath,
      bundlerOptions,
      activities: theirs,
      plugins: [plugin({ embed: true }), plugin({ embed: true })],
    };
    await withWorker(options, async () => {
      expect(await runTheirs(taskQueue)).toBe('TypeScript: their activity');
      await keepsATokenOn(taskQueue);
    });
    expect(seen).toHaveLength(1);
  });

  test('keeps tokens where it has a copy of the SDK of its own, as where this package is linked', async () => {
    const folder = join(inject('runDir'), uniqueName('two-copies'));
    const installed = fileURLToPath(new URL('../../node_modules', import.meta.url));
    await mkdir(join(folder, 'node_modules/@temporalio'), { recursive: true });
    for (const name of ['@temporalio/common', '@temporalio/proto', 'nexus-rpc'])
      await symlink(join(installed, name), join(folder, 'node_modules', name));
    const sdk = '@temporalio/workflow';
    await cp(join(installed, sdk), join(folder, 'node_modules', sdk), { recursive: true });
    const workflowsPath = join(folder, 'workflows.ts');
    await copyFile(fixture('user-typescript.ts'), workflowsPath);
    const taskQueue = uniqueName('two-copies');
    const options = { taskQueue, workflowsPath, activities: theirs, plugins: [plugin({ embed: true })] };
    await withWorker(options, async () => {
      expect(await runTheirs(taskQueue)).toBe('TypeScript: their activity');
      await keepsATokenOn(taskQueue);
    });
  });

  test('is left alone without embed', async () => {
    const taskQueue = uniqueName('alone');
    const given: WorkerOptions = { taskQueue, workflowsPath: fixture('user-typescript.ts'), activities: theirs };
    expect(plugin().configureWorker(given)).toEqual(given);
    expect(plugin().configureBundler({ workflowsPath: 'theirs' })).toEqual({ workflowsPath: 'theirs' });
  });

  test('that runs activities only gets no workflows, but the tokens', async () => {
    const taskQueue = uniqueName('activities');
    const configured = plugin({ embed: true, runtime }).configureWorker({ taskQueue, activities: theirs });
    expect(configured).toMatchObject({ taskQueue, activities: theirs });
    expect(configured).not.toHaveProperty('workflowsPath');
    const workflows = uniqueName('workflows');
    const activityWorker = { taskQueue: workflows, activities: asking, plugins: [plugin({ embed: true, runtime })] };
    const worker = await Worker.create({ connection: temporal().nativeConnection, ...activityWorker });
    const workflowsPath = fixture('user-typescript.ts');
    await worker.runUntil(
      withWorker({ taskQueue: workflows, workflowsPath }, async () => {
        expect(await runTheirs(workflows)).toBe('TypeScript: the value of test/bot');
      }),
    );
  });

  test('may not have an activity with a name of ours', () => {
    const taskQueue = uniqueName('clash');
    const activities = { 'tokenkeeper.refresh': () => Promise.resolve() };
    expect(() => plugin({ taskQueue }).configureWorker({ taskQueue, activities })).toThrow(
      'the worker has an activity named tokenkeeper.refresh already',
    );
  });
});

describe('a prebuilt bundle', () => {
  let code: string;
  let without: string;
  const workflowsPath = fixture('user-typescript.ts');

  beforeAll(async () => {
    ({ code } = await bundleWorkflowCode({ workflowsPath, logger: quiet, plugins: [plugin({ embed: true })] }));
    ({ code: without } = await bundleWorkflowCode({ workflowsPath, logger: quiet }));
  });

  test('that was made with the plugin keeps tokens', async () => {
    const taskQueue = uniqueName('prebuilt');
    const plugins = [plugin({ embed: true })];
    await withWorker({ taskQueue, workflowBundle: { code }, activities: theirs, plugins }, async () => {
      expect(await runTheirs(taskQueue)).toBe('TypeScript: their activity');
      await keepsATokenOn(taskQueue);
    });
  });

  test('that was made without it is refused, with the remedy', async () => {
    const taskQueue = uniqueName('refused');
    const options = { connection: temporal().nativeConnection, taskQueue, workflowBundle: { code: without } };
    await expect(Worker.create({ ...options, plugins: [plugin({ embed: true })] })).rejects.toMatchObject({
      code: 'ConfigInvalid',
      message: `the prebuilt workflow bundle of task queue ${taskQueue} lacks tokenkeeper.tokenLifecycle`,
      do: expect.stringContaining('new TokenKeeperPlugin({ embed: true })'),
    });
  });

  test('of a user’s worker that keeps no tokens is left alone', () => {
    const given: WorkerOptions = { taskQueue: uniqueName('other'), workflowBundle: { code: without } };
    expect(plugin().configureWorker(given)).toEqual(given);
  });
});

describe('before a plugin that brings the user’s workflows', () => {
  test.each([
    ['of our task queue', (taskQueue: string) => ({ taskQueue })],
    ['of the user', () => ({ embed: true })],
  ])('a worker %s keeps tokens beside them', async (_, options) => {
    const taskQueue = uniqueName('before');
    const workflowsPath = fixture('user-typescript.ts');
    const company = new SimplePlugin({ name: 'company', activities: theirs, workflowsPath });
    await withWorker({ taskQueue, plugins: [plugin(options(taskQueue)), company] }, async () => {
      expect(await runTheirs(taskQueue)).toBe('TypeScript: their activity');
      await keepsATokenOn(taskQueue);
    });
  });
});

/** Two bundles, one after the other. */
describe('replay', { timeout: 240_000 }, () => {
  test('of a token’s history works with the plugin alone, and beside the user’s workflows', async () => {
    const taskQueue = uniqueName('replay');
    const plugins = [plugin({ taskQueue })];
    const options = { taskQueue, workflowBundle: await bundleOnce(), plugins };
    const handle = await withWorker(options, () => keepsATokenOn(taskQueue));
    const history = await handle.fetchHistory();
    await Worker.runReplayHistory({ plugins: [plugin()] }, history);
    const workflowsPath = fixture('user-typescript.ts');
    await Worker.runReplayHistory({ workflowsPath, plugins: [plugin({ embed: true })] }, history);
  });
});

test('tokens() outside of an activity is an error that says where it belongs', () => {
  expect(() => tokens()).toThrow('outside of an activity');
});

test('the plugin registers exactly our activities', () => {
  const taskQueue = uniqueName('names');
  const { activities } = plugin({ taskQueue }).configureWorker({ taskQueue });
  const namespace = { cluster: 'test', namespace: 'default' };
  const deps = { connections: new Bench(), now: Date.now, log: silentLog, namespace };
  expect(Object.keys(activities ?? {})).toEqual(Object.keys(createActivities(deps)));
});
