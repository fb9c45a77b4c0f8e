import { copyFile, mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TokenError } from '../../src/core/errors.js';
import { startChild } from '../../src/server/child.js';
import { oneAtATime } from '../../src/server/one-at-a-time.js';
import { runCommand } from '../../src/server/run-command.js';

/** Programs in one Go module. */
export interface GoModule {
  readonly module: string;
  /** With the `v`. */
  readonly version: string;
  /** Folder of a main package in the module → the program's name here. */
  readonly programs: Readonly<Record<string, string>>;
  /** File of the module's sources that is also needed → its name here. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface InstallGoOptions {
  /** Where the programs are kept; created if missing. */
  readonly cacheDir: string;
  /** Including go's variables (GOPROXY, GOCACHE, …). Default: this process's. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Called once, when something really is built, which takes minutes. */
  readonly onBuild?: ((what: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const buildLimitMs = 1_500_000;
const stopLimitMs = 10_000;
const lockLimits = { staleMs: 60_000, waitMs: buildLimitMs, pollMs: 1_000 };

/** Where a program or file of a module is kept once it is installed. */
export function goPath({ version }: GoModule, name: string, cacheDir: string): string {
  return join(cacheDir, `${name}-${version.slice(1)}`);
}

/**
 * Builds a module's programs from the Go module proxy, once, however many processes ask at the same time. Earlier results on this machine
 * are reused from go's own cache.
 * @throws TokenError `ServerUnavailable`: no Go, or go's output
 */
export async function installGoPrograms(module: GoModule, options: InstallGoOptions): Promise<void> {
  if (await isInstalled(module, options.cacheDir)) return;
  await mkdir(options.cacheDir, { recursive: true });
  await oneAtATime(join(options.cacheDir, module.module.replaceAll('/', '-')), lockLimits, async () => {
    if (!(await isInstalled(module, options.cacheDir))) await build(module, options);
  });
}

async function isInstalled(module: GoModule, cacheDir: string): Promise<boolean> {
  const names = [...Object.values(module.programs), ...Object.values(module.files ?? {})];
  const found = await Promise.all(names.map((name) => stat(goPath(module, name, cacheDir)).catch(() => null)));
  return found.every((file) => file !== null);
}

async function build(module: GoModule, { cacheDir, env = process.env, onBuild, signal }: InstallGoOptions) {
  const title = `${module.module}@${module.version}`;
  const go = await runCommand('go', ['version'], { limitMs: 60_000, env });
  if (go.code !== 0) {
    throw new TokenError('ServerUnavailable', `${title} has to be built, and go cannot be run: ${go.output}`, {
      do: 'install Go 1.26 or newer and put it on PATH',
    });
  }
  signal?.throwIfAborted();
  onBuild?.(title);
  const bin = await mkdtemp(join(cacheDir, '.install-'));
  try {
    const packages = Object.keys(module.programs).map((folder) => `${module.module}/${folder}@${module.version}`);
    await goInstall(packages, { ...env, GOBIN: bin }, join(bin, 'go.log'), signal);
    await copyFiles(module, cacheDir, env);
    for (const [folder, name] of Object.entries(module.programs)) {
      await rename(join(bin, folder.slice(folder.lastIndexOf('/') + 1)), goPath(module, name, cacheDir));
    }
  } finally {
    await rm(bin, { recursive: true, force: true });
  }
}

/** At low priority: tests may be running meanwhile. */
async function goInstall(packages: readonly string[], env: NodeJS.ProcessEnv, logFile: string, signal?: AbortSignal) {
  const child = await startChild('nice', { args: ['-n', '19', 'go', 'install', ...packages], env, logFile });
  const stop = (): void => void child.stop(stopLimitMs);
  signal?.addEventListener('abort', stop, { once: true });
  const limit = setTimeout(stop, buildLimitMs);
  const how = await child.ended;
  clearTimeout(limit);
  signal?.removeEventListener('abort', stop);
  signal?.throwIfAborted();
  if (how === 'exit code 0') return;
  const said = (await readFile(logFile, 'utf8')).trim().split('\n').slice(-4).join(' | ');
  throw new TokenError('ServerUnavailable', `go install ${packages.join(' ')} failed (${how}): ${said}`, {
    do: 'let go reach a module proxy (GOPROXY) that carries them',
  });
}

async function copyFiles(module: GoModule, cacheDir: string, env: NodeJS.ProcessEnv): Promise<void> {
  const files = Object.entries(module.files ?? {});
  if (files.length === 0) return;
  const args = ['mod', 'download', '-json', `${module.module}@${module.version}`];
  const { code, output } = await runCommand('go', args, { limitMs: 300_000, env });
  const folder = code === 0 ? /"Dir": "([^"]+)"/.exec(output)?.[1] : undefined;
  if (folder === undefined) throw new TokenError('ServerUnavailable', `go ${args.join(' ')} failed: ${output}`);
  for (const [file, name] of files) {
    const path = goPath(module, name, cacheDir);
    await copyFile(join(folder, file), `${path}.new`);
    await rename(`${path}.new`, path);
  }
}
