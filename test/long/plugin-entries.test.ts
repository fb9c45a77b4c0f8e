import { expect, test } from 'vitest';
import { fixture, theirs, withPluginWorkers } from '../plugin/workers.js';
import { uniqueName } from '../support/temporal.js';

const { plugin, withWorker, keepsATokenOn, runTheirs } = withPluginWorkers();

test.each([
  ['ESM', 'user-esm.mjs', 'ESM: their activity'],
  ['CommonJS', 'user-cjs.cjs', 'CommonJS: their activity'],
  ['TypeScript', 'user-typescript.ts', 'TypeScript: their activity'],
  ['a folder', 'directory', 'TypeScript: their activity'],
  ['TypeScript that re-exports ours', 'user-reexport.ts', 'TypeScript: their activity'],
])('a worker of the user keeps tokens beside its own workflows in %s', async (_, file, answer) => {
  const taskQueue = uniqueName('embed');
  const plugins = [plugin({ embed: true }), plugin({ embed: true })];
  await withWorker({ taskQueue, workflowsPath: fixture(file), activities: theirs, plugins }, async () => {
    expect(await runTheirs(taskQueue)).toBe(answer);
    await keepsATokenOn(taskQueue);
  });
});
