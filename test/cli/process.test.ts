import { expect, inject, it } from 'vitest';
import { withProgram } from '../support/cli-process.js';
import { uniqueName } from '../support/temporal.js';
import { waitFor } from '../support/wait-for.js';

const { tokenkeeper } = withProgram();

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
  await waitFor(() => waiting.output().includes('1 started'), { limitMs: 30_000 });
  waiting.child.kill('SIGINT');
  expect(await waiting.ended).toBe(130);
}, 60_000);
