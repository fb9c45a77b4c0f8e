import type * as fs from 'node:fs/promises';
import { expect, it, vi } from 'vitest';
import { withCli } from '../support/cli.js';

const disk = vi.hoisted(() => ({ freeBytes: 1e9 }));

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>();
  const statfs = async (path: string) => Object.assign(await real.statfs(path), { bavail: disk.freeBytes, bsize: 1 });
  return { ...real, statfs };
});

const bench = withCli({ worker: false });

it('doctor warns of a vault whose disk is nearly full', async () => {
  // Of one environment: it does not open for another.
  await bench.declare({}, { vaults: { local: { driver: 'embedded', environment: 'production' } } });
  await bench.tokenkeeper(['vault', 'init']);
  expect((await bench.tokenkeeper(['doctor'])).stdout).toMatch(/✓ vault local: opens, id /);
  disk.freeBytes = 1e6;
  expect((await bench.tokenkeeper(['doctor'])).stdout).toMatch(
    /! vault local: the disk of \S+vault\.db is nearly full\n {2}do: free space on the vault’s disk\n/,
  );
});
