import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, inject } from 'vitest';
import { compileOnce } from './e2e-compile.js';

/** The program's entry, compiled. */
export async function mainProgram(): Promise<string> {
  return join(await compileOnce(), 'src/cli/main.js');
}

export interface RunningProgram {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  /** Both streams so far. */
  output(): string;
}

/** The real program, as a shell starts it, in a folder with a configuration of one token `dev/one`; a new one for each test. */
export function withProgram() {
  const started: RunningProgram[] = [];
  let folder = '';
  let program = '';
  const tokenkeeper = (...argv: readonly string[]): RunningProgram => {
    const PATH = `${join(folder, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`;
    const env = { PATH, HOME: folder, NO_COLOR: '1' };
    const stdio = ['pipe', 'pipe', 'pipe'] as const;
    const child = spawn(process.execPath, [program, ...argv], { cwd: folder, env, stdio: [...stdio] });
    let output = '';
    // A multi-byte character may be split across chunks.
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (output += text));
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const running = { child, ended, output: () => output };
    started.push(running);
    return running;
  };
  beforeEach(async () => {
    program = await mainProgram();
    folder = await mkdtemp(join(tmpdir(), 'tokenkeeper-process-'));
    await mkdir(join(folder, 'run'));
    // On PATH, as a person would have it.
    await mkdir(join(folder, 'bin'));
    await symlink(inject('servers').temporal, join(folder, 'bin', 'temporal'));
    await writeFile(join(folder, 'tokens.yaml'), JSON.stringify(config));
  });
  afterEach(async () => {
    for (const { child, ended } of started.splice(0)) {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  });
  return {
    folder: (): string => folder,
    tokenkeeper,
    /** Runs it to its end: all output, then `=> code`. */
    async outcome(...argv: readonly string[]): Promise<string> {
      const running = tokenkeeper(...argv);
      running.child.stdin?.end();
      const code = await running.ended;
      return `${running.output()}=> ${code}`;
    },
  };
}

const config = {
  version: 1,
  vaults: { local: { driver: 'embedded' } },
  issuers: { idp: { driver: 'example' } },
  sinks: { files: { driver: 'file', root: 'run' } },
  tokens: { 'dev/one': { issuer: 'idp', sinks: ['files'] } },
};
