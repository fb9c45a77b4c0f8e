import { readFile } from 'node:fs/promises';
import { format } from 'oxfmt';
import { describe, expect, it } from 'vitest';
import { configJsonSchema } from '../../src/config/json-schema.js';
import { builtInRegistries } from '../../src/config/registries.js';

describe('tokens.schema.json', () => {
  it('is what the schemas of the code and of the drivers say (npx vitest run test/config/json-schema -u writes it)', async () => {
    const text = JSON.stringify(configJsonSchema({ registries: builtInRegistries, areKnown: false }));
    const { code } = await format('tokens.schema.json', text, { printWidth: 120 });
    await expect(code).toMatchFileSnapshot('../../tokens.schema.json');
  });

  it('is named by the first line of the shipped tokens.yaml', async () => {
    const [first] = (await readFile(new URL('../../tokens.yaml', import.meta.url), 'utf8')).split('\n');
    expect(first).toBe('# yaml-language-server: $schema=./tokens.schema.json');
  });
});
