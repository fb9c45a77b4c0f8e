import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { dirname, isAbsolute, join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { beforeAll, describe, expect, test } from 'vitest';
import { readManifest, releaseOnce, type Manifest } from '../support/package.js';
import { projectDir } from '../support/temporal-paths.js';

let manifest: Manifest;
let data: Buffer<ArrayBuffer>;
/** Path in the package → text. */
let files: ReadonlyMap<string, string>;

beforeAll(async () => {
  manifest = await readManifest();
  data = await readFile((await releaseOnce()).tarball);
  const unpacked = createPackageFromTarballData(data);
  const root = `/node_modules/${manifest.name}`;
  const paths = unpacked.listFiles(root);
  files = new Map(paths.map((path) => [path.slice(root.length + 1), unpacked.readFile(path)]));
}, 300_000);

const targetsOf = (entry: string | Record<string, string>): string[] =>
  typeof entry === 'string' ? [entry] : Object.values(entry);

const packageOf = (specifier: string): string => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;

/** What a module as the compiler writes it imports: statically, by `import()` also within a type, by `require()`. */
function importedBy(text: string): string[] {
  const specifier =
    /^(?:import|export|\}).*?\bfrom\s*(['"])([^\s'"]+)\1|^import\s*(['"])([^\s'"]+)\3|\b(?:import|require)\((['"])([^\s'"]+)\5/gm;
  return [...text.matchAll(specifier)].flatMap((match) => match[2] ?? match[4] ?? match[6] ?? []);
}

/** Whether a text names a folder absolutely: a project that stands in /src would else be seen in every `../src/`. */
const namesPlace = (text: string, folder: string): boolean =>
  text
    .split(folder)
    .slice(0, -1)
    .some((before) => !/[\w.@-]$/.test(before));

describe('the packed package', () => {
  test('has what it is made for: code with types, the contract suites, the schema, what people read', () => {
    const tops = [...files.keys()].map((path) => (path.startsWith('dist/') ? path.split('/').slice(0, 3) : [path]));
    expect(new Set(tops.filter(([top]) => top !== 'dist').flat())).toEqual(
      new Set(['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json', 'tokens.schema.json']),
    );
    const built = tops.flatMap(([top, room, name]) =>
      top === 'dist' ? [room === 'test' ? `test/${name}` : room] : [],
    );
    expect(new Set(built)).toEqual(new Set(['src', 'test/contracts']));
    expect([...files.keys()].filter((path) => !/\.(js|cjs|d\.ts|js\.map|json|md)$|^LICENSE$/.test(path))).toEqual([]);
  });

  test('has neither tests, demo, benchmarks, examples nor leftovers of a build', () => {
    const unwanted =
      /\.test\.|(^|\/)(demo|bench|examples|fixtures|histories|support|node_modules|coverage|run)\/|tsbuildinfo/;
    expect([...files.keys()].filter((path) => unwanted.test(path))).toEqual([]);
  });

  test('is small: under 1.4 MB packed, under 5.5 MB on disk, of which almost half are sources in maps', () => {
    expect(data.byteLength).toBeLessThan(1.4e6);
    expect([...files.values()].reduce((sum, text) => sum + text.length, 0)).toBeLessThan(5.5e6);
  });

  test('has the workflows as one file, for the version of the SDK that it is built with', () => {
    const bundle = files.get(`dist/src/workflows/bundle-${manifest.devDependencies['@temporalio/worker']}.cjs`);
    expect(bundle).toContain('tokenkeeper.tokenLifecycle');
    const { sources } = JSON.parse(Buffer.from(bundle?.split('base64,').at(-1) ?? '', 'base64').toString()) as {
      sources: string[];
    };
    expect(sources.length).toBeGreaterThan(50);
    expect(sources.filter((source) => isAbsolute(source))).toEqual([]);
  });

  test('has the file of each export and command', () => {
    const targets = [...Object.values(manifest.exports), manifest.bin].flatMap(targetsOf);
    expect(targets.filter((target) => !files.has(target.replace('./', '')))).toEqual([]);
    expect(files.get('dist/src/cli/main.js')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  test('imports, in code and in types, only what package.json names, so that any package manager finds it', () => {
    const declared = new Set(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }));
    const imports = [...files].flatMap(([path, text]) => {
      // The bundle includes what it imports.
      if (!/\.(js|cjs|d\.ts)$/.test(path) || path.includes('/workflows/bundle-')) return [];
      const foreign = importedBy(text).filter((name) => !name.startsWith('.') && !isBuiltin(name));
      return foreign.map((name) => ({ path, name }));
    });
    expect(new Set(imports.map(({ name }) => packageOf(name)))).toEqual(declared);
    // A file within a package is nobody's promise.
    expect(imports.filter(({ name }) => name !== packageOf(name))).toEqual([]);
  });

  test('has source maps that bring their sources, and no map that is missing', () => {
    const named = [...files].flatMap(([path, text]) => {
      // The bundle of the workflows has its own within it.
      const map = /^\/\/# sourceMappingURL=(?!data:)(.+)$/m.exec(text)?.[1];
      return map === undefined ? [] : [join(dirname(path), map)];
    });
    expect(named.length).toBeGreaterThan(100);
    expect(named.filter((path) => !files.has(path))).toEqual([]);
    const empty = named.filter((path) => {
      const { sources, sourcesContent = [] } = JSON.parse(files.get(path) ?? '') as {
        sources: string[];
        sourcesContent?: (string | null)[];
      };
      return sources.length !== sourcesContent.length || sourcesContent.some((text) => text === null);
    });
    expect(empty).toEqual([]);
  });

  test('names no place of the machine that built it, and no key', () => {
    const secrets = /-----BEGIN [A-Z ]*PRIVATE KEY|\b(ghp|gho|npm|glpat)[-_]\w{20}|\bAKIA[0-9A-Z]{16}\b/;
    const told = [...files].filter(([, text]) => namesPlace(text, projectDir) || secrets.test(text));
    expect(told.map(([path]) => path)).toEqual([]);
  });
});

test('publint finds nothing, not even a suggestion', async () => {
  const { messages, pkg } = await publint({
    pack: { tarball: data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) },
    strict: true,
    level: 'suggestion',
  });
  expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
});

/**
 * What "are the types wrong" says of every ESM-only package, and why it does no harm:
 * - CJSResolvesToESM: `require` gets ESM. Every Node that we take (≥ 20.19) can do that, and the tests of the installed package do it.
 * - NoResolution under node10: TypeScript's resolution from before `exports`, which TypeScript 6 calls deprecated.
 */
const harmless = (problem: { kind: string; resolutionKind?: string }): boolean =>
  problem.kind === 'CJSResolvesToESM' || (problem.kind === 'NoResolution' && problem.resolutionKind === 'node10');

test('are the types wrong? No, in node16 from ESM and CommonJS and with a bundler', async () => {
  const analysis = await checkPackage(createPackageFromTarballData(data));
  if (analysis.types === false) throw new Error('the package has no types');
  expect(analysis.types).toEqual({ kind: 'included' });
  const entries = Object.keys(analysis.entrypoints);
  expect(entries).toEqual(expect.arrayContaining(['.', './client', './workflows', './testing']));
  expect(analysis.problems.filter((problem) => !harmless(problem))).toEqual([]);
});
