import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { createConnections } from '../../src/connections/connections.js';
import { loadConfig } from '../../src/config/load.js';
import type { Problem } from '../../src/config/problems.js';
import { builtInRegistries } from '../../src/config/registries.js';
import { silentLog } from '../../src/drivers.js';
import { newFolder } from '../support/folder.js';

let base: string;
beforeEach(async () => {
  base = await newFolder();
  await mkdir(join(base, 'real'));
  await symlink('real', join(base, 'link'));
  await writeFile(join(base, 'real', 'app.env'), '');
  await symlink('real/app.env', join(base, 'app.env'));
});

/** What is wrong with two tokens that name one place each. */
const codesOf = async (one: string, other: string): Promise<string[]> =>
  (await problemsOf(one, other)).map(({ code }) => code);

async function problemsOf(one: string, other: string): Promise<readonly Problem[]> {
  const file = join(base, 'tokens.yaml');
  const text = `version: 1
vaults: { local: { driver: memory } }
sinks: { one: ${one}, other: ${other} }
tokens:
  dev/a: { issuer: manual, sinks: [{ sink: one${target(one)} }] }
  dev/b: { issuer: manual, sinks: [{ sink: other${target(other)} }] }
`;
  await writeFile(file, text);
  const loaded = await loadConfig({ paths: [file], registries: builtInRegistries });
  return loaded.ok ? [] : loaded.problems;
}

const target = (sink: string): string => (sink.includes('dotenv') ? ', name: TOKEN' : ', path: token');
const fileIn = (root: string): string => `{ driver: file, root: "${root}" }`;
const dotenvAt = (path: string): string => `{ driver: dotenv, path: "${path}" }`;

describe('two tokens on one place', () => {
  it.each<[string, () => [string, string]]>([
    ['with a dot before it', () => [fileIn('real'), fileIn('./real')]],
    ['with a slash after it', () => [fileIn('real'), fileIn('real/')]],
    ['by way of another folder', () => [fileIn('real'), fileIn('./link/../real')]],
    ['from the root', () => [fileIn('real'), fileIn(join(base, 'real'))]],
    ['by a link', () => [fileIn('real'), fileIn('link')]],
    ['by a link, below which nothing is yet', () => [fileIn('real/not/yet'), fileIn('link/not/yet')]],
    ['an environment file with a slash after it', () => [dotenvAt('new.env'), dotenvAt('new.env/')]],
    ['an environment file from the root', () => [dotenvAt('new.env'), dotenvAt(join(base, 'new.env'))]],
    ['an environment file that is a link itself', () => [dotenvAt('real/app.env'), dotenvAt('app.env')]],
    ['a file that is another’s environment file', () => [dotenvAt('real/token'), fileIn('real')]],
    ['an environment file that is another’s file', () => [fileIn('real'), dotenvAt('link/token')]],
  ])('are refused however it is spelled: %s', async (_how, spellings) => {
    expect(await codesOf(...spellings())).toEqual(['PlaceTaken']);
  });

  it.each<[string, string, string]>([
    ['two folders', fileIn('real'), fileIn('other')],
    ['two folders that are not there yet', fileIn('link/not'), fileIn('link/yet')],
    ['two environment files', dotenvAt('app.env'), dotenvAt('new.env')],
  ])('are not seen where there are two: %s', async (_what, one, other) => {
    expect(await codesOf(one, other)).toEqual([]);
  });

  it.each<[string, string, string]>([
    ['needs a folder there', fileIn('real'), fileIn('link/token')],
    ['has its file there', fileIn('link/token/below'), fileIn('real')],
    ['has an environment file below', dotenvAt('real/token/app.env'), fileIn('real')],
  ])('are seen where one has a file and the other one %s', async (_what, one, other) => {
    const problems = await problemsOf(one, other);
    expect(problems.map(({ code }) => code)).toEqual(['PlaceTaken']);
    expect(problems[0]?.message).toBe(
      `of dev/b in other and dev/a in one (${base}/tokens.yaml:5) one needs ${base}/real/token as a file, the other one as a folder`,
    );
  });

  it('are both named, with the file that one of them would take whole', async () => {
    const [problem] = await problemsOf(fileIn('real'), dotenvAt('real/token'));
    expect(problem?.message).toBe(
      `dev/b in other and dev/a in one (${base}/tokens.yaml:5) would overwrite each other in ${base}/real/token`,
    );
  });
});

it.each([
  ['../outside', 'not a path under the sink\'s root: "../outside"'],
  ['/etc/token', 'not a path under the sink\'s root: "/etc/token"'],
  ['.a.tokenkeeper.lock', 'a name that tokenkeeper keeps for itself: ".a.tokenkeeper.lock"'],
])('a path that every write would refuse is refused as it is read: %s', async (path, message) => {
  const token = `dev/a: { issuer: manual, sinks: [{ sink: one, path: "${path}" }] }`;
  const file = join(base, 'tokens.yaml');
  await writeFile(
    file,
    `version: 1\nvaults: { v: { driver: memory } }\nsinks: { one: ${fileIn('real')} }\ntokens:\n  ${token}\n`,
  );
  expect(await loadConfig({ paths: [file], registries: builtInRegistries })).toMatchObject({
    problems: [{ code: 'WrongValue', message, line: 5, do: expect.stringContaining('below the root') as string }],
  });
});

it('a worker tells one place by one name, so that what is in use is not emptied by another', async () => {
  const file = join(base, 'tokens.yaml');
  await writeFile(file, `version: 1\nsinks: { one: ${fileIn('real')}, other: ${fileIn(`${base}/./link/`)} }\n`);
  const loaded = await loadConfig({ paths: [file], registries: builtInRegistries });
  if (!loaded.ok) throw new Error(`the configuration is refused: ${loaded.problems[0]?.message}`);
  const deps = { fetch, now: Date.now, baseDir: loaded.baseDir, env: {}, log: silentLog };
  const connections = createConnections({ config: loaded.config.worker, deps });
  const [one, other] = await Promise.all(['one', 'other'].map((name) => connections.sink(name, 'dev/a', {})));
  expect(one?.place).toBe(`file ${base}/real/dev/a`);
  expect(other?.place).toBe(one?.place);
  await connections.close();
});
