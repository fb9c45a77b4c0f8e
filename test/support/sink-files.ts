import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Secret } from '../../src/core/secret.js';
import { silentLog, type DriverDeps } from '../../src/drivers.js';
import type { Delivery, Sink, SinkDriver, SinkRequest } from '../../src/sinks/sink.js';
import { testFingerprint } from '../contracts/fingerprint.js';

/** A test's own folder, outside of the checkout. */
export class Folder implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async make(): Promise<Folder> {
    return new Folder(await mkdtemp(join(tmpdir(), 'tokenkeeper-sink-')));
  }

  at(...names: string[]): string {
    return join(this.path, ...names);
  }

  /** Every file with its content, mode and inode. */
  async snapshot(): Promise<Record<string, string>> {
    const entries = await readdir(this.path, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    const rows = files.sort().map(async (file): Promise<[string, string]> => {
      const { mode, ino } = await stat(file);
      return [relative(this.path, file), `${(mode & 0o7777).toString(8)} ${ino} ${await readFile(file, 'latin1')}`];
    });
    return Object.fromEntries(await Promise.all(rows));
  }

  /** The names of all files, ours beside theirs. */
  async names(): Promise<string[]> {
    return Object.keys(await this.snapshot());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

/** What a driver gets in these tests. */
export function sinkDeps(baseDir: string, env: DriverDeps['env'] = {}): DriverDeps {
  return { fetch, now: Date.now, baseDir, env, log: silentLog };
}

/** Opens a driver as the configuration does: settings parsed by its own schema. */
export function openSink(driver: SinkDriver, settings: object, deps: DriverDeps): Promise<Sink> {
  return driver.open(driver.connection.parse(settings), deps);
}

/** A request with everything that a test doesn't care about. */
export function sinkRequest(key: string, target: object = {}, overrides: Partial<SinkRequest> = {}): SinkRequest {
  const signal = new AbortController().signal;
  return { key, target, takeOver: false, fingerprint: testFingerprint, signal, ...overrides };
}

/** A delivery with everything that a test doesn't care about. */
export function sinkDelivery(
  key: string,
  generation: number,
  value: string,
  target: object = {},
  overrides: Partial<SinkRequest> = {},
): Delivery {
  return { ...sinkRequest(key, target, overrides), generation, value: new Secret(value), expiresAt: null };
}

/** A delivery that is aborted as soon as its mark is being written: after the present content was read, before the value is replaced. */
export function abortedAtTheMark(key: string, generation: number, value: string): Delivery {
  const stop = new AbortController();
  const fingerprint = (text: string) => {
    // The driver calls this last before it writes anything; its writes take more than one turn of the event loop.
    if (text === value) setImmediate(() => stop.abort());
    return testFingerprint(text);
  };
  return sinkDelivery(key, generation, value, {}, { fingerprint, signal: stop.signal });
}

/** Writes a file that replaces a folder's name, so that nothing can be made below it, not even by root. */
export async function blockWithFile(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
  await writeFile(path, 'in the way');
}
