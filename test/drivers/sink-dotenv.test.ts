import { rmSync, writeFileSync } from 'node:fs';
import { chmod, chown, lstat, mkdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { parse } from 'dotenv';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { markPathOf } from '../../src/sinks/private-names.js';
import { dotenv } from '../../src/sinks/dotenv.js';
import { variableOf } from '../../src/sinks/variable-of.js';
import { testFingerprint } from '../contracts/fingerprint.js';
import { asNobody, giveToNobody, nobody } from '../support/vault-as-nobody.js';
import { abortedAtTheMark, Folder, openSink, sinkDelivery, sinkDeps, sinkRequest } from '../support/sink-files.js';

const key = 'production/crm-export';
const value = 'the-SECRET-value';

let folder: Folder;
beforeEach(async () => {
  folder = await Folder.make();
});
afterEach(() => folder[Symbol.asyncDispose]());

const open = (settings: object = {}) => openSink(dotenv, { path: '.env', ...settings }, sinkDeps(folder.path));
const content = () => readFile(folder.at('.env'), 'utf8');

test('a value that stands there already is not written again: whatever watches the file would start for nothing', async () => {
  const sink = await open();
  await sink.write(sinkDelivery(key, 1, value));
  const before = await folder.snapshot();
  await sink.write(sinkDelivery(key, 1, value));
  expect(await folder.snapshot()).toEqual(before);
});

describe('the variable', () => {
  test.each([
    ['production/crm-export', 'CRM_EXPORT'],
    ['production/a.b_c-d', 'A_B_C_D'],
    ['production/2fa', '_2FA'],
  ])('of %s is %s', (of, name) => {
    expect(variableOf(of)).toBe(name);
  });

  test('may be named by the token, and is part of the place', async () => {
    await (await open()).write(sinkDelivery(key, 1, value, { name: 'GITLAB_TOKEN' }));
    expect(await content()).toBe(`GITLAB_TOKEN=${value}\n`);
    const connection = dotenv.connection.parse({ path: './run//x.env' });
    expect(dotenv.place(connection, key, {}, folder.path)).toBe(`${folder.at('run', 'x.env')}#CRM_EXPORT`);
    expect(dotenv.place(connection, key, { name: 'B' }, folder.path)).toBe(`${folder.at('run', 'x.env')}#B`);
  });

  test.each(['', '1A', 'a b', 'A=', 'A\n', 'A.b', '-'])('may not be named %j', (name) => {
    expect(dotenv.target.safeParse({ name }).success).toBe(false);
  });
});

describe('the file', () => {
  test('is made with the mode of the connection, and its folders for the worker alone', async () => {
    await (await open({ path: 'etc/app/.env', mode: '0640' })).write(sinkDelivery(key, 1, value));
    expect(((await stat(folder.at('etc/app/.env'))).mode & 0o777).toString(8)).toBe('640');
    expect(((await stat(folder.at('etc/app'))).mode & 0o777).toString(8)).toBe('700');
  });

  test('is made for the worker alone where the connection names no mode, and keeps one that it has where it does', async () => {
    const modeOf = async () => ((await stat(folder.at('.env'))).mode & 0o777).toString(8);
    await (await open()).write(sinkDelivery(key, 1, value));
    expect(await modeOf()).toBe('600');
    await chmod(folder.at('.env'), 0o440);
    await (await open({ mode: '0640' })).write(sinkDelivery(key, 2, 'another'));
    expect(await modeOf()).toBe('440');
  });

  test('that exists keeps its mode, its owner and every other byte', async () => {
    const bytes = Buffer.from('# caf\xe9, Latin-1\r\nCRM_EXPORT=\r\nOTHER="x y"\r\n', 'latin1');
    await writeFile(folder.at('.env'), bytes);
    await chmod(folder.at('.env'), 0o644);
    if (process.getuid?.() === 0) await chown(folder.at('.env'), 12345, 54321);
    const { uid, gid } = await stat(folder.at('.env'));
    await (await open()).write(sinkDelivery(key, 1, 'ключ', {}, { takeOver: true }));
    const after = await stat(folder.at('.env'));
    expect([after.mode & 0o777, after.uid, after.gid]).toEqual([0o644, uid, gid]);
    const expected = Buffer.concat([
      Buffer.from('# caf\xe9, Latin-1\r\nCRM_EXPORT=', 'latin1'),
      Buffer.from("'ключ'\r\n"),
      Buffer.from('OTHER="x y"\r\n'),
    ]);
    expect(await readFile(folder.at('.env'))).toEqual(expected);
    expect(await (await open()).read(sinkRequest(key))).toMatchObject({ ours: true, generation: 1 });
  });

  test('behind a link is written through, and the link stays', async () => {
    await mkdir(folder.at('shared'));
    await writeFile(folder.at('shared/real.env'), 'A=1\n');
    await symlink('shared/real.env', folder.at('.env'));
    const sink = await open();
    await sink.write(sinkDelivery(key, 1, value));
    expect((await lstat(folder.at('.env'))).isSymbolicLink()).toBe(true);
    expect(await readlink(folder.at('.env'))).toBe('shared/real.env');
    expect(await readFile(folder.at('shared/real.env'), 'utf8')).toBe(`A=1\nCRM_EXPORT=${value}\n`);
    // Reached by its real name it is the same file with the same owner of the name.
    const direct = await open({ path: 'shared/real.env' });
    expect(await direct.read(sinkRequest(key))).toMatchObject({ ours: true, generation: 1 });
    await direct.remove(sinkRequest(key));
    expect(await readFile(folder.at('shared/real.env'), 'utf8')).toBe('A=1\n');
  });

  test('in UTF-16 is refused and left alone', async () => {
    const bytes = Buffer.from('\uFEFFA=1\r\n', 'utf16le');
    await writeFile(folder.at('.env'), bytes);
    await expect((await open()).write(sinkDelivery(key, 1, value))).rejects.toMatchObject({ code: 'SinkRefused' });
    expect(await readFile(folder.at('.env'))).toEqual(bytes);
  });

  test('takes no value that no quoting makes safe, and says so without the value', async () => {
    const sink = await open();
    await expect(sink.write(sinkDelivery(key, 1, `it's "SECRET" $(id)`))).rejects.toMatchObject({
      code: 'SinkRefused',
      message: expect.not.stringContaining('SECRET') as string,
    });
    expect(await folder.names()).toEqual([]);
  });

  test.each([
    ['edits', (path: string) => writeFileSync(path, 'A=2 # by hand\n'), { A: '2' }],
    ['removes', (path: string) => rmSync(path), {}],
  ])('that somebody %s without our lock meanwhile is not overwritten', async (_, edit, left) => {
    await writeFile(folder.at('.env'), 'A=1\n');
    let edits = 0;
    // The fingerprint of the new value is asked for between reading the file and replacing it.
    const fingerprint = (text: string) => {
      if (text === value && (edits += 1) === 1) edit(folder.at('.env'));
      return 'feedfeedfeedfeed';
    };
    const sink = await open();
    const write = () => sink.write({ ...sinkDelivery(key, 1, value), fingerprint });
    await expect(write()).rejects.toMatchObject({ code: 'SinkUnavailable', message: /changed while/ });
    expect(parse(await content().catch(() => ''))).toEqual(left);
    await write();
    expect(parse(await content())).toEqual({ ...left, CRM_EXPORT: value });
  });
});

// Only root can make such a file.
test.runIf(process.geteuid?.() === 0)('of a group that this user is not of says so, and stays as it is', async () => {
  await writeFile(folder.at('.env'), 'OTHER=1\n');
  await giveToNobody(folder.path);
  await chown(folder.at('.env'), nobody, 54_321);
  await asNobody(async () => {
    await expect((await open()).write(sinkDelivery(key, 1, value))).rejects.toMatchObject({
      code: 'SinkRefused',
      message: expect.stringMatching(/\.env: this user cannot give it to owner 65534, group 54321$/),
      do: expect.stringContaining('belong to that group'),
    });
  });
  expect(await content()).toBe('OTHER=1\n');
});

describe('one owner a name', () => {
  test('another token may not take a name, but may take another one beside it', async () => {
    const sink = await open();
    const other = 'production/other';
    await sink.write(sinkDelivery(key, 1, value));
    await expect(sink.write(sinkDelivery(other, 1, 'x', { name: 'CRM_EXPORT' }))).rejects.toMatchObject({
      code: 'SinkNotOurs',
      message: expect.stringMatching(
        /CRM_EXPORT in .*\.env holds a value that this tokenkeeper did not write/,
      ) as string,
    });
    await sink.write(sinkDelivery(other, 1, 'x'));
    await sink.remove(sinkRequest(other, { name: 'CRM_EXPORT' }));
    expect(parse(await content())).toEqual({ CRM_EXPORT: value, OTHER: 'x' });
  });

  test('the mark is written before the value: a write cut in between leaves the old value, still ours, and a mark of both', async () => {
    const sink = await open();
    await sink.write(sinkDelivery(key, 1, value));
    await expect(sink.write(abortedAtTheMark(key, 2, 'next'))).rejects.toMatchObject({ code: 'Cancelled' });
    expect(await sink.read(sinkRequest(key))).toMatchObject({ ours: true, generation: 1 });
    const mark = await readFile(markPathOf(folder.at('.env')), 'utf8');
    expect(mark).toContain(testFingerprint('next'));
    expect(mark).toContain(testFingerprint(value));
  });

  test('an older value that an editor brings back, or a copy of the file, is ours, and the next one takes its place', async () => {
    const sink = await open();
    await sink.write(sinkDelivery(key, 1, 'first'));
    const opened = await content();
    await sink.write(sinkDelivery(key, 2, 'second'));
    await sink.write(sinkDelivery(key, 3, 'third'));
    await writeFile(folder.at('.env'), `${opened}B=edited\n`);
    expect(await sink.read(sinkRequest(key))).toMatchObject({ ours: true, generation: 1 });
    await sink.write(sinkDelivery(key, 4, 'fourth'));
    expect(parse(await content())).toEqual({ CRM_EXPORT: 'fourth', B: 'edited' });
  });

  test('the mark names each name and holds no secret', async () => {
    const sink = await open();
    await sink.write(sinkDelivery(key, 1, value));
    await sink.write(sinkDelivery('production/other', 2, 'other-SECRET'));
    const text = await readFile(markPathOf(folder.at('.env')), 'utf8');
    const { marks } = JSON.parse(text) as { marks: { slot: string; key: string }[] };
    expect(marks.map(({ slot, key: owner }) => [slot, owner])).toEqual([
      ['CRM_EXPORT', key],
      ['OTHER', 'production/other'],
    ]);
    expect(text).not.toContain('SECRET');
    await sink.remove(sinkRequest(key));
    await sink.remove(sinkRequest('production/other'));
    expect(await folder.names()).toEqual(['.env']);
  });

  test('names of JavaScript itself are names like others', async () => {
    const sink = await open();
    for (const name of ['__proto__', 'constructor', 'toString']) {
      expect(await sink.read(sinkRequest(key, { name }))).toEqual({ found: 'nothing' });
      await sink.write(sinkDelivery(key, 1, value, { name }));
      expect(await sink.read(sinkRequest(key, { name }))).toMatchObject({ ours: true, generation: 1 });
    }
  });

  test('a name that stands twice is ours in its last place only', async () => {
    await writeFile(folder.at('.env'), 'CRM_EXPORT=first\nB=1\nCRM_EXPORT=last\n');
    const sink = await open();
    await sink.write(sinkDelivery(key, 1, value, {}, { takeOver: true }));
    expect(await content()).toBe(`CRM_EXPORT=first\nB=1\nCRM_EXPORT=${value}\n`);
    await sink.remove(sinkRequest(key));
    expect(await content()).toBe('CRM_EXPORT=first\nB=1\n');
    expect(await sink.read(sinkRequest(key))).toMatchObject({ ours: false });
  });
});
