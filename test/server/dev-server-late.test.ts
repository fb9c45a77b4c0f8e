import type { Connection } from '@temporalio/client';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type * as timers from 'node:timers/promises';
import { beforeEach, expect, test, vi } from 'vitest';
import { startChild } from '../../src/server/child.js';
import { startDevServer } from '../../src/server/dev-server.js';
import { registerSearchAttributes } from '../../src/server/search-attributes.js';
import { newFolder } from '../support/folder.js';
import { isRunning } from '../support/is-running.js';
import { waitFor } from '../support/wait-for.js';

const limits = vi.hoisted(() => [] as (AbortSignal | undefined)[]);

// What a server is given to serve is over in a second.
vi.mock('node:timers/promises', async (original) => {
  const real = await original<typeof timers>();
  const setTimeout: typeof real.setTimeout = (ms, value, options) => {
    if (ms !== 30_000) return real.setTimeout(ms, value, options);
    limits.push(options?.signal);
    return real.setTimeout(1_000, value, options);
  };
  return { ...real, setTimeout };
});

const limitMs = 45_000;
let folder: string;
let logFile: string;
beforeEach(async () => {
  folder = await newFolder();
  logFile = join(folder, 'temporal.log');
});

test('a server that does not serve within 30 s is told with its log, and ended', async () => {
  const executable = join(folder, 'temporal');
  await writeFile(executable, `#!/bin/sh\necho $$ > '${folder}/pid'\nexec sleep 600\n`, { mode: 0o700 });
  await expect(startDevServer({ cacheDir: folder, executable, logFile, ui: false })).rejects.toMatchObject({
    code: 'ServerUnavailable',
    message: expect.stringMatching(/^Temporal did not serve on 127\.0\.0\.1:\d+ within 30000 ms$/) as unknown,
    do: `read ${logFile}`,
  });
  expect(await isRunning(Number(await readFile(join(folder, 'pid'), 'utf8')))).toBe(false);
  // Nobody looks for it any more.
  expect(limits.map((signal) => signal?.aborted)).toEqual([true]);
});

test('a program that answers SIGTERM with nothing is ended', async () => {
  const ready = join(folder, 'ready');
  const code = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1_000); require('fs').writeFileSync('${ready}', '')`;
  const child = await startChild(process.execPath, { args: ['-e', code], env: {}, logFile });
  await waitFor(async () => (await readFile(ready, 'utf8')) === '', { limitMs, describe: 'the program' });
  await child.stop(200);
  expect(await child.ended).toBe('SIGKILL');
});

test('search attributes that do not appear within 15 s are told', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  try {
    let looks = 0;
    const operatorService = {
      addSearchAttributes: () => Promise.resolve({}),
      listSearchAttributes() {
        if (++looks === 3) vi.setSystemTime(Date.now() + 15_001);
        return Promise.resolve({ customAttributes: {} });
      },
    };
    const registered = registerSearchAttributes({ operatorService } as unknown as Connection, 'default', 'Acme');
    await expect(registered).rejects.toMatchObject({
      code: 'ServerUnavailable',
      message: expect.stringMatching(/^search attributes did not appear: .*AcmeState/) as unknown,
    });
    expect(looks).toBe(3);
  } finally {
    vi.useRealTimers();
  }
});
