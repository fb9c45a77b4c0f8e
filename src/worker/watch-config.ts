import { watch as watchFolder, type FSWatcher } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../drivers.js';
import type { Loaded } from '../config/load.js';
import { formatProblem, type Problem } from '../config/problems.js';
import { kindOf } from '../core/unexpected.js';

/** What to watch, and what to do. */
export interface WatchOptions {
  /** Files and folders, as for `loadConfig`. */
  readonly paths: readonly string[];
  /** Reads everything again. */
  readonly load: () => Promise<Loaded>;
  /** Called with each valid new configuration. */
  readonly onConfig: (loaded: Loaded & { readonly ok: true }) => void | Promise<void>;
  /** Called with each changed configuration, once it is in force, or its problems were logged. */
  readonly onRead?: ((loaded: Loaded) => void) | undefined;
  /** Every problem of an invalid one is logged; the old configuration stays in force. */
  readonly log: Log;
  /** ms between two looks; default 2 s. */
  readonly intervalMs?: number;
}

/** A running watch. */
export interface ConfigWatch {
  /** What was read at the start, not told to anybody yet; no later change is missed. */
  readonly first: Loaded;
  /** Whether what was read last is in force; false: it has problems, and the one before is. */
  readonly isValid: boolean;
  /** Looks now; resolves when what is found has been taken, or cannot be. */
  look(): Promise<void>;
  /** Ends it; resolves when a reload that is under way is over. */
  stop(): Promise<void>;
}

/**
 * Reloads the configuration when one of its files changes. It checks the files every `intervalMs`, because `fs.watch` loses a file that an
 * editor or Kubernetes replaces; `fs.watch` only makes a check happen earlier.
 */
export async function watchConfig(options: WatchOptions): Promise<ConfigWatch> {
  const seen = await signatureOf(options.paths);
  const watch = new Watch(options, seen, await options.load());
  watch.start();
  return watch;
}

/** Logs every problem. @param inForce - what is in force all the same */
export function tellProblems(problems: readonly Problem[], inForce: 'old' | 'sound', log: Log): void {
  log.error(problemWords[inForce], { problems: problems.length });
  for (const problem of problems) log.error(formatProblem(problem), { code: problem.code });
}

const problemWords = {
  old: 'the new configuration has problems; the old one stays in force',
  sound: 'the configuration has problems; what is sound of it is in force',
} as const;

/** A file unchanged for this long is taken as completely written. */
const settleMs = 100;

class Watch implements ConfigWatch {
  readonly #options: WatchOptions;
  readonly first: Loaded;
  isValid: boolean;
  #seen: string;
  #looking: Promise<void> = Promise.resolve();
  #interval: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  #hints: FSWatcher[] = [];
  #isStopped = false;

  constructor(options: WatchOptions, seen: string, first: Loaded) {
    this.#options = options;
    this.first = first;
    this.isValid = first.ok;
    this.#seen = seen;
  }

  start(): void {
    const folders = new Set(this.#options.paths.flatMap((path) => [dirname(path), path]));
    this.#hints = [...folders].flatMap((folder) => {
      try {
        return [watchFolder(folder, { persistent: false }, () => this.#lookSoon()).on('error', () => {})];
      } catch {
        return [];
      }
    });
    this.#interval = setInterval(() => void this.look(), this.#options.intervalMs ?? 2_000).unref();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#interval);
    clearTimeout(this.#soon);
    for (const hint of this.#hints) hint.close();
    await this.#looking;
  }

  look(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#look());
    return this.#looking;
  }

  /** The system tells of one change several times. */
  #lookSoon(): void {
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => void this.look(), settleMs).unref();
  }

  /** Takes a change that is complete; one that goes on is left to the next look. */
  async #look(): Promise<void> {
    const found = await this.#find();
    if (found === this.#seen) return;
    await sleep(settleMs);
    if ((await this.#find()) === found) await this.#reload(found);
  }

  /** After a stop, what was found before. */
  async #find(): Promise<string> {
    return this.#isStopped ? this.#seen : signatureOf(this.#options.paths);
  }

  async #reload(found: string): Promise<void> {
    const { load, onConfig, onRead, log } = this.#options;
    // Set before loading: a change during the load is seen at the next look.
    this.#seen = found;
    // Where it cannot even be read, or taken, too.
    this.isValid = false;
    try {
      const loaded = await load();
      if (loaded.ok) {
        await onConfig(loaded);
        this.isValid = true;
        log.info('configuration read again', { files: loaded.files });
      } else {
        tellProblems(loaded.problems, 'old', log);
      }
      onRead?.(loaded);
    } catch (error) {
      log.error('the new configuration could not be taken', { error: kindOf(error) });
    }
  }
}

/** Changes when a file is written, replaced, added or gone. */
async function signatureOf(paths: readonly string[]): Promise<string> {
  const parts = await Promise.all(
    paths.map(async (path) => [await statOf(path), ...(await statsWithin(path))].join('\n')),
  );
  return parts.join('\n');
}

async function statsWithin(path: string): Promise<string[]> {
  const names = await readdir(path).catch(() => [] as string[]);
  return Promise.all(names.sort().map(async (name) => `${name} ${await statOf(join(path, name))}`));
}

async function statOf(path: string): Promise<string> {
  try {
    const { mtimeMs, ctimeMs, size, ino } = await stat(path);
    return `${mtimeMs} ${ctimeMs} ${size} ${ino}`;
  } catch {
    return 'none';
  }
}
