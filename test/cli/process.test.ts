import { spawnSync } from 'node:child_process';
import { open } from 'node:fs/promises';
import { expect, inject, it } from 'vitest';
import { mainProgram, tsxLoader, withProgram } from '../support/cli-process.js';
import { uniqueName } from '../support/temporal.js';
import { waitFor } from '../support/wait-for.js';

const { folder, tokenkeeper } = withProgram();

it('the real program ends with 130 at Ctrl-C in the middle of something', async () => {
  const { address, namespace } = inject('temporal');
  const name = uniqueName('nobody');
  const waiting = tokenkeeper(
    '--address',
    address,
    '--namespace',
    namespace,
    '--task-queue',
    name,
    '--prefix',
    name,
    'apply',
    '--wait',
  );
  await waitFor(() => waiting.output().includes('1 started'), { limitMs: 120_000 });
  waiting.child.kill('SIGINT');
  expect(await waiting.ended).toBe(130);
}, 240_000);

it('the real program says that it could not write its result, and ends with 1', async () => {
  const full = await open('/dev/full', 'w');
  const argv = ['--import', tsxLoader, mainProgram, 'schema'];
  const stdio = ['ignore', full.fd, 'pipe'] as const;
  const { status, stderr } = spawnSync(process.execPath, argv, { cwd: folder(), stdio: [...stdio], encoding: 'utf8' });
  await full.close();
  expect({ status, stderr }).toEqual({ status: 1, stderr: 'tokenkeeper: stdout cannot be written (ENOSPC)\n' });
}, 240_000);
