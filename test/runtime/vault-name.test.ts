import { expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { registriesWith } from '../../src/config/registries.js';
import type { Config } from '../../src/config/config.js';
import { createTokens, vaultNameOf } from '../../src/tokens.js';

const local = 'local: { driver: memory, name: a }';
const other = 'other: { driver: memory, name: b }';
const ofProduction = 'local: { driver: memory, name: a, environment: production }';

function configOf(vaults: readonly string[], more = ''): Config {
  const text = `version: 1\nvaults: { ${vaults.join(', ')} }\n${more}`;
  const loaded = parseConfig([{ file: 'tokens.yaml', text }], registriesWith(undefined));
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

it.each([
  ['the only one', [local], 'local'],
  ['the one called local, of several', [local, other], 'local'],
  ['the only one that serves its environment', [ofProduction, other], 'other'],
])('a token that is not declared is looked for where one that names no vault would be kept: %s', (_, vaults, name) => {
  expect(vaultNameOf(configOf(vaults), 'dev/undeclared')).toBe(name);
});

it('a token that is declared is looked for where it is kept', () => {
  const config = configOf([local, other], 'tokens: { dev/a: { issuer: manual, vault: other } }\n');
  expect(vaultNameOf(config, 'dev/a')).toBe('other');
});

it('a token that is not declared is looked for nowhere where several vaults could have it', () => {
  const config = configOf([other, 'third: { driver: memory, name: c }']);
  expect(() => vaultNameOf(config, 'dev/undeclared')).toThrow(
    expect.objectContaining({
      code: 'NotKept',
      message: 'dev/undeclared is not declared, and 2 vaults serve dev',
      do: 'declare the token in tokens.yaml, or correct its key',
    }),
  );
});

it('a job’s tokens are read from their vault, in their environment', async () => {
  const asked: unknown[] = [];
  const vault = async (...of: unknown[]): Promise<never> => {
    asked.push(of);
    throw new Error('no vault');
  };
  const client = { reportFailure: () => Promise.reject(new Error('unused')) };
  const tokens = createTokens({
    config: configOf([local, ofProduction.replace('local', 'far')]),
    connections: { vault },
    client,
  });
  await expect(tokens.get('production/a')).rejects.toMatchObject({ code: 'Internal' });
  await expect(tokens.get('dev/a')).rejects.toMatchObject({ code: 'Internal' });
  expect(asked).toEqual([
    ['local', 'production'],
    ['local', 'dev'],
  ]);
});
