import { expect, it } from 'vitest';
import { readManifest } from '../support/package.js';
import { declareOnce, describeApi } from '../support/public-api.js';

it('what the entries of the package promise is what was committed (npx vitest run test/package/api -u writes it)', async () => {
  const { exports } = await readManifest();
  const entries = Object.entries(exports).flatMap(([entry, targets]) => {
    const types = typeof targets === 'string' ? undefined : targets['types'];
    return types === undefined ? [] : [[entry, types.replace(/^\.\/dist\/|\.d\.ts$/g, '')] as const];
  });
  const api = describeApi(await declareOnce(), Object.fromEntries(entries));
  await expect(api).toMatchFileSnapshot('api.txt');
});
