import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkerOptions } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import type * as PrebuiltWorkflows from '../../src/worker/prebuilt-workflows.js';
import { compileOnce } from '../support/e2e-compile.js';

let built: typeof PrebuiltWorkflows;
let bundle: string;

beforeAll(async () => {
  const folder = await compileOnce();
  built = (await import(join(folder, 'src/worker/prebuilt-workflows.js'))) as typeof PrebuiltWorkflows;
  bundle = join(folder, 'src/workflows', 'bundle-0.0.7.cjs');
  await writeFile(bundle, '');
});

describe('the bundle that the build made', () => {
  it('is taken by a worker of the same version of the SDK', () => {
    expect(built.prebuiltWorkflows({}, '0.0.7')).toEqual({ codePath: bundle });
    expect(built.prebuiltWorkflows({ maxConcurrentActivityTaskExecutions: 7 }, '0.0.7')).toEqual({ codePath: bundle });
  });

  it('is left alone by any other, which makes its own', () => {
    expect(built.prebuiltWorkflows({}, '0.0.8')).toBeUndefined();
    expect(built.prebuiltWorkflows({}, null)).toBeUndefined();
    expect(built.prebuiltWorkflows()).toBeUndefined();
  });

  it.each<[keyof WorkerOptions, Partial<WorkerOptions>]>([
    ['workflowsPath', { workflowsPath: 'theirs.js' }],
    ['workflowBundle', { workflowBundle: { code: 'theirs' } }],
    ['bundlerOptions', { bundlerOptions: {} }],
    ['interceptors', { interceptors: { workflowModules: ['theirs.js'] } }],
    ['dataConverter', { dataConverter: { payloadConverterPath: 'theirs.js' } }],
    ['plugins', { plugins: [] }],
  ])('is left alone where %s may ask for another one', (_, options) => {
    expect(built.prebuiltWorkflows(options, '0.0.7')).toBeUndefined();
  });
});
