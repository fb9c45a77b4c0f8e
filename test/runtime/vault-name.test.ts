import { expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { registriesWith } from '../../src/config/registries.js';
import { vaultNameOf } from '../../src/tokens.js';

const local = 'local: { driver: memory, name: a }';
const other = 'other: { driver: memory, name: b }';
const ofProduction = 'local: { driver: memory, name: a, environment: production }';

it.each([
  ['the only one', [local], 'local'],
  ['the one called local, of several', [local, other], 'local'],
  ['the only one that serves its environment', [ofProduction, other], 'other'],
])('a token that is not declared is looked for where one that names no vault would be kept: %s', (_, vaults, name) => {
  const text = `version: 1\nvaults: { ${vaults.join(', ')} }\n`;
  const loaded = parseConfig([{ file: 'tokens.yaml', text }], registriesWith(undefined));
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  expect(vaultNameOf(loaded.config, 'dev/undeclared')).toBe(name);
});
