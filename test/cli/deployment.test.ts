import { expect, it } from 'vitest';
import { deploymentOf, type DeploymentFlags } from '../../src/cli/arguments/deployment.js';
import { exitCodes } from '../../src/cli/exit-codes.js';
import { withCli } from '../support/cli.js';

const bench = withCli({ worker: false });
const variables = { TEMPORAL_DEPLOYMENT_NAME: 'by-variable', TEMPORAL_WORKER_BUILD_ID: 'v' };

it.each<{ name: string; flags: DeploymentFlags; env: Record<string, string>; is: readonly string[] | null }>([
  { name: 'nothing', flags: {}, env: {}, is: null },
  { name: 'empty variables', flags: {}, env: { TEMPORAL_DEPLOYMENT_NAME: '', TEMPORAL_WORKER_BUILD_ID: '' }, is: null },
  { name: 'the variables', flags: {}, env: variables, is: ['by-variable', 'v'] },
  { name: 'the options', flags: { deploymentName: 'd', buildId: '1' }, env: {}, is: ['d', '1'] },
  { name: 'options over variables', flags: { deploymentName: 'd', buildId: '1' }, env: variables, is: ['d', '1'] },
  { name: 'one of each', flags: { buildId: '1' }, env: variables, is: ['by-variable', '1'] },
])('$name: the version of a worker, whose runs are pinned to it', ({ flags, env, is }) => {
  const [deploymentName, buildId] = is ?? [];
  const told = { useWorkerVersioning: true, version: { deploymentName, buildId }, defaultVersioningBehavior: 'PINNED' };
  expect(deploymentOf(flags, env)).toEqual(is === null ? undefined : told);
});

it.each([
  { argv: ['--build-id', '1'], env: {}, says: 'a build id needs a deployment name' },
  { argv: ['--deployment-name', 'd'], env: {}, says: 'a deployment name needs a build id' },
  { argv: [], env: { TEMPORAL_WORKER_BUILD_ID: '1' }, says: 'a build id needs a deployment name' },
])('worker $argv with $env is wrong usage: $says', async ({ argv, env, says }) => {
  const outcome = await bench.raw(['-c', bench.configFile, 'worker', ...argv], { env });
  expect(outcome).toMatchObject({ code: exitCodes.usage, stdout: '' });
  expect(outcome.stderr).toBe(
    `tokenkeeper: ${says}\n` +
      'do: give both: --deployment-name NAME --build-id ID, or TEMPORAL_DEPLOYMENT_NAME and TEMPORAL_WORKER_BUILD_ID\n',
  );
});
