import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { mainProgram, withProgram } from '../support/cli-process.js';

const { folder } = withProgram();

/** Notes each module that is loaded, ours and others', a line each. */
const hook = `
  import { appendFileSync } from 'node:fs';
  export const load = (url, context, next) => (appendFileSync('loaded', url + '\\n'), next(url, context));
`;
const preload = `import { register } from 'node:module'; register(${JSON.stringify(asUrl(hook))});`;

function asUrl(code: string): string {
  return `data:text/javascript,${encodeURIComponent(code)}`;
}

/** Runs the real program to its end. @returns the packages that it has loaded */
async function packagesOf(argv: readonly string[]): Promise<string[]> {
  const args = ['--import', asUrl(preload), await mainProgram(), ...argv];
  const options = { cwd: folder(), env: { PATH: process.env['PATH'], HOME: folder() } };
  await new Promise((resolve) => execFile(process.execPath, args, options, resolve));
  const loaded = await readFile(join(folder(), 'loaded'), 'utf8');
  await writeFile(join(folder(), 'loaded'), '');
  const names = Array.from(loaded.matchAll(/\/node_modules\/((?:@[^/]+\/)?[^/]+)/g), ([, name = '']) => name);
  return [...new Set(names)].sort();
}

it.each([[['--version']], [['--help']], [['status', '--help']], [['completion', 'bash']]])(
  '%j loads nothing but what reads a command line: it would take twice as long with the client of Temporal',
  async (argv) => {
    expect(await packagesOf(argv)).toEqual(['commander', 'picocolors']);
  },
);

it.each([[['get', 'dev/one']], [['exec', '-t', 'dev/one', '--', 'true']]])(
  '%j, which a pipeline runs at each step, loads nothing of Temporal',
  async (argv) => {
    const packages = await packagesOf(argv);
    expect(packages).toContain('@photostructure/sqlite');
    expect(packages.filter((name) => /^@(temporalio|grpc)\//.test(name))).toEqual([]);
  },
);

it('a command that asks Temporal loads its client', async () => {
  expect(await packagesOf(['list', '--address', '127.0.0.1:1'])).toContain('@temporalio/client');
});
