import { readFile } from 'node:fs/promises';
import { parse } from 'dotenv';
import { expect, test } from 'vitest';
import { Folder } from '../support/sink-files.js';
import { completeValue } from '../support/complete-value.js';
import { killWriters, writeTogether } from '../support/sink-processes.js';

test('4 processes that write 4 variables of one file 20 times each lose nothing', async () => {
  await using folder = await Folder.make();
  const keys = ['one', 'two', 'three', 'four'].map((name) => `production/${name}`);
  await writeTogether(folder.path, keys, 20);
  const last = completeValue(20);
  expect(parse(await readFile(folder.at('run/.env'), 'utf8'))).toEqual({
    ONE: last,
    TWO: last,
    THREE: last,
    FOUR: last,
  });
  expect((await folder.names()).sort()).toEqual(['run/..env.tokenkeeper.json', 'run/.env']);
}, 300_000);

test('a writer killed 3 times at random moments leaves the old value or the new one, never neither', async () => {
  expect(await killWriters(3)).toMatchObject({ kills: 3 });
}, 300_000);
