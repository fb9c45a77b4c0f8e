import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { mainProgram } from '../support/cli-process.js';
import { startInTerminal } from '../support/cli-terminal.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tokenkeeper-terminal-'));
  const vaults = { local: { driver: 'embedded' } };
  const tokens = { 'dev/one': { issuer: 'hand' } };
  const config = { version: 1, vaults, issuers: { hand: { driver: 'manual' } }, tokens };
  await writeFile(join(folder, 'tokens.yaml'), JSON.stringify(config));
  const program = await mainProgram();
  const run = (argv: readonly string[], input: string): void => {
    const { status, stderr } = spawnSync(process.execPath, [program, '--address', '127.0.0.1:1', ...argv], {
      cwd: folder,
      input,
      encoding: 'utf8',
    });
    expect({ status, stderr }).toMatchObject({ status: 0 });
  };
  run(['vault', 'init'], '');
  run(['import', 'dev/one'], 'the-value');
}, 240_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Counts its SIGINTs, and tells who started it; ends a second after the first one. */
const counting = `
  let count = 0;
  process.on('SIGINT', () => { if (++count === 1) setTimeout(() => { console.log('count ' + count); process.exit(0); }, 1000); });
  setInterval(() => {}, 1000);
  console.log('started by ' + process.ppid + ';');`;

it('one Ctrl-C reaches a program of exec once', async () => {
  const argv = ['exec', '-t', 'dev/one', '--', process.execPath, '-e', counting];
  const terminal = await startInTerminal(argv, { cwd: folder });
  try {
    await terminal.answer(';', '\u0003');
    expect(await terminal.ended).toBe(0);
    expect(terminal.shown()).toContain('count 1');
  } finally {
    await terminal.close();
  }
}, 240_000);

/** By a look of its own: two signals that come close together are one for whoever counts them. */
it.each([
  ['reads it', '"$@"', true],
  ['reads a file', '"$@" < tokens.yaml', true],
  ['reads a pipe', 'true | "$@"', true],
  ['reads it in the background', 'set -m; "$@" & wait $!', false],
  ['is in a session of its own', 'setsid "$@"', false],
])(
  'Ctrl-C of a terminal reaches what is started by a program that %s: as it is',
  async (_, by, is) => {
    const foreground = pathToFileURL(join(dirname(await mainProgram()), 'terminal/foreground.js')).href;
    const look = `import(${JSON.stringify(foreground)}).then(({ hasForeground }) => console.log('is ' + hasForeground(null) + ';'))`;
    const terminal = await startInTerminal([process.execPath, '-e', look], { cwd: folder, by, program: [] });
    try {
      await terminal.answer(';', '');
      await terminal.ended;
      expect(terminal.shown()).toContain(`is ${is};`);
    } finally {
      await terminal.close();
    }
  },
  240_000,
);

it('a SIGINT of somebody else reaches it, too, where exec is in the background of its terminal', async () => {
  const argv = ['exec', '-t', 'dev/one', '--', process.execPath, '-e', counting];
  const terminal = await startInTerminal(argv, { cwd: folder, by: 'set -m; "$@" & wait $!' });
  try {
    await terminal.answer(';', '');
    process.kill(Number(/started by (\d+);/.exec(terminal.shown())?.[1]), 'SIGINT');
    expect(await terminal.ended).toBe(0);
    expect(terminal.shown()).toContain('count 1');
  } finally {
    await terminal.close();
  }
}, 240_000);
