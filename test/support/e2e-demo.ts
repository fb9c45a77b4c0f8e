import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectDir, serversDir } from './temporal-paths.js';
import { waitFor } from './wait-for.js';

const sources = ['src', 'demo', 'examples', 'bench', 'test/contracts', 'scripts'];
const files = ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'tokens.yaml'];

/** Runs its arguments in a terminal of its own, passes keys through, and ends as they end. */
const underTerminal = `
import os, pty, sys
status = pty.spawn(["sh", "-c", "stty rows 60 cols 160; exec \\"$@\\"", "sh", *sys.argv[1:]])
sys.exit(os.waitstatus_to_exitcode(status))`;

/** A built clone's folder; packages and servers are the project's own. */
export class DemoFolder {
  private constructor(readonly path: string) {}

  static async build(): Promise<DemoFolder> {
    const path = await mkdtemp(join(tmpdir(), 'tokenkeeper-demo-'));
    for (const name of [...sources, ...files]) await cp(join(projectDir, name), join(path, name), { recursive: true });
    await symlink(join(projectDir, 'node_modules'), join(path, 'node_modules'));
    await mkdir(join(path, '.tokenkeeper'), { mode: 0o700 });
    await symlink(serversDir, join(path, '.tokenkeeper/servers'));
    await promisify(execFile)('npm', ['run', '--silent', 'build'], { cwd: path }).catch((error: { stdout: string }) => {
      throw new Error(`npm run build: ${error.stdout}`);
    });
    return new DemoFolder(path);
  }

  /** Starts what `npm start` starts, or `npm start` itself, which builds first, or `tokenkeeper demo` in another folder. */
  start({ terminal, by = 'node' }: { terminal: boolean; by?: 'node' | 'npm' | 'command' | undefined }): DemoRun {
    const built = (path: string): string => join(this.path, 'dist', path);
    const program = {
      node: [process.execPath, built('demo/main.js')],
      npm: ['npm', 'start'],
      command: [process.execPath, built('src/cli/main.js'), 'demo'],
    }[by];
    const cwd = by === 'command' ? built('src') : this.path;
    const [command = '', ...args] = terminal ? ['python3', '-c', underTerminal, ...program] : program;
    const { PATH, HOME } = process.env;
    // As in a shell of somebody with tokens of their own.
    const theirs = { TOKENKEEPER_VAULT_KEY: 'theirs', TOKENKEEPER_ALERT_URL: 'http://127.0.0.1:1/theirs' };
    const env = { PATH, HOME, NO_COLOR: '1', TERM: 'xterm', ...theirs };
    return new DemoRun(spawn(command, args, { cwd, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] }));
  }

  /** Command lines of processes that work in this folder. */
  async processes(): Promise<string[]> {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
    return lines.filter((line) => line.includes(this.path)).map((line) => line.replaceAll('\0', ' '));
  }

  /** Everything that the demo's programs logged. */
  async logs(): Promise<Record<string, string>> {
    const folder = join(this.path, '.tokenkeeper');
    const names = (await readdir(folder)).filter((name) => name.endsWith('.log'));
    const texts = await Promise.all(
      names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const),
    );
    return Object.fromEntries(texts);
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

/** The running demo, and its output. */
export class DemoRun {
  output = '';
  readonly #ended: Promise<string>;

  constructor(readonly child: ChildProcess) {
    child.stdout?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.#ended = once(child, 'close').then(([code, signal]) => String(signal ?? code));
  }

  /** Waits for output. @returns the match */
  says(pattern: RegExp, limitMs: number): Promise<RegExpMatchArray> {
    const look = (): RegExpMatchArray | null => {
      return this.output.match(pattern);
    };
    const ended = this.#ended.then((how) => {
      throw new Error(`the demo ended by ${how}: ${this.output.slice(-2_000)}`);
    });
    return Promise.race([waitFor(look, { limitMs, describe: () => this.output.slice(-2_000) }), ended]);
  }

  /** Counts lines of events, each once, however often the screen was drawn. */
  events(pattern: RegExp): number {
    const lines = this.output.match(/\d\d:\d\d:\d\d \P{Cc}*/gu) ?? [];
    return [...new Set(lines)].filter((line) => pattern.test(line)).length;
  }

  /** The latest counts of a job on the screen. */
  jobOnScreen(title: string): { ok: number; failed: number } {
    const found = [...this.output.matchAll(new RegExp(`${title} +(\\d+) +(\\d+)`, 'g'))].at(-1);
    return { ok: Number(found?.[1] ?? 0), failed: Number(found?.[2] ?? 0) };
  }

  press(key: string): void {
    this.child.stdin?.write(key);
  }

  /** @returns how it ended: an exit code or a signal */
  async stop(signal: NodeJS.Signals | null): Promise<string> {
    if (signal !== null) this.child.kill(signal);
    return this.#ended;
  }

  /** Kills everything that is left of it. */
  killAll(): void {
    try {
      process.kill(-(this.child.pid ?? 0), 'SIGKILL');
    } catch {
      // Already gone.
    }
  }
}
