import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadClientConfigFromToml } from '@temporalio/envconfig/lib/envconfig.js';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseConfig } from '../../src/config/load.js';
import { formatProblem } from '../../src/config/problems.js';
import { builtInRegistries } from '../../src/config/registries.js';
import { projectDir } from '../support/temporal-paths.js';
import { typeCheck, type ShownFile } from './compile.js';
import { blocksIn, blocksOf, documents, placeOf, type CodeBlock } from './markdown.js';

/** Every language that a document may have code in, and so a test below. */
const languages = ['ts', 'cjs', 'yaml', 'json', 'toml', 'sh', 'mermaid', 'text', ''];

test('every block has a language that is checked here', () => {
  const others = documents.flatMap(blocksOf).filter(({ language }) => !languages.includes(language));
  expect(others.map((block) => `${placeOf(block)} ${block.language}`)).toEqual([]);
});

/** What the blocks import without showing it. */
const shown: readonly ShownFile[] = [
  {
    path: 'docs-blocks/docs-adding-a-driver-md/acme-server.ts',
    text: `export { startAcme } from '${projectDir}test/support/acme.js';`,
  },
];

function fileOf(block: CodeBlock): ShownFile {
  const folder = `docs-blocks/${block.document.replace(/\W/g, '-')}`;
  // A block with nothing to import or export is a module all the same.
  return { path: `${folder}/${block.file ?? `line-${block.line}.ts`}`, text: `${block.text}\nexport {};` };
}

/** A mistake, to see that the compiler looks. */
const wrong: ShownFile = {
  path: 'docs-blocks/wrong.ts',
  text: "import { TokenKeeperPlugin } from 'temporal-tokenkeeper';\nnew TokenKeeperPlugin({ deps: 1 });",
};

test('TypeScript compiles against the public API, and a mistake would be found', async () => {
  const blocks = blocksIn('ts');
  expect(blocks.length).toBeGreaterThan(10);
  expect(await typeCheck([...shown, ...blocks.map(fileOf), wrong])).toEqual([
    expect.stringMatching(/^docs-blocks\/wrong\.ts\(2,\d+\): error TS2322: Type 'number' is not assignable/),
  ]);
}, 400_000);

test.each(['acme-issuer.ts', 'acme-sink.ts', 'acme-vault.ts'])(
  'docs/adding-a-driver.md shows examples/driver/%s, which is run',
  (name) => {
    const block = blocksOf('docs/adding-a-driver.md').find(({ file }) => file === name);
    expect(`${block?.text}\n`).toBe(readFileSync(join(projectDir, 'examples/driver', name), 'utf8'));
  },
);

describe('CommonJS is JavaScript', () => {
  test.each(blocksIn('cjs').map((block) => [placeOf(block), block] as const))('%s', (_, { text }) => {
    const { status, stderr } = spawnSync(process.execPath, ['--check', '-'], { input: text, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

describe('a configuration is sound', () => {
  test.each(blocksIn('yaml').map((block) => [placeOf(block), block] as const))('%s', (_, { text }) => {
    expect(parse(text)).toHaveProperty('version', 1);
    const loaded = parseConfig([{ file: 'tokens.yaml', text }], builtInRegistries);
    expect(loaded.ok ? [] : loaded.problems.map(formatProblem)).toEqual([]);
  });
});

test('JSON parses', () => {
  for (const block of blocksIn('json')) expect(() => JSON.parse(block.text) as unknown, placeOf(block)).not.toThrow();
});

describe('profiles are what envconfig takes', () => {
  test.each(blocksIn('toml').map((block) => [placeOf(block), block] as const))('%s', (_, { text }) => {
    const { profiles } = loadClientConfigFromToml(Buffer.from(text), { strict: true });
    expect(Object.keys(profiles).length).toBeGreaterThan(0);
  });
});
