import { copyFileSync, renameSync } from 'node:fs';
import { afterAll, expect, test, vi } from 'vitest';
import type * as fileSystem from '../../src/vaults/embedded/file-system.js';
import { EmbeddedFixture, removeFilledTemplate } from '../support/vault-embedded.js';

const swap = vi.hoisted(() => ({ before: [] as (() => void)[], after: [] as (() => void)[] }));

vi.mock('../../src/vaults/embedded/file-system.js', async (original) => {
  const real = await original<typeof fileSystem>();
  const fileAt: typeof real.fileAt = (path) => {
    swap.before.shift()?.();
    const found = real.fileAt(path);
    swap.after.shift()?.();
    return found;
  };
  return { ...real, fileAt };
});

afterAll(removeFilledTemplate);

const key = 'production/b';

test.each(['before', 'after'] as const)(
  'a vault that is replaced while it is opened, just %s its file is looked at: what is written is in the file that stands there',
  async (when) => {
    await using fixture = await EmbeddedFixture.filled();
    copyFileSync(fixture.database, `${fixture.database}.new`);
    swap[when].push(() => renameSync(`${fixture.database}.new`, fixture.database));
    const vault = await fixture.open();
    expect(swap[when]).toEqual([]);
    const { revision } = (await vault.read(key))!;
    await vault.compareAndSet(key, revision, '{"kept":1}');
    // Brings the log home, to the file that was opened.
    await vault.close();
    expect(await (await fixture.open()).read(key)).toEqual({ revision: revision + 1, text: '{"kept":1}' });
  },
);
