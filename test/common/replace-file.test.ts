import { statSync } from 'node:fs';
import { chmod, readdir, readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { removeFile, replaceFile } from '../../src/common/replace-file.js';
import { noteSyncs } from '../support/note-syncs.js';
import { Folder } from '../support/sink-files.js';
import { asNobody, giveToNobody } from '../support/vault-as-nobody.js';

let folder: Folder;
beforeEach(async () => {
  folder = await Folder.make();
});
afterEach(async () => {
  await folder[Symbol.asyncDispose]();
});

describe('a file that is replaced', () => {
  test('is readable by nobody else before it has its owner, whatever its final mode', async () => {
    let seen: string | null = null;
    const old = process.umask(0);
    try {
      await replaceFile(folder.at('value'), 'the-SECRET-value', {
        async setAccess(made) {
          const about = await made.stat();
          expect(about.size).toBeGreaterThan(0);
          seen = (about.mode & 0o777).toString(8);
          await made.chmod(0o644);
        },
      });
    } finally {
      process.umask(old);
    }
    expect(seen).toBe('600');
    expect((statSync(folder.at('value')).mode & 0o777).toString(8)).toBe('644');
  });

  test('is on the disk before its name is, and then its name', async () => {
    const order: string[] = [];
    await noteSyncs(folder.path, order);
    await replaceFile(folder.at('value'), 'one', { beforeRename: () => void order.push('rename') });
    expect(order).toEqual(['sync file', 'rename', 'sync folder']);
    order.length = 0;
    await replaceFile(folder.at('value'), 'two', { durableLater: true });
    expect(order).toEqual(['sync file']);
    order.length = 0;
    await removeFile(folder.at('value'));
    expect(order).toEqual(['sync folder']);
  });

  test('in a folder that may be written but not listed is replaced and removed all the same', async () => {
    await chmod(folder.path, 0o300);
    await giveToNobody(folder.path);
    await asNobody(async () => {
      await replaceFile(folder.at('value'), 'one');
      expect(await readFile(folder.at('value'), 'utf8')).toBe('one');
      await removeFile(folder.at('value'));
      await expect(readFile(folder.at('value'))).rejects.toMatchObject({ code: 'ENOENT' });
    });
    await chmod(folder.path, 0o700);
  });

  test('stands as it was, alone, where something fails before the rename', async () => {
    await replaceFile(folder.at('value'), 'one');
    const beforeRename = (): never => {
      throw new Error('no');
    };
    await expect(replaceFile(folder.at('value'), 'two', { beforeRename })).rejects.toThrow('no');
    expect(await readdir(folder.path)).toEqual(['value']);
    expect(await readFile(folder.at('value'), 'utf8')).toBe('one');
  });
});
