import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { waitFor } from '../../test/support/wait-for.js';
import { projectDir, serversDir } from '../../test/support/temporal-paths.js';

const exec = promisify(execFile);

/** Wide enough for its longest line, tall enough for some minutes of lines. */
const columns = 120;
const rows = 30;

/** The demo in a terminal of its own, in an empty folder. */
export interface RunningDemo {
  readonly folder: string;
  /** What the terminal shows, with its colors as escape sequences. */
  screen(): Promise<string>;
  press(key: string): Promise<void>;
  /** Waits until the terminal shows this. */
  until(text: RegExp, limitMs: number): Promise<void>;
  /** Breaks deliveries to the webhook: its receiver keeps the secret from its start, while the worker reads the changed file. */
  spoilHookSecret(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts what `npm start` starts. @param tmux - path of the program */
export async function startDemo(tmux: string): Promise<RunningDemo> {
  const folder = await mkdtemp(join(tmpdir(), 'tokenkeeper-pictures-'));
  const state = join(folder, '.tokenkeeper');
  await mkdir(state, { mode: 0o700 });
  await mkdir(serversDir, { recursive: true });
  // Reuses the tests' downloads.
  await symlink(serversDir, join(state, 'servers'));
  for (const name of ['package.json', 'tokens.yaml']) await copyFile(join(projectDir, name), join(folder, name));

  const socket = `tokenkeeper-pictures-${process.pid}`;
  const run = async (...args: readonly string[]): Promise<string> =>
    (await exec(tmux, ['-L', socket, '-f', '/dev/null', ...args])).stdout;
  const size = ['-x', `${columns}`, '-y', `${rows}`];
  const program = [process.execPath, join(projectDir, 'dist/demo/main.js')];
  await run('new-session', '-d', '-s', 'demo', ...size, '-c', folder, ...program);
  // Keeps the output readable if the demo ends by itself.
  await run('set-option', '-t', 'demo', 'remain-on-exit', 'on');

  const screen = (): Promise<string> => run('capture-pane', '-p', '-e', '-t', 'demo');
  const plain = (): Promise<string> => run('capture-pane', '-p', '-t', 'demo');
  const press = async (key: string): Promise<void> => void (await run('send-keys', '-t', 'demo', key));
  return {
    folder,
    screen,
    press,
    async until(text, limitMs) {
      await waitFor(plain, { limitMs, everyMs: 250, until: (shown) => text.test(shown), describe: (shown) => shown });
    },
    spoilHookSecret: () => writeFile(join(state, 'hook'), `whsec_${randomBytes(32).toString('base64')}`),
    async stop() {
      await press('q');
      await waitFor(() => run('display-message', '-p', '-t', 'demo', '#{pane_dead}'), {
        limitMs: 60_000,
        until: (dead) => dead.trim() === '1',
        describe: 'the end of the demo',
      });
      await run('kill-server');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
