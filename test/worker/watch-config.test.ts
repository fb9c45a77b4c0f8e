import type * as fs from 'node:fs';
import { writeFileSync } from 'node:fs';
import { rename, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadConfig } from '../../src/config/load.js';
import { watchConfig, type ConfigWatch } from '../../src/worker/watch-config.js';
import { testRegistries } from '../config/drivers.js';
import { newFolder } from '../support/folder.js';
import { waitFor } from '../support/wait-for.js';

const hints = vi.hoisted(() => [] as fs.FSWatcher[]);

vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>();
  const watch = (path: string, options: fs.WatchOptions, heard: () => void): fs.FSWatcher => {
    const hint = real.watch(path, options, heard);
    hints.push(hint);
    return hint;
  };
  return { ...real, watch };
});

type LoadedConfig = Extract<Awaited<ReturnType<typeof loadConfig>>, { readonly ok: true }>;

const intervalMs = 50;
let folder: string;
let file: string;
let watch: ConfigWatch;
/** Owners of dev/a, in the order in which they came into force. */
let owners: (string | null | undefined)[];
let errors: string[];
let fields: unknown[];
let told: boolean[];
let failNext: boolean;
let looks: number;
let loads: number;
let onLook: () => void;
let taking: () => Promise<void>;

const text = (owner: string) =>
  `version: 1\nvaults: { local: { driver: box } }\ntokens: { dev/a: { issuer: by-hand, owner: ${owner} } }\n`;

async function start(path: string, everyMs = intervalMs): Promise<void> {
  const paths = [path];
  watch = await watchConfig({
    // Asked for anew at each look.
    get paths() {
      looks += 1;
      onLook();
      return paths;
    },
    load: () => {
      loads += 1;
      return loadConfig({ paths, registries: testRegistries() });
    },
    onConfig: async ({ config }) => {
      if (failNext) throw new TypeError('canary');
      await taking();
      owners.push(config.tokens.find(({ key }) => key === 'dev/a')?.owner);
    },
    onRead: ({ ok }) => void told.push(ok),
    log: {
      info() {},
      warn() {},
      error(message, about) {
        errors.push(message);
        fields.push(about);
      },
    },
    intervalMs: everyMs,
  });
}

beforeEach(async () => {
  folder = await newFolder();
  file = join(folder, 'tokens.yaml');
  [owners, errors, fields, told, failNext, looks, loads] = [[], [], [], [], false, 0, 0];
  [onLook, taking] = [() => {}, async () => {}];
  // Not as long as the next one: where clocks of files tick slowly, only its size tells the two apart.
  await writeFile(file, text('first'));
});
afterEach(async () => {
  await watch.stop();
});

/** Another watch of the file. */
const quiet = {
  load: () => loadConfig({ paths: [file], registries: testRegistries() }),
  log: { info() {}, warn() {}, error() {} },
  intervalMs,
};

const seen = () => ({ owners, errors });
const untilOwner = (owner: string) => waitFor(seen, { limitMs: 45_000, until: () => owners.at(-1) === owner });
const untilError = (part: string) =>
  waitFor(seen, { limitMs: 45_000, until: () => errors.some((error) => error.includes(part)) });

async function sixLooks(): Promise<void> {
  const later = looks + 6;
  await waitFor(() => looks >= later, { limitMs: 45_000, describe: 'six further looks' });
}

describe('a watched configuration', () => {
  it('is read at the start', async () => {
    await start(file);
    expect(watch.first).toMatchObject({ ok: true, config: { tokens: [{ owner: 'first' }] } });
    await sixLooks();
    expect({ owners, loads }).toEqual({ owners: [], loads: 1 });
  });

  it('is read again where it changed while it was read at the start', async () => {
    let wasRead = false;
    const load: typeof quiet.load = async () => {
      const loaded = await quiet.load();
      if (!wasRead) await writeFile(file, text('two'));
      wasRead = true;
      return loaded;
    };
    const onConfig = ({ config }: LoadedConfig) => void owners.push(config.tokens[0]?.owner);
    watch = await watchConfig({ ...quiet, load, paths: [file], onConfig });
    expect(watch.first).toMatchObject({ config: { tokens: [{ owner: 'first' }] } });
    await untilOwner('two');
  });

  it('comes into force when the file is written, and when it is replaced again and again', async () => {
    await start(file);
    await writeFile(file, text('two'));
    await untilOwner('two');
    for (const owner of ['three', 'four', 'five']) {
      await writeFile(join(folder, '.new'), text(owner));
      await rename(join(folder, '.new'), file);
      await untilOwner(owner);
    }
    expect(owners).toEqual(['two', 'three', 'four', 'five']);
  });

  it('is seen in a file that was put there with the times and the size of the old one', async () => {
    await utimes(file, 1_000, 1_000);
    await start(file);
    await writeFile(join(folder, '.new'), text('other'));
    await utimes(join(folder, '.new'), 1_000, 1_000);
    await rename(join(folder, '.new'), file);
    await untilOwner('other');
  });

  it('is read once a change', async () => {
    await start(file);
    await writeFile(file, text('two'));
    await untilOwner('two');
    await sixLooks();
    expect({ owners, loads }).toEqual({ owners: ['two'], loads: 2 });
  });

  it('is looked at soon after a change, and taken when nothing changed for 100 ms, however long the interval', async () => {
    using timers = vi.spyOn(globalThis, 'setTimeout');
    await start(file, 3_600_000);
    const at: number[] = [];
    onLook = () => void at.push(performance.now());
    let unchangedMs = 0;
    taking = async () => void (unchangedMs = at.at(-1)! - at.at(-2)!);
    await writeFile(file, text('two'));
    await untilOwner('two');
    expect(timers.mock.calls.map(([, delayMs]) => delayMs)).toContain(100);
    // Node's timers may be a part of a millisecond early.
    expect(unchangedMs).toBeGreaterThan(98);
  });

  it('is taken by the time that a look which was asked for is over', async () => {
    await start(file, 3_600_000);
    await writeFile(file, text('two'));
    await watch.look();
    expect(owners).toEqual(['two']);
    await watch.look();
    expect(loads).toBe(2);
  });

  it('is not read while it is still being written', async () => {
    let written = '';
    await start(file);
    onLook = () => {
      if (written.length < 6) writeFileSync(file, text((written += 'x')));
    };
    await untilOwner('xxxxxx');
    expect({ owners, loads }).toEqual({ owners: ['xxxxxx'], loads: 2 });
  });

  it('that is invalid at the start is handed on with its problems', async () => {
    await writeFile(file, 'version: 2\n');
    await start(file);
    expect(watch.first).toMatchObject({ ok: false, problems: [{ code: 'VersionUnsupported' }] });
    expect(watch.isValid).toBe(false);
    expect(errors).toEqual([]);
  });

  it('stays in force when the new one is bad, whose problems are all logged', async () => {
    await start(file);
    // At once: where a disk takes its time, an empty file is one that has been written, too.
    await writeFile(join(folder, '.new'), 'version: 2\ntoken: {}\n');
    await rename(join(folder, '.new'), file);
    await untilError('token: unknown key token, did you mean tokens?');
    expect(errors).toEqual([
      'the new configuration has problems; the old one stays in force',
      `${file}:1:10 version: expected 1 (VersionUnsupported)\n  do: write: version: 1 (a newer one needs a newer tokenkeeper)`,
      `${file}:2:1 token: unknown key token, did you mean tokens? (UnknownKey)\n  do: write tokens`,
    ]);
    expect([owners, watch.isValid]).toEqual([[], false]);
    await writeFile(file, text('two'));
    await untilOwner('two');
    await waitFor(() => told, { limitMs: 45_000, until: () => told.length > 1 });
    expect([told, watch.isValid]).toEqual([[false, true], true]);
  });

  it('stays in force when the file is gone, until it is back', async () => {
    await start(file);
    await unlink(file);
    await untilError('no such file');
    await writeFile(file, text('two'));
    await untilOwner('two');
  });

  it('is watched on when taking it failed', async () => {
    await start(file);
    failNext = true;
    await writeFile(file, text('two'));
    await untilError('could not be taken');
    expect(JSON.stringify([errors, fields])).not.toContain('canary');
    expect(watch.isValid).toBe(false);
    failNext = false;
    await writeFile(file, text('three'));
    await untilOwner('three');
  });

  it('is looked at on where the system’s word of changes fails', async () => {
    hints.length = 0;
    await start(file);
    for (const hint of hints) hint.emit('error', new Error('no more watches'));
    await writeFile(file, text('two'));
    await untilOwner('two');
  });

  it('may be a folder, where files come and go', async () => {
    await start(folder);
    await writeFile(join(folder, 'more.yaml'), 'version: 1\ndefaults: { grace: 1m }\n');
    await untilOwner('first');
    await unlink(join(folder, 'more.yaml'));
    await waitFor(seen, { limitMs: 45_000, until: () => owners.length === 2 });
    // Written in place: the folder itself does not change.
    await writeFile(file, text('second'));
    await untilOwner('second');
  });

  it('that is being taken is taken before the watch has stopped, and no other is afterwards', async () => {
    const ends: string[] = [];
    let go: (() => void) | undefined;
    taking = async () => {
      await new Promise<void>((resolve) => (go = resolve));
      ends.push('taken');
    };
    await start(file);
    await writeFile(file, text('two'));
    await waitFor(() => go !== undefined, { limitMs: 45_000, describe: 'that it is being taken' });
    const stopped = watch.stop().then(() => ends.push('stopped'));
    go?.();
    await stopped;
    expect({ ends, owners }).toEqual({ ends: ['taken', 'stopped'], owners: ['two'] });
    const before = looks;
    const second = await watchConfig({ ...quiet, paths: [file], onConfig: () => void ends.push('second') });
    await writeFile(file, text('three'));
    await waitFor(() => ends.includes('second'), { limitMs: 45_000, describe: 'another watch' });
    await second.stop();
    expect(looks).toBe(before);
  });

  it('leaves nothing open that was watched, and holds up no process until then', async () => {
    using timers = vi.spyOn(globalThis, 'setInterval');
    using ended = vi.spyOn(globalThis, 'clearInterval');
    hints.length = 0;
    await start(file);
    const planned = timers.mock.calls.findIndex(([, delayMs]) => delayMs === intervalMs);
    expect((timers.mock.results[planned]?.value as NodeJS.Timeout | undefined)?.hasRef()).toBe(false);
    let closed = 0;
    for (const hint of hints) hint.once('close', () => (closed += 1));
    await watch.stop();
    await new Promise(setImmediate);
    // The file, and the folder in which it may be replaced.
    expect({ hints: hints.length, closed }).toEqual({ hints: 2, closed: 2 });
    expect(ended).toHaveBeenCalledWith(timers.mock.results[planned]?.value);
  });

  it('is not read again after the watch was stopped', async () => {
    await start(file);
    await watch.stop();
    const before = looks;
    await writeFile(file, text('two'));
    const second = await watchConfig({
      ...quiet,
      paths: [file],
      onConfig: ({ config }) => void owners.push(`second ${config.tokens[0]?.owner}`),
    });
    await writeFile(file, text('three'));
    await untilOwner('second three');
    await second.stop();
    // As for a connection that is asked for while the worker ends.
    await watch.look();
    expect({ owners, looks }).toEqual({ owners: ['second three'], looks: before });
  });
});
