import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { projectDir } from '../support/temporal-paths.js';

/** Says whether prom-client was loaded: once the public API is, and once metrics are made. */
const program = `
  import { createRequire } from 'node:module';
  const isLoaded = () => Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes('prom-client'));
  const { createMetrics } = await import('./src/index.ts');
  const before = isLoaded();
  await createMetrics({ client: {}, connections: {}, log: console });
  console.log(before, isLoaded());
`;

it('who asks for no metrics does not load prom-client', () => {
  const args = ['--import', 'tsx', '--input-type', 'module', '--eval', program];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: projectDir, encoding: 'utf8' });
  expect({ stdout, stderr }).toEqual({ stdout: 'false true\n', stderr: '' });
});
