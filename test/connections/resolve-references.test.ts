import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { resolveReferences } from '../../src/connections/resolve-references.js';
import { newFolder } from '../support/folder.js';
import { asNobody } from '../support/vault-as-nobody.js';

let baseDir: string;
beforeAll(async () => {
  baseDir = await newFolder();
  await writeFile(join(baseDir, 'secret'), 'canary\n');
  await writeFile(join(baseDir, 'two-lines'), 'one\r\ntwo\r\n\r\n');
  await writeFile(join(baseDir, 'empty'), '\n');
  await writeFile(join(baseDir, 'binary'), Buffer.from([0xff, 0xfe, 0x00]));
  await writeFile(join(baseDir, 'large'), 'x'.repeat(70_000));
  await writeFile(join(baseDir, 'huge'), '');
  // sparse: no read of the whole would end well
  await truncate(join(baseDir, 'huge'), 3 * 2 ** 30);
  await mkdir(join(baseDir, 'folder'));
});

const env = { SECRET: 'canary', LINE: 'canary\n', HALF: 'one\ntwo\r', EMPTY: '', BLANK: '\n', NESTED: '${env:SECRET}' };
const resolve = (value: Parameters<typeof resolveReferences>[0]) => resolveReferences(value, { env, baseDir });

describe('a reference', () => {
  it.each([
    ['${env:SECRET}', 'canary'],
    ['${file:secret}', 'canary'],
    ['${env:LINE}', 'canary'],
    ['${env:HALF}', 'one\ntwo'],
    ['${file:./folder/../secret}', 'canary'],
    ['https://${env:SECRET}/${file:secret}', 'https://canary/canary'],
    ['${env:NESTED}', '${env:SECRET}'],
    ['no reference, $HOME, {name}', 'no reference, $HOME, {name}'],
    ['', ''],
  ])('%s becomes %s', async (text, value) => {
    expect(await resolve(text)).toBe(value);
  });

  it('brings a file without its last line end, and with all the others', async () => {
    expect(await resolve('${file:two-lines}')).toBe('one\r\ntwo\r\n');
  });

  it('may name an absolute path', async () => {
    expect(await resolve(`\${file:${join(baseDir, 'secret')}}`)).toBe('canary');
  });

  it('is followed wherever it stands, and everything else stays what it is', async () => {
    const value = { a: [{ b: '${env:SECRET}' }, 1, null, true], c: 'x' };
    expect(await resolve(value)).toEqual({ a: [{ b: 'canary' }, 1, null, true], c: 'x' });
  });

  it.each([
    ['${env:MISSING}', '${env:MISSING} is not set'],
    ['${env:EMPTY}', '${env:EMPTY} is empty'],
    ['${env:BLANK}', '${env:BLANK} is empty'],
    ['${env:toString}', '${env:toString} is not set'],
    ['${file:missing}', '${file:missing} does not exist'],
    ['${file:secret/below}', '${file:secret/below} does not exist'],
    ['${file:folder}', '${file:folder} is not a regular file'],
    ['${file:/dev/zero}', '${file:/dev/zero} is not a regular file'],
    ['${file:empty}', '${file:empty} is empty'],
    ['${file:binary}', '${file:binary} is not UTF-8 text'],
    ['${file:large}', '${file:large} is larger than 65536 bytes'],
    ['${file:huge}', '${file:huge} is larger than 65536 bytes'],
    ['${vault:canary}', 'a reference is neither ${env:NAME} nor ${file:PATH}'],
  ])('%s is unresolved: %s', async (text, message) => {
    await expect(resolve({ setting: text })).rejects.toMatchObject({
      code: 'ReferenceUnresolved',
      message,
    });
  });

  it('to a file that this user may not read is mended by the permission', async () => {
    await writeFile(join(baseDir, 'closed'), 'canary', { mode: 0o000 });
    await asNobody(async () => {
      await expect(resolve('${file:closed}')).rejects.toMatchObject({
        message: '${file:closed} may not be read by this user',
        do: 'let this user read the file',
      });
    });
  });

  it('is read again at each call', async () => {
    await writeFile(join(baseDir, 'changing'), 'one');
    expect(await resolve('${file:changing}')).toBe('one');
    await writeFile(join(baseDir, 'changing'), 'two');
    expect(await resolve('${file:changing}')).toBe('two');
  });
});
