import type * as fs from 'node:fs/promises';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { openDatabase } from '../../src/vaults/embedded/sqlite.js';
import { EmbeddedFixture, removeFilledTemplate } from '../support/vault-embedded.js';

const disk = vi.hoisted(() => ({ freeBytes: 0 }));

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>();
  const statfs = async (path: string) => Object.assign(await real.statfs(path), { bavail: disk.freeBytes, bsize: 1 });
  return { ...real, statfs };
});

beforeEach(() => {
  disk.freeBytes = 1e9;
});
afterAll(removeFilledTemplate);

/** Pages of the file: all of them, and those that nothing is in. */
function pagesOf(fixture: EmbeddedFixture): { readonly all: number; readonly free: number } {
  const db = openDatabase(fixture.database);
  const [all, free] = [Number(db.pragma('page_count')), Number(db.pragma('freelist_count'))];
  db.close();
  return { all, free };
}

test('an open vault has room in its file for documents that grow: on a full disk, an answer must find some', async () => {
  await using fixture = await EmbeddedFixture.make();
  const vault = await fixture.open();
  const before = pagesOf(fixture);
  expect(before.free).toBeGreaterThanOrEqual(256);
  expect(await vault.compareAndSet('production/new', 0, JSON.stringify('x'.repeat(100_000)))).toBe(1);
  expect(pagesOf(fixture).all).toBe(before.all);
  expect(await vault.list('')).toEqual(['production/new']);
});

test('room is made once, and again where little is left', async () => {
  await using fixture = await EmbeddedFixture.make();
  const vault = await fixture.open();
  const before = pagesOf(fixture);
  await fixture.open();
  expect(pagesOf(fixture)).toEqual(before);
  await vault.compareAndSet('production/new', 0, JSON.stringify('x'.repeat(600_000)));
  await fixture.open();
  expect(pagesOf(fixture).free).toBeGreaterThanOrEqual(256);
});

test('a disk with little room is left alone', async () => {
  await using fixture = await EmbeddedFixture.make();
  disk.freeBytes = 1e7;
  await fixture.open();
  expect(pagesOf(fixture).free).toBeLessThan(128);
});
