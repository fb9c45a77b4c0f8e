import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { configFor } from '../../demo/prepare.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tokenkeeper-prepare-'));
  await writeFile(join(folder, 'tokens.yaml'), 'idp: http://127.0.0.1:9400\nhook: http://127.0.0.1:9401/tokens\n');
});
afterEach(() => rm(folder, { recursive: true }));

test.each([
  ['the usual ports', { provider: 9400, receiver: 9401 }, 'tokens.yaml'],
  ['the provider moved to the usual port of the receiver', { provider: 9401, receiver: 9402 }, 'tokens.demo.yaml'],
  ['the receiver moved to the usual port of the provider', { provider: 9402, receiver: 9400 }, 'tokens.demo.yaml'],
])('the configuration names the ports of this run: %s', async (_, ports, file) => {
  const path = await configFor(folder, ports);
  expect(path).toBe(join(folder, file));
  expect(await readFile(path, 'utf8')).toBe(
    `idp: http://127.0.0.1:${ports.provider}\nhook: http://127.0.0.1:${ports.receiver}/tokens\n`,
  );
});
