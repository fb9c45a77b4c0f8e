import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lockPathOf, markPathOf } from '../../src/sinks/private-names.js';
import { lockStaleMs } from '../../src/sinks/file-lock.js';
import { file } from '../../src/sinks/file.js';
import { testFingerprint } from '../contracts/fingerprint.js';
import { abortedAtTheMark, Folder, openSink, sinkDelivery, sinkDeps, sinkRequest } from '../support/sink-files.js';
import { scriptArguments } from '../support/script-arguments.js';
import { asNobody, giveToNobody } from '../support/vault-as-nobody.js';

const key = 'production/crm-export';
const value = 'the-SECRET-value';
const hour = 3_600_000;

let folder: Folder;
beforeEach(async () => {
  folder = await Folder.make();
});
afterEach(() => folder[Symbol.asyncDispose]());

const open = (settings: object = {}) => openSink(file, { root: 'run', ...settings }, sinkDeps(folder.path));
const modeOf = async (...names: string[]) => ((await stat(folder.at(...names))).mode & 0o7777).toString(8);

test('a value that a provider repeats as a newer generation is read back as that one', async () => {
  const sink = await open();
  await sink.write(sinkDelivery(key, 1, value));
  await sink.write(sinkDelivery(key, 2, value));
  expect(await sink.read(sinkRequest(key))).toMatchObject({ ours: true, generation: 2 });
});

describe('mode and owner', () => {
  test('files are 0600 and folders 0700 unless said, whatever the umask', async () => {
    const old = process.umask(0o027);
    try {
      await (await open()).write(sinkDelivery(key, 1, value));
      await (await open({ root: 'shared', mode: '0664', dirMode: '0775' })).write(sinkDelivery(key, 1, value));
    } finally {
      process.umask(old);
    }
    expect([await modeOf('run'), await modeOf('run/production'), await modeOf('run', key)]).toEqual([
      '700',
      '700',
      '600',
    ]);
    expect([await modeOf('shared/production'), await modeOf('shared', key)]).toEqual(['775', '664']);
    expect(await modeOf('shared/production/.crm-export.tokenkeeper.json')).toBe('600');
  });

  test('a new value gets the mode of the connection, not that of the file before', async () => {
    const sink = await open();
    await sink.write(sinkDelivery(key, 1, value));
    await chmod(folder.at('run', key), 0o666);
    await sink.write(sinkDelivery(key, 2, 'next'));
    expect(await modeOf('run', key)).toBe('600');
  });

  test('the owner is set on files and made folders, by number and by name', async () => {
    if (process.getuid?.() !== 0) {
      const own = `${process.getuid?.()}:${process.getgid?.()}`;
      await (await open({ owner: own })).write(sinkDelivery(key, 1, value));
      await expect((await open({ owner: '0:0' })).write(sinkDelivery(key, 2, 'next'))).rejects.toMatchObject({
        code: 'SinkRefused',
      });
      return;
    }
    await (await open({ owner: '12345:54321' })).write(sinkDelivery(key, 1, value));
    expect(await stat(folder.at('run', key))).toMatchObject({ uid: 12345, gid: 54321 });
    expect(await stat(folder.at('run/production'))).toMatchObject({ uid: 12345, gid: 54321 });
    await (await open({ owner: 'root:root' })).write(sinkDelivery(key, 2, 'next'));
    expect(await stat(folder.at('run', key))).toMatchObject({ uid: 0, gid: 0 });
  });

  // Only root can keep one capability.
  test.runIf(process.getuid?.() === 0)(
    'CAP_CHOWN alone is enough to give files and folders to another user',
    async () => {
      const settings = { root: 'run', owner: '12345:0', mode: '0640', dirMode: '0770' };
      const script = await scriptArguments('sink-giver.ts', folder.path, key, JSON.stringify(settings));
      const limited = ['--bounding-set=-all,+chown', '--inh-caps=-all', process.execPath, ...script];
      const { stdout } = await promisify(execFile)('setpriv', limited);
      expect(JSON.parse(stdout)).toMatchObject({ ours: true, generation: 2 });
      expect(await stat(folder.at('run', key))).toMatchObject({ uid: 12345, gid: 0 });
      expect(await stat(folder.at('run/production'))).toMatchObject({ uid: 12345, gid: 0 });
      expect([await modeOf('run/production'), await modeOf('run', key)]).toEqual(['770', '640']);
    },
  );

  test.runIf(process.getuid?.() === 0)('a folder that cannot be given to its owner is not left behind', async () => {
    await giveToNobody(folder.path);
    await asNobody(async () => {
      const refused = {
        code: 'SinkRefused',
        message: expect.stringMatching(/cannot give it to owner 12345/) as string,
      };
      await expect((await open({ owner: '12345' })).write(sinkDelivery(key, 1, value))).rejects.toMatchObject(refused);
    });
    await expect(stat(folder.at('run'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('a user that the host does not know is refused by the check', async () => {
    const sink = await open({ owner: 'no-such-user:root' });
    await expect(sink.check(sinkRequest(key))).rejects.toMatchObject({
      code: 'SinkRefused',
      message: expect.stringContaining('"no-such-user" is not in /etc/passwd') as string,
    });
  });

  test.each(['500ms', '20s', '20000ms'])('a command may take %s', (commandTimeout) => {
    expect(file.connection.safeParse({ root: 'run', commandTimeout }).success).toBe(true);
  });

  test.each([
    [{ mode: 600 }, 'mode'],
    [{ mode: '0888' }, 'mode'],
    [{ mode: '4755' }, 'mode'],
    [{ dirMode: '7' }, 'dirMode'],
    [{ owner: 'a:b:c' }, 'owner'],
    [{ root: '' }, 'root'],
    [{ commands: { reload: [] } }, 'commands'],
    [{ signals: { reload: { pidfile: 'x', signal: 'SIGKILL' } } }, 'signals'],
    [{ commands: { x: ['true'] }, signals: { x: { pidfile: 'x', signal: 'SIGHUP' } } }, 'signals'],
    [{ commandTimeout: '10' }, 'commandTimeout'],
    [{ commandTimeout: '20001ms' }, 'commandTimeout'],
    [{ commandTimeout: '21s' }, 'commandTimeout'],
    [{ commandTimeout: '1m' }, 'commandTimeout'],
    [{ unknown: 1 }, ''],
  ])('settings %j are refused', (settings, at) => {
    const problems = file.connection.safeParse({ root: 'run', ...settings }).error?.issues ?? [];
    expect(problems.map(({ path }) => String(path[0] ?? ''))).toEqual([at]);
  });
});

describe('the mark', () => {
  test('holds key, generations and fingerprints, and no secret', async () => {
    const sink = await open();
    await sink.write(sinkDelivery(key, 1, value));
    await sink.write(sinkDelivery(key, 2, 'next-SECRET'));
    const text = await readFile(markPathOf(folder.at('run', key)), 'utf8');
    expect(JSON.parse(text)).toEqual({
      v: 1,
      marks: [
        {
          slot: '',
          key,
          values: [
            { generation: 2, fingerprint: testFingerprint('next-SECRET') },
            { generation: 1, fingerprint: testFingerprint(value) },
          ],
          told: null,
        },
      ],
    });
    expect(text).not.toContain('SECRET');
  });

  test('is written before the value: a write cut in between leaves the old value, still ours, and a mark of both', async () => {
    const sink = await open();
    await sink.write(sinkDelivery(key, 1, value));
    await expect(sink.write(abortedAtTheMark(key, 2, 'next'))).rejects.toMatchObject({ code: 'Cancelled' });
    expect(await sink.read(sinkRequest(key))).toMatchObject({ ours: true, generation: 1 });
    const mark = await readFile(markPathOf(folder.at('run', key)), 'utf8');
    expect(mark).toContain(testFingerprint('next'));
    expect(mark).toContain(testFingerprint(value));
  });

  test('makes both values ours while a write is cut between mark and value', async () => {
    const sink = await open();
    await sink.write(sinkDelivery(key, 1, value));
    const before = await readFile(folder.at('run', key));
    await sink.write(sinkDelivery(key, 2, 'next'));
    // As a kill -9 after the mark and before the rename leaves it.
    await writeFile(folder.at('run', key), before);
    expect(await sink.read(sinkRequest(key))).toMatchObject({ ours: true, generation: 1 });
    await sink.write(sinkDelivery(key, 3, 'third'));
    expect(await sink.read(sinkRequest(key))).toMatchObject({ ours: true, generation: 3 });
  });

  test('of another token makes the value foreign', async () => {
    const sink = await open();
    await sink.write(sinkDelivery(key, 1, value, { path: 'shared' }));
    const other = 'production/other';
    expect(await sink.read(sinkRequest(other, { path: 'shared' }))).toMatchObject({ ours: false });
    await expect(sink.write(sinkDelivery(other, 1, 'x', { path: 'shared' }))).rejects.toMatchObject({
      code: 'SinkNotOurs',
    });
    await sink.remove(sinkRequest(other, { path: 'shared' }));
    expect(await sink.read(sinkRequest(key, { path: 'shared' }))).toMatchObject({ ours: true });
  });

  test('left alone by a file that is gone is no obstacle', async () => {
    const sink = await open();
    await sink.write(sinkDelivery(key, 1, value, { path: 'shared' }));
    await rm(folder.at('run/shared'));
    await sink.write(sinkDelivery('production/other', 4, 'x', { path: 'shared' }));
    expect(await sink.read(sinkRequest('production/other', { path: 'shared' }))).toMatchObject({ generation: 4 });
  });

  test.each([
    ['torn', '{"v":1,', 'is damaged', 'remove the mark file'],
    ['of another shape', '{"v":1,"marks":[{}]}', 'is damaged', 'remove the mark file'],
    ['newer', '{"v":2,"marks":[]}', 'newer tokenkeeper', 'run the newer tokenkeeper'],
  ])('that is %s is an error, never "nothing"', async (_, text, message, remedy) => {
    const sink = await open();
    await sink.write(sinkDelivery(key, 1, value));
    await writeFile(markPathOf(folder.at('run', key)), text);
    for (const call of [() => sink.read(sinkRequest(key)), () => sink.write(sinkDelivery(key, 2, 'next'))]) {
      await expect(call()).rejects.toMatchObject({
        code: 'SinkRefused',
        message: expect.stringContaining(message) as string,
        do: expect.stringContaining(remedy) as string,
      });
    }
    expect(await readFile(folder.at('run', key), 'utf8')).toBe(value);
  });
});

/** The lock of another writer, refreshed so long after now: one of the future is fresh for all of a test, however long that takes. */
async function leaveLock(path: string, refreshedInMs: number): Promise<void> {
  const at = new Date(Date.now() + refreshedInMs);
  await mkdir(lockPathOf(path), { recursive: true });
  await utimes(lockPathOf(path), at, at);
}

describe('what a killed writer leaves', () => {
  test('temporary files of the value and of the mark are swept by the next write; nothing else is', async () => {
    await mkdir(folder.at('run/production'), { recursive: true });
    const left = [
      '.crm-export.tokenkeeper-0123456789ab.tmp',
      '..crm-export.tokenkeeper.json.tokenkeeper-ab0123456789.tmp',
    ];
    const others = [
      '.crm-export.tokenkeeper-x.tokenkeeper-0123456789ab.tmp',
      '.crm.tokenkeeper-0123456789ab.tmp',
      'crm-export.123',
    ];
    for (const name of [...left, ...others]) await writeFile(folder.at('run/production', name), 'left');
    await leaveLock(folder.at('run', key), -lockStaleMs - 1_000);
    await (await open()).write(sinkDelivery(key, 1, value));
    const mine = ['.crm-export.tokenkeeper.json', 'crm-export'];
    expect((await folder.names()).sort()).toEqual([...others, ...mine].map((name) => `run/production/${name}`).sort());
  });

  test('its lock is taken over once it is stale, and waited for until then', async () => {
    const sink = await open();
    await sink.write(sinkDelivery(key, 1, value));
    await leaveLock(folder.at('run', key), hour);
    const late = AbortSignal.timeout(100);
    await expect(sink.write(sinkDelivery(key, 2, 'next', {}, { signal: late }))).rejects.toMatchObject({
      code: 'SinkUnavailable',
    });
    await leaveLock(folder.at('run', key), -lockStaleMs - 1_000);
    await sink.write(sinkDelivery(key, 2, 'next'));
    expect(await readFile(folder.at('run', key), 'utf8')).toBe('next');
  });
});

test('a reader sees the old value or the new one, never a part', async () => {
  const sink = await open();
  const values = Array.from({ length: 40 }, (_, i) => String(i % 10).repeat(20_000));
  await sink.write(sinkDelivery(key, 1, values[0] ?? ''));
  let isWriting = true;
  const reader = (async () => {
    const seen = new Set<string>();
    while (isWriting) seen.add(await readFile(folder.at('run', key), 'utf8'));
    return seen;
  })();
  for (const [i, next] of values.entries()) await sink.write(sinkDelivery(key, i + 1, next));
  isWriting = false;
  const seen = await reader;
  expect(seen.size).toBeGreaterThan(1);
  for (const each of seen) expect(values).toContain(each);
});
