import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { vaultDrivers } from '../../src/vaults/registry.js';
import { vaultContract, type VaultUnderTest } from '../contracts/vault.js';
import { EmbeddedFixture, vaultDeps } from '../support/vault-embedded.js';

/** How to make an empty vault of each driver, twice where it can be opened twice. */
const makers: Record<string, () => Promise<VaultUnderTest>> = {
  async memory() {
    const open = openByName('memory', { name: randomUUID() });
    const vault = await open();
    return { vault, reopen: open, close: () => vault.close() };
  },
  async embedded() {
    const fixture = await EmbeddedFixture.make();
    return { vault: await fixture.open(), reopen: () => fixture.open(), close: () => fixture[Symbol.asyncDispose]() };
  },
};

for (const [name, make] of Object.entries(makers)) vaultContract(name, make);

test('every driver file is registered by its name and runs the contract', async () => {
  const folder = new URL('../../src/vaults/', import.meta.url);
  const files = (await readdir(folder)).filter((file) => file.endsWith('.ts')).map((file) => basename(file, '.ts'));
  const drivers = files.filter((file) => !['vault', 'registry'].includes(file)).sort();
  expect(Object.keys(vaultDrivers).sort()).toEqual(drivers);
  expect(Object.keys(makers).sort()).toEqual(drivers);
  for (const [name, driver] of Object.entries(vaultDrivers)) expect(driver.name).toBe(name);
});

test('memory vaults of one name share a store, unnamed ones do not', async () => {
  const name = randomUUID();
  const [one, two] = [await openByName('memory', { name })(), await openByName('memory', { name })()];
  const [other, nameless] = [await openByName('memory', { name: randomUUID() })(), await openByName('memory', {})()];
  await one.compareAndSet('production/a', 0, '"1"');
  expect(await two.read('production/a')).not.toBeNull();
  expect(await other.read('production/a')).toBeNull();
  expect(await nameless.read('production/a')).toBeNull();
  expect(new Set([one.id, two.id, other.id, nameless.id]).size).toBe(3);
});

function openByName(name: string, settings: object) {
  const driver = vaultDrivers[name];
  if (!driver) throw new Error(`no vault driver ${name}`);
  return () => driver.open(driver.connection.parse(settings), vaultDeps(process.cwd()));
}
