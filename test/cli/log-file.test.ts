import { mkdir, readFile, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { logFile } from '../../src/cli/up/log-file.js';
import { createLog } from '../../src/common/log.js';
import { newFolder } from '../support/folder.js';

let folder: string;
beforeEach(async () => {
  folder = await newFolder();
});

it('a log is there before its first line, so that it can be followed', async () => {
  const path = join(folder, 'worker.log');
  logFile(path, () => undefined);
  expect(await readFile(path, 'utf8')).toBe('');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

it('a log that cannot be written ends nothing, says so once each time, and goes on when it can be', async () => {
  const path = join(folder, 'worker.log');
  const warnings: string[] = [];
  await mkdir(path);
  const log = createLog(logFile(path, (message) => warnings.push(message)));
  log.info('lost');
  log.info('lost');
  const warning = `${path} cannot be written (EISDIR): lines of the log are lost`;
  expect(warnings).toEqual([warning]);
  await rmdir(path);
  log.info('first');
  log.info('second');
  expect(await readFile(path, 'utf8')).toMatch(/^\{.*"first"\}\n\{.*"second"\}\n$/);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  await rm(path);
  await mkdir(path);
  log.info('lost');
  expect(warnings).toEqual([warning, warning]);
});
