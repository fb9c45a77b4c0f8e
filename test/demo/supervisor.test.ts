import { execFileSync } from 'node:child_process';
import { mkdir, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { supervise, type Supervised } from '../../demo/supervisor.js';
import { newFolder } from '../support/folder.js';
import { waitFor } from '../support/wait-for.js';

const limitMs = 45_000;
let folder = '';
let supervised: Supervised;
let restarts: string[] = [];
/** What kills between two runs answered: right when the one has ended, however long this machine takes until the next one. */
let between: boolean[] = [];

beforeEach(async () => {
  folder = await newFolder();
  const script = join(folder, 'sleeper.mjs');
  await writeFile(script, 'setInterval(() => {}, 200_000);');
  [restarts, between] = [[], []];
  const options = { args: [], env: process.env, logFile: join(folder, 'sleeper.log') };
  supervised = await supervise(script, options, (ended) => {
    restarts.push(ended);
    between.push(supervised.kill(), supervised.kill(), supervised.kill());
  });
});

afterEach(async () => {
  await supervised.stop();
});

test('a kill between two runs hits nothing and throws nothing, however often', async () => {
  expect(supervised.kill()).toBe(true);
  await waitFor(() => restarts.length === 1, { limitMs });
  expect(between).toEqual([false, false, false]);
  await waitFor(() => supervised.starts === 2, { limitMs });
  expect(supervised.kill()).toBe(true);
  await waitFor(() => restarts.length === 2, { limitMs, describe: 'the end of the second run' });
}, 200_000);

test('a start that fails is told and tried again, and ends nothing', async () => {
  const logFile = join(folder, 'sleeper.log');
  await rm(logFile);
  await mkdir(logFile);
  supervised.kill();
  await waitFor(() => restarts.length >= 2, { limitMs });
  expect(restarts[1]).toBe(`the log ${logFile} cannot be written (EISDIR)`);
  await rm(logFile, { recursive: true });
  await waitFor(() => supervised.starts === 2, { limitMs });
}, 200_000);

test('a stop in the middle of a restart ends what is just being started', async () => {
  // Opening a pipe waits for its other side: the restart goes on from its log file at the instant that we know of.
  const logFile = join(folder, 'sleeper.log');
  await rm(logFile);
  execFileSync('mkfifo', [logFile]);
  supervised.kill();
  const log = await open(logFile, 'r');
  await supervised.stop();
  await log.close();
  expect(() => process.kill(supervised.pid, 0)).toThrow('ESRCH');
  expect({ starts: supervised.starts, restarts }).toEqual({ starts: 2, restarts: ['SIGKILL'] });
}, 200_000);
