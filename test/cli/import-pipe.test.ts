import { execFileSync } from 'node:child_process';
import { open, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { withProgram } from '../support/cli-process.js';
import { withCli, type RunningCommand } from '../support/cli.js';

const bench = withCli({ worker: false });
const { folder, tokenkeeper } = withProgram();
const bot = bench.key('bot');
const remedy = 'do: give a file, or hand the text over on stdin: PROGRAM | tokenkeeper import --from -\n';

beforeAll(() => bench.declare({ [bot]: { issuer: 'manual' } }));

function makePipe(folder: string): string {
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  return path;
}

const startImport = (file: string): RunningCommand =>
  bench.start(['import', '--from', file, '-t', `${bot}=A`, '--dry-run']);

it('takes a set out of a pipe, whatever time its writer takes', async () => {
  const path = makePipe(bench.folder);
  const running = startImport(path);
  // Opens when somebody reads.
  const writer = await open(path, 'w');
  await writer.write('A=val');
  const early = await Promise.race([running.ended, writer.write('ue-1\nB=value-2\n').then(() => 'goes on')]);
  await writer.close();
  expect(early).toBe('goes on');
  const { code, stdout, stderr } = await running.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: 'tokenkeeper: 1 other name of the file left alone\n' });
  expect(stdout).toContain('1 token: 1 import');
}, 60_000);

it('the real program leaves a pipe that nobody writes into at Ctrl-C', async () => {
  const path = makePipe(folder());
  const running = tokenkeeper('import', '--from', path, '-t', 'dev/one=A');
  const writer = await open(path, 'w');
  running.child.kill('SIGINT');
  expect(await running.ended).toBe(130);
  await writer.close();
}, 60_000);

it.each(['/dev/zero', '/dev', '/dev/null'])(
  'refuses %s, which is no file',
  async (path) => {
    const outcome = await startImport(path).ended;
    expect(outcome).toEqual({ code: 2, stdout: '', stderr: `tokenkeeper: ${path} is no file\n${remedy}` });
  },
  60_000,
);

it('refuses a file that is too long to be a set of tokens', async () => {
  const path = join(bench.folder, 'long.env');
  await writeFile(path, 'A=value-1\n');
  await truncate(path, 4_194_305);
  expect(await startImport(path).ended).toMatchObject({
    code: 2,
    stderr: `tokenkeeper: ${path} is too long: at most 4194304 bytes\ndo: see that it is the right file\n`,
  });
}, 60_000);
